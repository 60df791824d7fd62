"""Worlds over the room of YouTrack and its emulator, and of three systems at once."""

from __future__ import annotations

import pytest

from tests.depth import depth
from tests.simulation.issue_sync import triangle
from tests.simulation.issue_sync.mutants import MUTATIONS
from tests.simulation.issue_sync.oracle import Broken
from tests.simulation.issue_sync.triangle import Triangle
from tests.simulation.issue_sync.world import World, play, points

WORLDS = 8
MISTAKEN = {  # the first world in which a mistake shows; `mistakes` of the command finds them
    "two_way_compare": 2,
    "one_canonical_base": 47,
    "base_is_what_was_sent": 13,
    "base_is_read_again": 38,
    "base_early": 29,
    "base_late": 0,
    "create_without_key": 3,
    "hooks_dropped_during_a_run": 23,
    "a_changed_end_at_rest": 5,
    "create_without_intent": 153,
    "an_old_list": 114,
}
MISTAKEN_OF_THREE = {  # in lives of three systems
    "two_way_compare": 3,
    "base_late": 0,
    "create_without_key": 3,
    "a_changed_end_at_rest": 0,
    "hooks_dropped_during_a_run": 1,
    "an_old_list": 0,
    "base_is_what_was_sent": 4,
    "base_is_read_again": 6,
    "base_early": 11,
    "create_without_intent": 21,
    "one_canonical_base": 596,
}


def test_every_edit_survives_in_the_real_room() -> None:
    count = depth(WORLDS)
    assert play(range(count), real=True).worlds == count


def test_a_worker_may_die_between_any_two_requests() -> None:
    seed, share = 34, 60 * 12 // depth(12)
    for point in range(1, points(seed, real=True) + 1, share):
        World(seed, crash_at=(point,), real=True).run()


@pytest.mark.parametrize("name", MISTAKEN)
def test_a_deliberate_mistake_is_caught_in_the_real_room(name: str) -> None:
    with pytest.raises((Broken, AssertionError, LookupError)):
        World(MISTAKEN[name], mutate=MUTATIONS[name], real=True).run()


def test_three_systems_say_the_same_in_the_end() -> None:
    for seed in range(depth(3)):
        Triangle(seed).run()


def test_a_deliberate_mistake_is_caught_in_three_systems() -> None:
    caught = set()
    for name, seed in MISTAKEN_OF_THREE.items():
        try:
            Triangle(seed, mutate=MUTATIONS[name]).run()
        except (Broken, AssertionError, LookupError):
            caught.add(name)
    assert caught == MISTAKEN_OF_THREE.keys()


def test_a_worker_may_die_at_any_step_of_three_systems() -> None:
    for point in range(1, triangle.points(2) + 1, 150 * 12 // depth(12)):
        Triangle(2, crash_at=(point,)).run()
