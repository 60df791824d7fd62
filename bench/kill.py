"""`kill -9` at random instants under load, again and again: nothing acknowledged is lost."""

from __future__ import annotations

import signal
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random

from sqlalchemy import func, select

from bench import lives
from bench.figures import Figure, Part, must
from bench.killed import Seen, look
from bench.lives import Told
from bench.load import apart, begin
from bench.site import Site
from sync.store import logs
from sync.store.db.database import read
from sync.store.db.upsert import chunks
from sync.store.tables import delivery

ROUNDS, MERGE_REQUESTS, CLIENTS = 20, 400, 10
SEED = 2103
LATEST = (0.5, 3.0)  # seconds after a round began: in the load, or in the work it makes
LATENCY = 0.15  # seconds the emulated portal takes, so that kills find requests under way
PATIENCE = 5.0
SETTLE_SECONDS = 180
_VICTIMS = ("everything", "everything", "worker", "web")
_HOW = f"""\
{ROUNDS} rounds on `b24bridge serve` with the embedded database: ten clients send that round's \
share of {MERGE_REQUESTS * lives.EACH:,} deliveries about {MERGE_REQUESTS} merge requests; at a \
random instant of the first half second or three seconds (seeded) `kill -9` takes the whole \
process group, the worker or the web process; what was not acknowledged is sent again in the \
next round, as it was. No sweep repairs anything: the code host cannot be asked. A kill \
leaves the operating system and its page cache alive, so this says nothing of power cuts."""


@dataclass
class Rounds:
    """`kills` by victim; `resent`: requests without an answer; `lost`: acknowledged, not stored."""

    site: Site
    pool: ProcessPoolExecutor
    random: Random = field(default_factory=lambda: Random(SEED))
    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    resent: int = 0
    lost: int = 0

    def run(self, told: list[Told]) -> None:
        share = len(told) // ROUNDS
        open_ones: list[Told] = []
        for number in range(ROUNDS):
            open_ones = self._round(open_ones + told[number * share : (number + 1) * share])
            self.resent += len(open_ones)
        left = begin(self.pool, self.site.url, self.site.shots(open_ones), CLIENTS).result()
        if left.unanswered:
            raise RuntimeError("deliveries are refused although nothing is killed any more")

    def _round(self, told: list[Told]) -> list[Told]:
        """One load and one kill; what was not acknowledged."""
        self.random.shuffle(told)
        victim = self.random.choice(_VICTIMS)
        patience = 0.0 if victim == "everything" else PATIENCE
        load = begin(self.pool, self.site.url, self.site.shots(told), CLIENTS, patience)
        time.sleep(self.random.uniform(0, self.random.choice(LATEST)))
        self._kill(victim)
        result = load.result()
        if victim == "everything":
            self.site.service.start()
        unanswered = set(result.unanswered)
        keys = {one.key for place, one in enumerate(told) if place not in unanswered}
        self.acknowledged |= keys
        self.lost += len(keys) - self._stored(keys)
        return [told[place] for place in sorted(unanswered)]

    def _kill(self, victim: str) -> None:
        self.kills[victim] += 1
        if victim == "everything":
            self.site.service.kill()
            return
        children = self.site.service.processes()[1:]
        with read(self.site.engine) as conn:
            workers = {int(one.name.split(":")[2]) for one in logs.workers(conn)}
        chosen = [pid for pid in children if (pid in workers) == (victim == "worker")]
        self.site.signal(chosen, signal.SIGKILL)

    def _stored(self, keys: set[str]) -> int:
        found = 0
        with read(self.site.engine) as conn:
            for piece in chunks(keys):
                query = select(func.count()).where(delivery.c.dedupe_key.in_(piece))
                found += conn.scalar(query) or 0
        return found


def measure() -> Part:
    played, told = lives.told(MERGE_REQUESTS, SEED)
    with Site() as site, apart() as pool:
        site.tasks(life.task_id for life in played)
        site.b24.faults.latency = LATENCY
        sent = _recorded(site)
        rounds = Rounds(site, pool)
        rounds.run(told)
        site.settled(SETTLE_SECONDS)
        seen = look(site, played, SETTLE_SECONDS)
    return Part("kill", "Killed under load", _HOW, _figures(rounds, seen, sent, len(told)))


def _recorded(site: Site) -> Counter[tuple[int, str]]:
    """Counts every notification that reaches the portal, also those it shows once by their tag."""
    sent: Counter[tuple[int, str]] = Counter()
    state, notify = site.b24.state, site.b24.state.notify

    def recording(user_id: int, text: str, **more: object) -> object:
        sent[user_id, text] += 1
        return notify(user_id, text, **more)

    state.notify = recording
    return sent


def _figures(
    rounds: Rounds, seen: Seen, sent: Counter[tuple[int, str]], count: int
) -> list[Figure]:
    kills = ", ".join(f"{number} {name}" for name, number in sorted(rounds.kills.items()))
    again = sum(sent.values()) - len(sent)
    return [
        Figure("kills", kills),
        Figure("deliveries sent again because no answer came", str(rounds.resent)),
        must("acknowledged deliveries that were not stored", rounds.lost, 0),
        must(f"of {count} deliveries: not processed, or twice", seen.unprocessed, 0),
        must("tasks whose status is not what the merge requests demand", seen.misplaced, 0),
        must("cards missing or with old content", seen.outdated, 0),
        must("messages about pipelines missing", seen.unsaid, 0),
        must("messages written twice", seen.doubled, 0),
        must("notifications missing, or shown twice", seen.untold, 0),
        Figure("notifications sent again and shown once, by their tag", str(again)),
        must("writes that deciding everything anew still finds to make", seen.forgotten, 0),
        must("commands refused, subjects or deliveries given up", seen.given_up, 0),
    ]
