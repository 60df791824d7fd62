"""Links at rest and at work: requests of a change, requests of an idle minute, and how soon."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from b24app.services.sync_desk import PortalDesk
from bench.figures import Figure, Part, at_most, must, percentile
from bench.issue_town import RITA, Town
from sync.core.issue_sync.model import SideName
from sync.engine.deps import Deps
from sync.engine.upkeep.sweep import Sweep
from sync.engine.worker import Worker

LINKS, SHARE = 2_000, 100  # one link of so many changes in a minute
BUSY, IDLE = 10, 60  # minutes
SWEEP = 5  # seconds between two looks of the sweep
REQUESTS = 3  # of a change: both ends are read, one is written
MOST_SECONDS = 120
HOW = (
    f"{LINKS} links, of which one in {SHARE} has its title changed each minute, in turns here and "
    f"there, for {BUSY} simulated minutes; then {IDLE} minutes without a change. A worker "
    "looks each second. The fewest requests of a change: both ends are read, and one is written."
)


@dataclass
class Life:
    """A worker and a sweep, second by second. `waiting`: since when a title is to be where."""

    town: Town
    deps: Deps
    waiting: dict[tuple[SideName, int], tuple[str, float]] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.worker, self.sweep = Worker(self.deps), Sweep(self.deps)
        self.tasks = {}
        for task in self.town.b24.state.tasks.values():
            self.tasks[int(task.title.rsplit(" ", 1)[1])] = task

    def live(self, seconds: int) -> None:
        for second in range(seconds):
            self.town.tick()
            if second % SWEEP == 0:
                self.sweep.run(self.town.clock.now())
            self.worker.run_once()
            self._note()

    def change(self, number: int, side: SideName, title: str) -> None:
        """Let a person rename one end."""
        if side is SideName.TRACKER:
            issue = self.town.shop.issues[number]
            self.town.gitlab.tracking.update_issue(issue, "ann", title=title)
        else:
            self.town.b24.state.user_edits_task(RITA, self.tasks[number].id, title=title)
        self.waiting[side.other, number] = (title, self._now())

    def _note(self) -> None:
        for (side, number), (title, since) in list(self.waiting.items()):
            ends = self.town.shop.issues if side is SideName.TRACKER else self.tasks
            if ends[number].title == title:
                self.took.append(self._now() - since)
                del self.waiting[side, number]

    def _now(self) -> float:
        return float(self.town.clock.now().timestamp())


def measure() -> Part:
    return Part("issue_steady", "Tasks and issues in step", HOW, [*figures()])


def figures() -> Iterator[Figure]:
    """Measure busy and idle minutes of links that are in step."""
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        town.fill(LINKS, 0, 0)
        deps = town.new_process("worker")
        for _ in PortalDesk(deps, town.row).import_pair(town.pair):
            pass
        life = Life(town, deps)
        life.live(MOST_SECONDS)
        yield from _busy(life)
        life.live(MOST_SECONDS)
        yield from _idle(life)
        town.close()


def _busy(life: Life) -> Iterator[Figure]:
    number, changes = 0, LINKS // SHARE * BUSY
    before = life.town.sent.total()
    places = LINKS // SHARE
    for minute in range(BUSY):
        for _ in range(places):
            number += 1
            side = list(SideName)[number % 2]
            life.change(number, side, f"Renamed in minute {minute}, {number}")
            life.live(60 // places)
    life.live(MOST_SECONDS)
    sent = life.town.sent.total() - before
    yield must("changes on the other side", len(life.took), changes)
    yield at_most(
        f"requests a change ({sent / changes:.1f}), lists included, ÷ the fewest ({REQUESTS})",
        sent / changes / REQUESTS,
        1.3,
    )
    if life.took:
        yield at_most("from a change to the other side, p50, s", percentile(life.took, 0.5), 3.0)


def _idle(life: Life) -> Iterator[Figure]:
    before = life.town.sent.copy()
    life.live(IDLE * 60)
    for side, name in ((SideName.TRACKER, "GitLab"), (SideName.PORTAL, "the portal")):
        a_minute = (life.town.sent[side] - before[side]) / IDLE
        yield at_most(f"requests of an idle minute to {name}", a_minute, 2.0)
