"""A thousand portals on PostgreSQL: one of them a storm, a worker killed, one frozen, the
database failed over."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Thread

from sqlalchemy import func, select

from bench import lives
from bench.figures import Figure, Part, at_most, must, percentile
from bench.fleet import Fleet, by_task, fleet
from bench.killed import GIVEN_UP
from bench.lives import FIRST_TASK, STATUS, Life, Told
from sync.store.db.database import read
from sync.store.tables import delivery

PORTALS, WORKERS = 1000, 4
SHARE = 0.5  # of the hooks a second that workers deal with where all come at once
STORM = 300  # merge requests of one portal, ten deliveries each, at once
FROZEN_SECONDS = 20.0
DRAINED = 200  # merge requests whose ten deliveries wait when workers start, at most
SETTLE_SECONDS = 900
TOGETHER = 150  # lives in a project, which takes time by their square to play
SEED = 19
_HOW = """\
{portals:,} portals in one PostgreSQL database, two web processes and {workers} workers, wake-ups \
through the database, the emulated portals and the senders beside them on the same two cores. \
First each quiet portal has one hook, all at the same moment: that says how many a second are \
dealt with, and what is read of a portal but once is read then. *Calm*: each has another within \
{seconds:.0f} s, {share:.0%} of that rate: at a higher one the times are those of a queue that \
grows, whoever stands in it. Counted is the time from the hook's answer to the move of the task at \
the portal. *Storm*: another portal gets {noise:,} deliveries about {storm} merge requests at once \
when that begins. *Faults*: the same again, and a worker is killed with `kill -9`, another is \
frozen for {frozen:.0f} s, and the database server ends without a word and starts again; what is \
not accepted is sent again. *Drain*: {waiting:,} deliveries of {drained} portals wait for so many \
workers, which go on all at once."""


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds from the hook to the write, of the quiet portals."""

    quiet: Sequence[float]
    whole: float = 0.0  # from the first hook until nothing waited
    emulated: float = 0.0  # of the processor, for emulated portals and senders

    def milliseconds(self, share: float) -> float:
        return percentile(self.quiet, share) * 1000


@dataclass
class Stories:
    """Lives that were not told yet: each is taken once."""

    played: list[Life]
    told: dict[int, list[Told]]

    def take(self, count: int) -> list[Life]:
        taken, self.played = self.played[:count], self.played[count:]
        return taken


def measure(portals: int = PORTALS) -> Part:
    rounds, storms, drained = 4, 2, min(DRAINED, portals - 1)
    count = rounds * (portals - 1) + storms * STORM + 3 * drained
    played, told = lives.told(count, SEED, TOGETHER)
    stories = Stories(list(played), dict(by_task(told)))
    done: list[Life] = []
    with fleet(portals) as running:
        running.site.tasks(range(FIRST_TASK, FIRST_TASK + count))
        drains = {
            number: _drain(running, stories, number, drained, done) for number in (1, 2, WORKERS)
        }
        at_once = _round(running, stories, portals, done, 0.0)
        seconds = at_once.whole / SHARE
        calm = _round(running, stories, portals, done, seconds)
        storm = _round(running, stories, portals, done, seconds, storm=True)
        faults = _round(running, stories, portals, done, seconds, storm=True, faults=True)
        running.site.settled(SETTLE_SECONDS)
        wrong = _wrong(running, done)
    how = _HOW.format(
        portals=portals, workers=WORKERS, seconds=seconds, share=SHARE,
        noise=STORM * lives.EACH, storm=STORM, frozen=FROZEN_SECONDS,
        waiting=drained * lives.EACH, drained=drained,
    )  # fmt: skip
    return Part("scale", "Many portals", how, _figures(drains, at_once, calm, storm, faults, wrong))


def _drain(
    running: Fleet,
    stories: Stories,
    workers: int,
    drained: int,
    done: list[Life],
) -> float:
    """Deliveries a second that so many workers deal with, all portals waiting.

    Workers join those that run: who begins alone looks at a thousand portals first.
    """
    running.start_workers(workers - len(running.workers))
    running.signal_workers(signal.SIGSTOP)
    chosen = stories.take(drained)
    deliveries = [
        (running.webhooks[1 + place], told)
        for place, life in enumerate(chosen)
        for told in stories.told[life.task_id]
    ]
    running.send(deliveries)
    began = time.monotonic()
    running.signal_workers(signal.SIGCONT)
    running.site.settled(SETTLE_SECONDS)
    seconds = time.monotonic() - began
    done += chosen
    return len(deliveries) / seconds


def _round(
    running: Fleet,
    stories: Stories,
    portals: int,
    done: list[Life],
    seconds: float,
    *,
    storm: bool = False,
    faults: bool = False,
) -> Round:
    quiet, loud = stories.take(portals - 1), stories.take(STORM) if storm else []
    opened = [(running.webhooks[1 + place], stories.told[life.task_id][1])
              for place, life in enumerate(quiet)]  # fmt: skip
    noise = [(running.webhooks[0], told) for life in loud for told in stories.told[life.task_id]]
    beside = [Thread(target=running.storm, args=(noise,))] if storm else []
    beside += [Thread(target=_break, args=(running, seconds))] if faults else []
    running.awaited.update(life.task_id for life in quiet)
    began, used = time.monotonic(), time.process_time()
    for thread in beside:
        thread.start()
    accepted = running.send(opened, seconds)
    for thread in beside:
        thread.join()
    running.site.settled(SETTLE_SECONDS)
    done += loud
    return Round(
        [max(0.0, running.arrived[life.task_id] - accepted[life.task_id]) for life in quiet],
        time.monotonic() - began,
        time.process_time() - used,
    )


def _break(running: Fleet, seconds: float) -> None:
    """Kill one worker, freeze another for a while, and let the database fail over meanwhile."""
    time.sleep(seconds / 6)
    running.workers[0].kill()
    os.kill(running.workers[1].pid, signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS / 2)
    running.server.crash()
    running.server.start()
    time.sleep(FROZEN_SECONDS / 2)
    os.kill(running.workers[1].pid, signal.SIGCONT)


def _wrong(running: Fleet, done: Sequence[Life]) -> dict[str, int]:
    """What is lost, wrong or there twice, of all lives that were told to their end."""
    state = running.site.b24.state
    cards = [[message.text for message in state.discussion(life.task_id)] for life in done]
    heads = [[text.split("\n", 1)[0] for text in texts] for texts in cards]
    with read(running.site.engine) as conn:
        given_up = sum(
            conn.scalar(select(func.count()).select_from(table).where(table.c.state == dead)) or 0
            for table, dead in GIVEN_UP
        )
        waiting = conn.scalar(
            select(func.count()).select_from(delivery).where(delivery.c.state != "done")
        )
    pairs = list(zip(done, cards, strict=True))
    return {
        "deliveries not dealt with": waiting or 0,
        "tasks whose status is not what the merge requests demand": sum(
            state.tasks[life.task_id].status != STATUS[life.end] for life in done
        ),
        "cards missing or with old content": sum(
            not any(lives.shown(life, text) for text in texts) for life, texts in pairs
        ),
        "messages written twice": sum(len(texts) - len(set(texts)) for texts in heads),
        "commands, subjects or deliveries given up": given_up,
    }


def _figures(
    drains: dict[int, float],
    at_once: Round,
    calm: Round,
    storm: Round,
    faults: Round,
    wrong: dict[str, int],
) -> list[Figure]:
    def times(round_: Round) -> str:
        return f"{round_.milliseconds(0.5):.0f}, {round_.milliseconds(0.95):.0f}"

    rate = len(at_once.quiet) / at_once.whole
    return [
        Figure("quiet portals, all at once: hooks/s; hook to write, p50, p95 ms",
               f"{rate:.1f}; {times(at_once)}"),
        Figure("processor of emulated portals and senders meanwhile, ms a hook",
               f"{1000 * at_once.emulated / len(at_once.quiet):.1f}"),
        Figure("quiet portals, calm: hook to write, p50, p95 ms", times(calm)),
        Figure("the same during the storm", times(storm)),
        at_most("p95 storm ÷ calm", storm.milliseconds(0.95) / calm.milliseconds(0.95), 1.5),
        Figure("the same with the faults", times(faults)),
        *(must(name, count, 0) for name, count in wrong.items()),
        *(Figure(f"drained by {count} workers, deliveries/s", f"{rate:.0f}")
          for count, rate in drains.items()),
        Figure("drained by 2 ÷ 1, by 4 ÷ 1 workers",
               f"{drains[2] / drains[1]:.2f}, {drains[4] / drains[1]:.2f}"),
    ]  # fmt: skip
