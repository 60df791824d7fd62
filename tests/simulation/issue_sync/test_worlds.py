"""Random worlds around one link come to rest with every edit in its place."""

from __future__ import annotations

import pytest

from tests.depth import depth, is_quick, sample
from tests.simulation.issue_sync.mutants import MUTATIONS
from tests.simulation.issue_sync.oracle import Broken
from tests.simulation.issue_sync.world import World, play

WORLDS = 200
BATCH = 25
ENOUGH = 300  # worlds in which each mistake must show
# Those that show seldom: a short run begins where they last did.
SELDOM = {"base_is_read_again": 55, "an_old_list": 114, "one_canonical_base": 176}


@pytest.mark.parametrize("first", range(0, depth(WORLDS), BATCH))
def test_every_edit_survives_or_lost_by_the_policy(first: int) -> None:
    assert play(range(first, first + BATCH)).worlds == BATCH


@pytest.mark.parametrize("first", range(0, depth(WORLDS), 2 * BATCH))
def test_every_edit_survives_in_a_pair_with_youtrack(first: int) -> None:
    assert play(range(first, first + BATCH), youtrack=True).worlds == BATCH


@pytest.mark.parametrize(
    ("name", "youtrack"),
    [*((name, False) for name in MUTATIONS), *((name, True) for name in sample(list(MUTATIONS)))],
)
def test_a_deliberate_mistake_is_caught(name: str, youtrack: bool) -> None:
    first = SELDOM.get(name, 0) if is_quick() else 0
    for seed in range(first, first + ENOUGH):
        try:
            World(seed, mutate=MUTATIONS[name], youtrack=youtrack).run()
        except (Broken, AssertionError):
            return
    pytest.fail(f"{ENOUGH} worlds lived well with {name}")


def test_a_seed_makes_the_same_world_again() -> None:
    first, second = World(7).run(), World(7).run()
    assert first.links.story == second.links.story
    assert first.links.kept == second.links.kept
