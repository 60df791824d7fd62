"""Links at rest and at work: requests of a change, requests of an idle minute, and how soon."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Part
from bench.issue_town import Town
from bench.steady import BUSY, IDLE, SHARE, Life, steady_figures

LINKS = 2_000
REQUESTS = 3  # of a change: both ends are read, one is written
HOW = (
    f"{LINKS} links, of which one in {SHARE} has its title changed each minute, in turns here and "
    f"there, for {BUSY} simulated minutes; then {IDLE} minutes without a change. A worker "
    "looks each second. The fewest requests of a change: both ends are read, and one is written."
)


def measure() -> Part:
    with gitlab_life(LINKS) as life:
        figures = [*steady_figures(life, "GitLab", REQUESTS)]
    return Part("issue_steady", "Tasks and issues in step", HOW, figures)


@contextmanager
def gitlab_life(size: int) -> Iterator[Life]:
    """Yield so many links of tasks and issues of GitLab."""
    with tempfile.TemporaryDirectory() as folder:
        town = Town(Path(folder))
        town.fill(size, 0, 0)
        issues, update = town.shop.issues, town.gitlab.tracking.update_issue

        def rename(number: int, title: str) -> None:
            update(issues[number], "ann", title=title)

        try:
            yield Life(town, lambda number: issues[number].title, rename)
        finally:
            town.close()
