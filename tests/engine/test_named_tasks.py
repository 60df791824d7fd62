"""How a merge request names a task decides what its merge does to the task."""

from __future__ import annotations

import pytest

from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5

PARTS = {
    "the title says so": ("pay", "Partially fixes B24-2103", ""),
    "part one of three": ("b24-2103-pay", "fix(B24-2103): part 1 of 3", ""),
    "the description denies": ("b24-2103-pay", "B24-2103 pay", "Does not close B24-2103"),
    "in Russian": ("b24-2103-pay", "Оплата", "Частично исправляет B24-2103"),
}


@pytest.mark.parametrize(("branch", "title", "description"), PARTS.values(), ids=PARTS)
def test_a_part_of_the_work_starts_a_task_and_does_not_end_it(
    world: World, branch: str, title: str, description: str
) -> None:
    mr = world.opened(branch, title, description=description)
    world.settle()
    assert world.status() == IN_PROGRESS
    world.gitlab.merge(mr, "bob")
    world.settle()
    assert world.status() == IN_PROGRESS
    assert ["Works on this task and does not end it." in card for card in world.cards()] == [True]


MENTIONS = ["Does not close B24-2103", "Дубль B24-2103", "Regression from B24-2103"]


@pytest.mark.deep
@pytest.mark.parametrize("description", MENTIONS)
def test_what_is_only_mentioned_is_not_moved(world: World, description: str) -> None:
    mr = world.opened("cache", "Cache", description=description)
    world.gitlab.merge(mr, "bob")
    world.settle()
    assert (world.status(), len(world.cards())) == (WAITING, 1)


def test_a_reverting_merge_request_says_that_the_work_was_taken_back(world: World) -> None:
    title = 'Revert "Pay (closes B24-2103)"'
    mr = world.opened("revert-4f1c9e0a", title, description="This reverts !1")
    world.settle()
    assert "Takes back the work of this task." in world.cards()[0]
    world.gitlab.merge(mr, "bob")
    world.settle()
    assert world.status() == WAITING
    assert "The work of this task was taken back." in world.cards()[0]
