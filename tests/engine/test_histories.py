"""Histories of merge requests, told by hooks, and what a person sees in the portal after each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.core.model.tasks import Step
from sync.core.rules.portal import GroupRules, Rules, StageRef, StepTarget
from tests.depth import sample
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.world import World

WAITING, IN_PROGRESS, CONTROL, COMPLETED = 2, 3, 4, 5

# A name of an act → what somebody does about the (first) merge request.
ACTS: dict[str, Callable[[World, MergeRequest], object]] = {
    "approve": lambda w, mr: w.gitlab.approve(mr, "bob"),
    "unapprove": lambda w, mr: w.gitlab.unapprove(mr, "bob"),
    "merge": lambda w, mr: w.gitlab.merge(mr, "ann"),
    "close": lambda w, mr: w.gitlab.close(mr, "ann"),
    "reopen": lambda w, mr: w.gitlab.reopen(mr, "ann"),
    "draft": lambda w, mr: w.gitlab.update_mr(mr, "ann", draft=True),
    "ready": lambda w, mr: w.gitlab.update_mr(mr, "ann", draft=False),
    "retarget": lambda w, mr: w.gitlab.update_mr(mr, "ann", target_branch="next"),
    "fail": lambda w, mr: w.gitlab.run_pipeline(mr).set_status("failed"),
}
STAGES = {
    Step.DEVELOPMENT: "Doing",
    Step.REVIEW: "Review",
    Step.APPROVED: "Tested",
    Step.MERGED: "Done",
    Step.CLOSED: "Doing",
}
BOARD = GroupRules({step: StepTarget(stage=StageRef(title=name)) for step, name in STAGES.items()})

HISTORIES = [
    ("opened", [], IN_PROGRESS, "Review", "under review"),
    ("approved", ["approve"], IN_PROGRESS, "Tested", "approved"),
    ("merged", ["approve", "merge"], COMPLETED, "Done", "merged"),
    ("merged without approval", ["merge"], COMPLETED, "Done", "merged"),
    ("approval taken back", ["approve", "unapprove"], IN_PROGRESS, "Review", "under review"),
    ("closed", ["close"], IN_PROGRESS, "Doing", "closed"),
    ("reopened", ["close", "reopen"], IN_PROGRESS, "Review", "under review"),
    ("made a draft", ["draft"], IN_PROGRESS, "Doing", "draft"),
    ("ready again", ["draft", "ready"], IN_PROGRESS, "Review", "under review"),
    ("retargeted", ["retarget", "merge"], COMPLETED, "Done", "merged"),
    ("with a failed pipeline", ["fail", "approve"], IN_PROGRESS, "Tested", "approved"),
]


@pytest.fixture
def boarded(make_world: Callable[..., World]) -> World:
    """A portal that shows the steps as columns; the next branch can be merged into."""
    world = make_world(rules=Rules(groups={3: BOARD}))
    for title in ("Doing", "Review", "Tested"):
        world.b24.state.add_stage(3, title)
    world.gitlab.create_branch(world.shop, "next", "ann")
    return world.with_task()


@pytest.mark.deep
@pytest.mark.parametrize(
    ("acts", "status"), [(h[1], h[2]) for h in HISTORIES], ids=[h[0] for h in HISTORIES]
)
@pytest.mark.parametrize("at_once", [False, True], ids=["step by step", "at once"])
def test_a_merge_request_moves_the_status_of_its_task(
    world: World, acts: list[str], status: int, at_once: bool
) -> None:
    world.gitlab.create_branch(world.shop, "next", "ann")
    _play(world, acts, at_once=at_once)
    assert world.status() == status


@pytest.mark.parametrize(
    ("acts", "column"), [(h[1], h[3]) for h in HISTORIES], ids=[h[0] for h in HISTORIES]
)
def test_a_merge_request_moves_its_task_over_the_board(
    boarded: World, acts: list[str], column: str
) -> None:
    _play(boarded, acts)
    stage = boarded.b24.state.tasks[2103].stage_id
    assert boarded.b24.state.stages[stage].title == column


@pytest.mark.deep
@pytest.mark.parametrize(
    ("acts", "words", "card"),
    [
        pytest.param(history[1], history[4], card, id=f"{card}-{history[0]}")
        for card in ("new", "old")
        for history in (HISTORIES if card == "new" else sample(HISTORIES, 3))
    ],
)
def test_a_merge_request_has_one_card_that_is_edited_in_place(
    make_world: Callable[..., World], acts: list[str], words: str, card: str
) -> None:
    world = make_world(card=card).with_task()
    world.gitlab.create_branch(world.shop, "next", "ann")
    _play(world, acts)
    (text,) = world.cards()
    assert words in text.splitlines()[1]


def test_every_decision_says_why(world: World) -> None:
    _play(world, ["approve", "merge"])
    opened, approved, merged = world.decisions()
    assert opened.startswith("moved to “in progress”: !1 “Pay” is under review; ")
    assert approved.startswith("no rule moves the task here: !1 “Pay” is approved")
    assert merged.startswith("moved to “completed”: !1 “Pay” is merged and none is open; ")


def test_the_responsible_person_is_told_of_each_milestone_in_one_notification(
    world: World,
) -> None:
    _play(world, ["approve", "merge"])
    assert [(user, "is merged" in text) for user, text in world.told()] == [(7, True)]
    assert world.b24.writes["im.notify.system.add"] == 3


def test_the_task_is_done_when_all_of_its_merge_requests_are(world: World) -> None:
    one = world.opened("feature/B24-2103-server", "Server")
    two = world.opened("feature/B24-2103-page", "Page")
    world.work()
    world.gitlab.merge(one, "ann")
    world.work()
    assert world.status() == IN_PROGRESS
    world.gitlab.merge(two, "ann")
    world.work()
    assert world.status() == COMPLETED
    assert len(world.cards()) == 2


def test_one_merge_request_moves_all_tasks_it_names(world: World) -> None:
    world.task(2104)
    mr = world.opened(title="B24-2104: Pay")
    world.work()
    world.gitlab.merge(mr, "ann")
    world.work()
    assert (world.status(2103), world.status(2104)) == (COMPLETED, COMPLETED)


def test_a_mention_links_without_moving(world: World) -> None:
    world.task(2104)
    mr = world.opened(description="see B24-2104")
    world.gitlab.merge(mr, "ann")
    world.work()
    assert (world.status(2103), world.status(2104)) == (COMPLETED, WAITING)
    assert len(world.cards(2104)) == 1
    assert {user for user, text in world.told() if "2104" in text} == set()


def test_a_task_named_in_a_commit_is_moved_too(world: World) -> None:
    world.gitlab.push(world.shop, "feature/pay", ["Add it\n\nB24-2103"], "ann")
    mr = world.gitlab.open_mr(world.shop, "feature/pay", "Pay", "ann")
    world.work()
    assert world.status() == IN_PROGRESS
    world.gitlab.merge(mr, "ann")
    world.work()
    assert world.status() == COMPLETED


def test_a_task_whose_reference_is_removed_keeps_a_farewell_card(world: World) -> None:
    mr = world.opened("feature/pay", "B24-2103: Pay")
    world.work()
    world.tick()
    world.gitlab.update_mr(mr, "ann", title="Pay")
    world.work()
    world.gitlab.merge(mr, "ann")
    world.work()
    assert world.status() == IN_PROGRESS
    (text,) = world.cards()
    assert "no longer" in text


def test_a_deleted_branch_takes_no_link_away(world: World) -> None:
    mr = world.opened()
    world.work()
    world.gitlab.delete_branch(world.shop, mr.source_branch, "ann")
    world.work()
    world.gitlab.close(mr, "ann")
    world.work()
    assert "closed" in world.cards()[0]


def test_a_persons_own_move_is_respected(world: World) -> None:
    mr = world.opened()
    world.work()
    world.b24.state.user_moves_task(7, 2103, COMPLETED)
    world.gitlab.update_mr(mr, "ann", title="Pay more")
    world.work()
    world.gitlab.approve(mr, "bob")
    world.work()
    assert world.status() == COMPLETED
    assert "Pay more" in world.cards()[0]


def test_a_task_under_its_creators_control_awaits_it(world: World) -> None:
    world.task(2105, task_control=True, created_by=7, responsible_id=1)
    mr = world.opened("feature/B24-2105-pay")
    world.work()
    world.gitlab.merge(mr, "ann")
    world.work()
    assert world.status(2105) == CONTROL
    assert world.decisions(2105)[-1].startswith("its creator reviews the task")


def test_nobody_is_told_of_their_own_doing(world: World) -> None:
    world.b24.state.users[7].email = "bob@acme.example"
    world.b24.state.users[8].email = ""
    mr = world.opened()
    world.work()
    world.gitlab.approve(mr, "bob")
    world.work()
    assert len(world.told()) == 1
    assert "ready for review" in world.told()[0][1]


def test_a_storm_about_one_merge_request_is_one_write_of_each_kind(world: World) -> None:
    mr = world.opened()
    for number in range(20):
        world.gitlab.update_mr(mr, "ann", title=f"Pay {number}")
    world.gitlab.approve(mr, "bob")
    world.gitlab.merge(mr, "ann")
    world.work()
    assert dict(world.b24.writes) == {
        "tasks.task.complete": 1,
        "im.message.add": 1,
        "im.notify.system.add": 1,
    }


def test_what_came_of_each_delivery_is_recorded(world: World) -> None:
    mr = world.opened()
    world.gitlab.run_pipeline(mr).set_status("failed")
    world.work()
    assert world.outcomes()[:5] == [
        "task 2103 changed",
        "push to feature/B24-2103-pay: merge request !1 → tasks 2103",
        "merge request !1 → tasks 2103",
        "pipeline 1 pending: merge request !1 → tasks 2103",
        "pipeline 1 failed: merge request !1 → tasks 2103",
    ]


def _play(world: World, acts: list[str], *, at_once: bool = False) -> None:
    mr = world.opened()
    for act in acts:
        if not at_once:
            world.work()
        world.tick()
        ACTS[act](world, mr)
    world.work()


@pytest.mark.parametrize("title", ["$result[c0][task][title]", "Pay $result[0] now"])
def test_a_title_that_refers_to_another_commands_answer_stays_a_title(
    world: World, title: str
) -> None:
    world.opened(title=title)
    world.work()
    assert title in world.cards()[0].replace("\u2060", "")
    assert title in world.told()[0][1].replace("\u2060", "")
