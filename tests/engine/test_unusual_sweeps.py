"""Hooks that were lost: what the regular reading of a GitLab finds means the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.engine.upkeep.sweep import Sweep
from tests.depth import sample
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
OTHER = 2104


@pytest.fixture(autouse=True)
def _alive(world: World) -> None:
    world.task(OTHER)


def lost(world: World) -> None:
    """From now on nothing is heard; `found` reads it."""
    world.hold_deliveries = True


def found(world: World) -> None:
    world.hold_deliveries = False
    world.tick(timedelta(minutes=15).total_seconds())
    Sweep(world.deps()).run(world.clock.now())
    world.settle()


def request(
    world: World, branch: str, *messages: str, title: str = "Work", start: str = "", **more: object
) -> MergeRequest:
    if start:
        world.gitlab.create_branch(world.shop, branch, "ann", start=start)
    world.gitlab.push(world.shop, branch, list(messages), "ann")
    return world.gitlab.open_mr(world.shop, branch, title, "ann", **more)


def statuses(world: World) -> tuple[int, int]:
    return world.status(), world.status(OTHER)


def test_a_life_of_which_nothing_was_heard(world: World) -> None:
    lost(world)
    mr = request(world, "mine", "B24-2103 mine")
    found(world)
    assert statuses(world) == (IN_PROGRESS, WAITING)
    lost(world)
    world.gitlab.merge(mr, "ann")
    found(world)
    assert statuses(world) == (COMPLETED, WAITING)


def test_main_merged_in_unheard_brings_nobodys_task(world: World) -> None:
    theirs = request(world, "theirs", f"B24-{OTHER} theirs")
    mr = request(world, "mine", "B24-2103 mine")
    world.gitlab.merge(theirs, "ann")
    world.settle()
    lost(world)
    world.gitlab.branching.merge_branch(world.shop, "main", "mine", "ann")
    world.gitlab.update_mr(mr, "ann", title="Mine")
    found(world)
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    assert not [text for text in world.cards(OTHER) if "/merge_requests/2]" in text]


def test_a_number_amended_away_unheard_unlinks(world: World) -> None:
    mr = request(world, "mine", f"B24-{OTHER} wrong")
    world.settle()
    lost(world)
    world.gitlab.branching.amend(world.shop, "mine", "B24-2103 right", "ann")
    world.gitlab.merge(mr, "ann")
    found(world)
    assert statuses(world) == (COMPLETED, IN_PROGRESS)


@pytest.mark.parametrize("squash", [False, True])
def test_a_release_found_late_reopens_nothing(world: World, squash: bool) -> None:
    world.gitlab.create_branch(world.shop, "develop", "ann")
    part = request(world, "part", f"B24-{OTHER} part", target_branch="develop")
    world.settle()
    world.gitlab.merge(part, "ann", squash=squash)
    world.settle()
    lost(world)
    release = world.gitlab.open_mr(
        world.shop, "develop", "Release", "ann", description=f"B24-{OTHER} part"
    )
    release.remove_source_branch = False
    found(world)
    assert world.status(OTHER) == COMPLETED


def test_a_stack_merged_unheard_ends_part_by_part(world: World) -> None:
    below = request(world, "base", f"B24-{OTHER} below")
    above = request(world, "top", "B24-2103 above", start="base", target_branch="base")
    world.settle()
    lost(world)
    world.gitlab.merge(below, "ann")
    found(world)
    assert statuses(world) == (IN_PROGRESS, COMPLETED)
    lost(world)
    world.gitlab.merge(above, "ann")
    found(world)
    assert statuses(world) == (COMPLETED, COMPLETED)


def test_a_forks_branch_found_late_is_not_ours(world: World) -> None:
    fork = world.gitlab.branching.fork(world.shop, "cid/shop", "cid")
    lost(world)
    world.gitlab.push(fork, "fix", ["B24-2103 theirs"], "cid")
    world.gitlab.open_mr(world.shop, "fix", "From a fork", "cid", source_project=fork)
    found(world)
    ours = request(world, "fix", f"B24-{OTHER} ours")
    world.settle()
    assert statuses(world) == (IN_PROGRESS, IN_PROGRESS)
    world.gitlab.merge(ours, "ann")
    world.settle()
    assert statuses(world) == (IN_PROGRESS, COMPLETED)


def test_a_revert_found_late_takes_back_and_closes_nothing(world: World) -> None:
    part = request(world, "part", "B24-2103 part")
    world.settle()
    world.gitlab.merge(part, "ann")
    world.settle()
    lost(world)
    title = 'Revert "B24-2103 part, closes B24-2104"'
    back = request(world, "revert-4f1c9e0a", title, title=title)
    found(world)
    assert statuses(world) == (COMPLETED, WAITING)
    assert "Takes back the work of this task." in world.cards()[-1]
    lost(world)
    world.gitlab.merge(back, "ann")
    found(world)
    assert statuses(world) == (COMPLETED, WAITING)


MEANINGS = [  # the first, fourth and seventh: a word of each kind
    ("Does not close B24-2103", WAITING),
    ("Regression from B24-2103", WAITING),
    ("~~Closes B24-2103~~", WAITING),
    ("Partially fixes B24-2103", IN_PROGRESS),
    ("Closes B24-2103, I think", IN_PROGRESS),
    ("Возможно, исправляет B24-2103", IN_PROGRESS),
    ("Closes B24-2103", COMPLETED),
    ("<!-- Closes B24-2103 -->", WAITING),
    ("- [ ] Closes B24-2103", WAITING),
]


@pytest.mark.parametrize(("description", "status"), sample(MEANINGS, 3))
@pytest.mark.parametrize("heard", [True, False], ids=["by hooks", "by reading"])
def test_what_words_mean_at_the_merge(
    world: World, description: str, status: int, heard: bool
) -> None:
    if not heard:
        lost(world)
    mr = request(world, "pay", "Pay", description=description)
    world.settle() if heard else found(world)
    if not heard:
        lost(world)
    world.gitlab.merge(mr, "ann")
    world.settle() if heard else found(world)
    assert world.status() == status
