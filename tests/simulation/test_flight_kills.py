"""Several requests under way, answers out of order, kills between: people see what they would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest

from sync.engine.deliver import batch, flights
from tests.depth import sample
from tests.engine.world import World
from tests.simulation.held_answers import HeldAnswers
from tests.simulation.kill_points import fused
from tests.simulation.test_kills import _outcomes, _stored, _storm, seen, undisturbed

SEEDS = sample(range(1000, 1040), 10)
TASKS = range(2100, 2112)
CALLS_A_REQUEST = 3  # so that a few tasks make several requests


@pytest.fixture(autouse=True)
def _small_requests() -> Iterator[None]:
    with (
        patch.object(batch, "BATCH_SIZE", CALLS_A_REQUEST),
        patch.object(flights, "BATCH_SIZE", CALLS_A_REQUEST),
    ):
        yield


def with_held_answers(url: str, seed: int) -> tuple[World, HeldAnswers]:
    world = World(url)
    world.calls = HeldAnswers(seed, world.tick)
    return world, world.calls


@pytest.mark.parametrize("seed", SEEDS)
def test_kills_among_several_requests_change_nothing_that_people_see(
    seed: int, make_database: Callable[[bool], str]
) -> None:
    calm = World(make_database(True))
    stormy, _ = with_held_answers(make_database(True), seed)
    try:
        expected = undisturbed(seed, calm)
        with fused(stormy) as fuse:
            _storm(seed, stormy, fuse)
        assert seen(stormy) == expected
        assert _outcomes(stormy) == {"done": _stored(stormy)}
    finally:
        calm.close()
        stormy.close()


def test_a_burst_has_several_requests_under_way_and_writes_each_thing_once(
    make_database: Callable[[bool], str],
) -> None:
    calm = World(make_database(True))
    world, held = with_held_answers(make_database(True), 7)
    try:
        assert _work_off_burst(world) == _work_off_burst(calm)
        assert held.most > 3
        assert [len(world.cards(task_id)) for task_id in TASKS] == [1] * len(TASKS)
    finally:
        calm.close()
        world.close()


def _work_off_burst(world: World) -> Counter[str]:
    """Merge requests of TASKS are opened at one moment; the portal's writes by method."""
    world.hold_deliveries = True
    for task_id in TASKS:
        world.task(task_id)
        world.opened(f"feature/B24-{task_id}")
    world.hold_deliveries = False
    world.store(world.inbox_order)
    world.settle()
    return world.b24.writes
