"""The worker dies at every step of a link's life, and at every step of what follows."""

from __future__ import annotations

import pytest

from tests.depth import depth
from tests.simulation.issue_sync.world import World, points

LIVES = (10, 34, 2)  # a linked pair, a task that becomes an issue, an issue that becomes a task
SOON = 8  # steps after a death within which the second one comes
STEP = 3 * 60 // depth(60)  # each third of the steps, in a short run each fifteenth


@pytest.mark.parametrize("youtrack", [False, True])
@pytest.mark.parametrize("seed", LIVES)
def test_a_worker_may_die_at_any_step(seed: int, youtrack: bool) -> None:
    for point in range(1, points(seed, youtrack=youtrack) + 1, STEP):
        World(seed, crash_at=(point,), youtrack=youtrack).run()


@pytest.mark.parametrize("seed", LIVES)
def test_a_worker_may_die_at_any_step_twice(seed: int) -> None:
    count = points(seed)
    pairs = [
        (first, second)
        for first in range(1, count + 1)
        for second in range(first + 1, first + 1 + SOON)
    ]
    for first, second in pairs[:: 5 * STEP]:
        World(seed, crash_at=(first, second)).run()
