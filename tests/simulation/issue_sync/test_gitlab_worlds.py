"""Worlds over the room of GitLab and its emulator."""

from __future__ import annotations

import pytest

from tests.depth import depth
from tests.simulation.issue_sync.mutants import MUTATIONS
from tests.simulation.issue_sync.oracle import Broken
from tests.simulation.issue_sync.world import World, play

WORLDS = 4
MENDED = (250, 265, 1_001_605)  # moved, and edited, between a write and its status
MISTAKEN = {  # the first world in which a mistake shows
    "two_way_compare": 2,
    "base_late": 2,
    "create_without_key": 4,
    "base_early": 3,
    "a_changed_end_at_rest": 5,
}


def test_every_edit_survives_in_the_room_of_gitlab() -> None:
    count = depth(WORLDS)
    assert play([*range(count), *MENDED], gitlab=True).worlds == count + len(MENDED)


@pytest.mark.parametrize("name", MISTAKEN)
def test_a_deliberate_mistake_is_caught_in_the_room_of_gitlab(name: str) -> None:
    with pytest.raises((Broken, AssertionError, LookupError)):
        World(MISTAKEN[name], mutate=MUTATIONS[name], gitlab=True).run()
