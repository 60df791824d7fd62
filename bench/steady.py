"""Links that are in step, at work and at rest: what two-way sync costs in either room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from b24app.services.sync_desk import PortalDesk
from bench.figures import Figure, at_most, must, percentile
from sync.core.clock import ManualClock
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import SideName
from sync.engine.deps import Deps
from sync.engine.upkeep.sweep import Sweep
from sync.engine.worker import Worker
from sync.store.portals import PortalRow

RITA = 7
SHARE = 100  # one link of so many changes in a minute
BUSY, IDLE = 10, 60  # minutes
SWEEP = 5  # seconds between two looks of the sweep
MOST_SECONDS = 120  # until what is under way is done


class SteadyTown(Protocol):
    """A portal and a tracker with one pair; requests are counted by side."""

    b24: Any
    clock: ManualClock
    pair: ProjectPair
    sent: Counter[SideName]

    @property
    def row(self) -> PortalRow: ...

    def new_process(self, owner: str) -> Deps: ...

    def tick(self, seconds: float = 1.0) -> None: ...


@dataclass
class Life:
    """A worker and a sweep, second by second.

    `titles` and `rename_issue` are told the place of an issue, from 1. `waiting`: since when a
    title is to be where; `took`: the seconds until it was.
    """

    town: SteadyTown
    titles: Callable[[int], str]
    rename_issue: Callable[[int, str], None]
    waiting: dict[tuple[SideName, int], tuple[str, float]] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        for _ in PortalDesk(self.town.new_process("import"), self.town.row).import_pair(
            self.town.pair
        ):
            pass
        self.begin()
        tasks = self.town.b24.state.tasks.values()
        self.tasks = {int(task.title.rsplit(" ", 1)[1]): task for task in tasks}

    def begin(self) -> None:
        """Begin a worker and a sweep, in the place of those there were."""
        deps = self.town.new_process("worker")
        self.worker, self.sweep = Worker(deps), Sweep(deps)

    def live(self, seconds: int) -> None:
        """Let so many seconds pass."""
        for second in range(seconds):
            self.town.tick()
            if second % SWEEP == 0:
                self.sweep.run(self.town.clock.now())
            self.worker.run_once()
            self._note()

    def change(self, number: int) -> None:
        """Let a person rename one end, here and there in turns."""
        title = f"Renamed at {self._now():.0f}, {number}"
        side = list(SideName)[number % 2]
        if side is SideName.TRACKER:
            self.rename_issue(number, title)
        else:
            self.town.b24.state.user_edits_task(RITA, self.tasks[number].id, title=title)
        self.waiting[side.other, number] = (title, self._now())

    def _note(self) -> None:
        for (side, number), (title, since) in list(self.waiting.items()):
            titled = self.titles(number)
            if (titled if side is SideName.TRACKER else self.tasks[number].title) == title:
                self.took.append(self._now() - since)
                del self.waiting[side, number]

    def _now(self) -> float:
        return float(self.town.clock.now().timestamp())


def steady_figures(life: Life, tracker: str, fewest: int) -> Iterator[Figure]:
    """Measure busy and idle minutes. `fewest`: requests of a change."""
    life.live(MOST_SECONDS)
    yield from _busy(life, fewest)
    life.live(MOST_SECONDS)
    before = life.town.sent.copy()
    life.live(IDLE * 60)
    for side, name in ((SideName.TRACKER, tracker), (SideName.PORTAL, "the portal")):
        a_minute = (life.town.sent[side] - before[side]) / IDLE
        yield at_most(f"requests of an idle minute to {name}", a_minute, 2.0)


def _busy(life: Life, fewest: int) -> Iterator[Figure]:
    places = max(1, len(life.tasks) // SHARE)
    changes, before = places * BUSY, life.town.sent.total()
    for number in range(1, changes + 1):
        life.change(number)
        life.live(60 // places)
    life.live(MOST_SECONDS)
    sent = life.town.sent.total() - before
    yield must("changes on the other side", len(life.took), changes)
    yield at_most(
        f"requests a change ({sent / changes:.1f}), lists included, ÷ the fewest ({fewest})",
        sent / changes / fewest,
        1.3,
    )
    if life.took:
        yield at_most("from a change to the other side, p50, s", percentile(life.took, 0.5), 3.0)
