"""YouTrack's links at rest and at work, and their processor time beside GitLab's."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from b24app.services.sync_desk import PortalDesk
from bench.figures import Figure, Part, at_most, must, percentile
from bench.issue_town import Town
from bench.youtrack_town import YouTrackTown, youtrack_town
from sync.core.issue_sync.model import SideName
from sync.engine.upkeep.sweep import Sweep
from sync.engine.worker import Worker
from tests.engine.youtrack_world import RITA, YouTrackLife

LINKS, SHARE = int(os.environ.get("BENCH_YOUTRACK_LINKS", "2000")), 100
BUSY, IDLE = 10, 60  # minutes
SWEEP = 5  # seconds between two looks of the sweep
REQUESTS = 4  # of a change: an issue and its work, a task, and one write
BESIDE = 200  # changes, in turns here and there
SETTLE = 120  # seconds
HOW = (
    f"{LINKS} links, of which one in {SHARE} has its title changed each minute, in turns here and "
    f"there, for {BUSY} simulated minutes, with hints of our app; then {IDLE} minutes without a "
    "change. A worker looks each second. The fewest requests of a change: the issue, its work and "
    f"the task are read, and one is written. Beside GitLab: {BESIDE} such changes of as many links "
    "in each room in turns, processor time without that of the emulated systems, the least of "
    "three runs."
)


@dataclass
class Life:
    """A worker and a sweep, second by second. `waiting`: since when a title is to be where."""

    town: Any
    titles: Callable[[SideName, int], str]
    change: Callable[[SideName, int, str], None]
    waiting: dict[tuple[SideName, int], tuple[str, float]] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        deps = self.town.new_process("worker")
        self.worker, self.sweep = Worker(deps), Sweep(deps)

    def live(self, seconds: int) -> None:
        for second in range(seconds):
            self.town.tick()
            if second % SWEEP == 0:
                self.sweep.run(self.town.clock.now())
            self.worker.run_once()
            for (side, number), (title, since) in list(self.waiting.items()):
                if self.titles(side, number) == title:
                    self.took.append(self._now() - since)
                    del self.waiting[side, number]

    def rename(self, side: SideName, number: int, title: str) -> None:
        """Let a person rename one end."""
        self.change(side, number, title)
        self.waiting[side.other, number] = (title, self._now())

    def _now(self) -> float:
        return float(self.town.clock.now().timestamp())


def measure() -> Part:
    title = "Tasks and issues of YouTrack in step"
    return Part("youtrack_steady", title, HOW, [*figures()])


def figures() -> Iterator[Figure]:
    """Measure busy and idle minutes of links that are in step, and their processor time."""
    with youtrack_town() as town:
        life = _youtrack_life(town, LINKS)
        life.live(SETTLE)
        yield from _busy(life)
        life.live(SETTLE)
        yield from _idle(life)
    runs = [(_processor(_in_youtrack), _processor(_in_gitlab)) for _ in range(3)]
    youtrack, gitlab = (min(times) for times in zip(*runs, strict=True))
    name = f"processor time a change ({1000 * youtrack:.1f} ms) ÷ GitLab's ({1000 * gitlab:.1f} ms)"
    yield at_most(name, youtrack / gitlab, 1.1)


def _busy(life: Life) -> Iterator[Figure]:
    number, places = 0, max(1, LINKS // SHARE)
    before = life.town.sent.total()
    for minute in range(BUSY):
        for _ in range(places):
            number += 1
            life.rename(list(SideName)[number % 2], number, f"Renamed in {minute}, {number}")
            life.live(60 // places)
    life.live(SETTLE)
    sent = life.town.sent.total() - before
    yield must("changes on the other side", len(life.took), number)
    yield at_most(
        f"requests a change ({sent / number:.1f}), lists included, ÷ the fewest ({REQUESTS})",
        sent / number / REQUESTS,
        1.3,
    )
    if life.took:
        yield at_most("from a change to the other side, p50, s", percentile(life.took, 0.5), 3.0)


def _idle(life: Life) -> Iterator[Figure]:
    before = life.town.sent.copy()
    life.live(IDLE * 60)
    for side, name in ((SideName.TRACKER, "YouTrack"), (SideName.PORTAL, "the portal")):
        a_minute = (life.town.sent[side] - before[side]) / IDLE
        yield at_most(f"requests of an idle minute to {name}", a_minute, 2.0)


def _youtrack_life(town: YouTrackTown, size: int) -> Life:
    issues = town.fill(size, 0, 0)
    for _ in PortalDesk(town.new_process("import"), town.row).import_pair(town.pair):
        pass
    people, tasks = YouTrackLife(town), _tasks(town)

    def change(side: SideName, number: int, title: str) -> None:
        if side is SideName.TRACKER:
            people.rename(issues[number - 1], title)
        else:
            town.b24.state.user_edits_task(RITA, tasks[number].id, title=title)

    def titles(side: SideName, number: int) -> str:
        return issues[number - 1].summary if side is SideName.TRACKER else tasks[number].title

    return Life(town, titles, change)


def _gitlab_life(town: Town, size: int) -> Life:
    town.fill(size, 0, 0)
    for _ in PortalDesk(town.new_process("import"), town.row).import_pair(town.pair):
        pass
    issues, tasks = town.shop.issues, _tasks(town)

    def change(side: SideName, number: int, title: str) -> None:
        if side is SideName.TRACKER:
            town.gitlab.tracking.update_issue(issues[number], "ann", title=title)
        else:
            town.b24.state.user_edits_task(RITA, tasks[number].id, title=title)

    def titles(side: SideName, number: int) -> str:
        return issues[number].title if side is SideName.TRACKER else tasks[number].title

    return Life(town, titles, change)


def _tasks(town: Any) -> dict[int, Any]:
    tasks = town.b24.state.tasks.values()
    return {int(task.title.rsplit(" ", 1)[1]): task for task in tasks}


def _in_youtrack(work: Callable[[Life], float]) -> float:
    with youtrack_town() as town:
        return work(_youtrack_life(town, BESIDE))


def _in_gitlab(work: Callable[[Life], float]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        try:
            return work(_gitlab_life(town, BESIDE))
        finally:
            town.close()


def _processor(within: Callable[[Callable[[Life], float]], float]) -> float:
    """Return the processor seconds of a change, without those of the emulated systems."""
    return within(_work)


def _work(life: Life) -> float:
    elsewhere = [0.0]

    def timed(answer: Callable[..., Any]) -> Callable[..., Any]:
        def answered(*arguments: Any) -> Any:
            began = time.process_time()
            try:
                return answer(*arguments)
            finally:
                elsewhere[0] += time.process_time() - began

        return answered

    town = life.town
    for name in ("portal_answer", "host_answer", "youtrack_answer"):
        if hasattr(town, name):
            setattr(town, name, timed(getattr(town, name)))
    life = Life(town, life.titles, life.change)
    life.live(SETTLE)
    spent = 0.0
    for number in range(1, BESIDE + 1):
        life.rename(list(SideName)[number % 2], number, f"Renamed {number}")
        began, beside = time.process_time(), elsewhere[0]
        life.live(3)
        spent += time.process_time() - began - (elsewhere[0] - beside)
    assert len(life.took) > BESIDE * 0.9, len(life.took)
    return spent / BESIDE
