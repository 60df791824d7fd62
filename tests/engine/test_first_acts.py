"""The first act on what was open before: the task comes to its step, unless a person ended it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.core.model.kinds import Kind
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.history import connected_now, hears_everything, start
from tests.engine.notified_world import telling, to_chat
from tests.engine.sampled_world import sample
from tests.engine.world import World

WAITING, IN_PROGRESS, AWAITING_CONTROL, COMPLETED = 2, 3, 4, 5
MINUTE, DAY = 60.0, 86_400.0


def unheard(world: World, *, merged: bool = False) -> MergeRequest:
    hears_everything(world)
    world.hold_deliveries = True
    mr = world.opened()
    if merged:
        world.gitlab.merge(mr, "ann")
    world.hold_deliveries = False
    world.tick(3 * DAY)
    connected_now(world)
    world.tick(MINUTE)
    return mr


def acts_on(world: World, mr: MergeRequest) -> dict[str, Callable[[], object]]:
    git = world.gitlab
    return {
        "comment": lambda: git.comment(mr, "Please look", "bob"),
        "approve": lambda: git.approve(mr, "bob"),
        "label": lambda: git.update_mr(mr, "ann", labels=["x"]),
        "retitle": lambda: git.update_mr(mr, "ann", title="Pay more"),
        "review": lambda: git.request_review(mr, "cid", "ann"),
    }


ACTS = ("comment", "approve", "label", "retitle", "review")


@pytest.mark.deep
@pytest.mark.parametrize("is_read", [False, True], ids=["never heard of", "history read"])
@pytest.mark.parametrize("act", ACTS)
def test_the_first_act_shows_the_card_and_brings_the_task_to_its_step(
    world: World, act: str, is_read: bool
) -> None:
    mr = unheard(world)
    if is_read:
        start(world)
        world.settle()
        assert (world.status(), world.cards()) == (WAITING, [])
    acts_on(world, mr)[act]()
    world.settle()
    assert world.status() == IN_PROGRESS
    assert "!1" in world.cards()[0]
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status() == COMPLETED


@pytest.mark.parametrize(
    ("is_read", "ended"), [(False, COMPLETED), (True, COMPLETED), (True, AWAITING_CONTROL)]
)
@pytest.mark.parametrize("act", ACTS)
def test_no_first_act_reopens_what_a_person_had_ended(
    world: World, act: str, is_read: bool, ended: int
) -> None:
    mr = unheard(world)
    world.b24.state.tasks[2103].status = ended
    if is_read:
        start(world)
        world.settle()
    acts_on(world, mr)[act]()
    world.settle()
    assert world.status() == ended
    assert "!1" in world.cards()[0]
    world.gitlab.approve(mr, "cid")
    world.settle()
    assert world.status() == ended


def test_a_new_merge_request_is_new_work_of_an_ended_task(world: World) -> None:
    unheard(world)
    world.b24.state.tasks[2103].status = COMPLETED
    world.opened("feature/B24-2103-more", "More")
    world.settle()
    assert world.status() == IN_PROGRESS


def test_a_comment_on_what_was_over_moves_nothing(world: World) -> None:
    mr = unheard(world, merged=True)
    world.gitlab.comment(mr, "Thanks", "bob")
    world.settle()
    assert (world.status(), len(world.told())) == (WAITING, 0)
    assert not any("Merge request:" in text for text in world.cards())


def test_what_a_comment_shows_takes_nothing_from_what_is_known(world: World) -> None:
    """The comment's hook tells no reviewers and no approvals."""
    hears_everything(world)
    mr = world.opened()
    world.gitlab.approve(mr, "bob")
    world.settle()
    card = world.cards()[0]
    world.gitlab.comment(mr, "Fine", "bob")
    world.settle()
    assert world.cards()[0] == card


def test_a_comment_heard_with_the_opening_is_in_the_task(world: World) -> None:
    hears_everything(world)
    world.hold_deliveries = True
    mr = world.opened()
    world.gitlab.comment(mr, "Please look", "bob")
    world.hold_deliveries = False
    world.store(world.inbox_order[::-1])
    world.settle()
    assert any("Please look" in text for text in world.cards())
    assert world.status() == IN_PROGRESS


@pytest.mark.parametrize("minutes", [0.1, 12, 25])
def test_the_sample_of_a_young_merge_request_of_before_is_silent(
    world: World, minutes: float
) -> None:
    """Its own author connects GitLab and presses the button: newer versions say `open`."""
    telling(world, to_chat(Kind.MERGE_REQUEST))
    world.hold_deliveries = True
    world.opened()
    world.hold_deliveries = False
    world.tick(minutes * MINUTE)
    connected_now(world)
    sample(world, "merge_requests_events", action="open")
    assert (world.status(), world.cards(), world.posted(), world.told()) == (WAITING, [], [], [])
