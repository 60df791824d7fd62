"""YouTrack's links at rest and at work, and their processor time beside GitLab's."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from bench.figures import Figure, Part, at_most
from bench.issue_steady import gitlab_life
from bench.steady import BUSY, IDLE, SHARE, Life, steady_figures
from bench.youtrack_town import youtrack_town
from tests.engine.youtrack_world import YouTrackLife

LINKS = int(os.environ.get("BENCH_YOUTRACK_LINKS", "2000"))
REQUESTS = 4  # of a change: an issue and its work, a task, and one write
BESIDE, RUNS = 60, 3  # changes in each room, in turns here and there
SETTLE = 30  # seconds
ANSWERS = ("portal_answer", "host_answer", "youtrack_answer")  # of the emulated systems
HOW = (
    f"{LINKS} links, of which one in {SHARE} has its title changed each minute, in turns here and "
    f"there, for {BUSY} simulated minutes, with hints of our app; then {IDLE} minutes without a "
    "change. A worker looks each second. The fewest requests of a change: the issue, its work and "
    f"the task are read, and one is written. Beside GitLab: {BESIDE} such changes of as many links "
    "in each room in turns, processor time without that of the emulated systems, the least of "
    f"{RUNS} runs."
)


def measure() -> Part:
    title = "Tasks and issues of YouTrack in step"
    return Part("youtrack_steady", title, HOW, [*figures()])


def figures() -> Iterator[Figure]:
    """Measure busy and idle minutes of links that are in step, and their processor time."""
    with youtrack_life(LINKS) as life:
        yield from steady_figures(life, "YouTrack", REQUESTS)
    rooms = (youtrack_life, gitlab_life)
    runs = [[_processor(room(BESIDE)) for room in rooms] for _ in range(RUNS)]
    youtrack, gitlab = (min(times) for times in zip(*runs, strict=True))
    name = f"processor time a change ({1000 * youtrack:.1f} ms) ÷ GitLab's ({1000 * gitlab:.1f} ms)"
    yield at_most(name, youtrack / gitlab, 1.1)


@contextmanager
def youtrack_life(size: int) -> Iterator[Life]:
    """Yield so many links of tasks and issues of YouTrack."""
    with youtrack_town() as town:
        issues, people = town.fill(size, 0, 0), YouTrackLife(town)

        def rename(number: int, title: str) -> None:
            people.rename(issues[number - 1], title)

        yield Life(town, lambda number: issues[number - 1].summary, rename)


def _processor(room: AbstractContextManager[Life]) -> float:
    """Return the processor seconds of a change, without those of the emulated systems."""
    with room as life:
        elsewhere = _watch_answers(life.town)
        life.begin()
        life.live(SETTLE)
        began = time.process_time() - elsewhere[0]
        for number in range(1, BESIDE + 1):
            life.change(number)
            life.live(3)
        assert len(life.took) > BESIDE * 0.9, len(life.took)
        return (time.process_time() - elsewhere[0] - began) / BESIDE


def _watch_answers(town: Any) -> list[float]:
    """Return a list whose only member grows by the processor seconds of the emulators' answers."""
    elsewhere = [0.0]

    def timed(answer: Callable[..., Any]) -> Callable[..., Any]:
        def answered(*arguments: Any) -> Any:
            began = time.process_time()
            try:
                return answer(*arguments)
            finally:
                elsewhere[0] += time.process_time() - began

        return answered

    for name in ANSWERS:
        if hasattr(town, name):
            setattr(town, name, timed(getattr(town, name)))
    return elsewhere
