"""Decisions about one task: histories of views and what each round of them writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.merge_requests.plan import plan_review_notifications
from sync.core.model.commands import MoveTask, Notify, Place, PutMessage, SetStage
from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.core.model.plans import NOTHING, Records
from sync.core.model.tasks import LinkKind, Step
from sync.core.model.tasks import TaskStatus as Status
from sync.core.plan import LinkView, plan_task
from sync.core.rules.portal import DEFAULT_RULES, GroupRules, Rules, StageRef, StepTarget
from tests.core.factories import ANN, BOB, NOW, SHOP, STAGES, link, mr, task, view
from tests.core.world import World

STAGED = Rules(
    groups={
        3: GroupRules(
            {
                Step.DEVELOPMENT: StepTarget(Status.IN_PROGRESS, StageRef(id=11)),
                Step.REVIEW: StepTarget(Status.IN_PROGRESS, StageRef(system_type="review")),
                Step.APPROVED: StepTarget(None, StageRef(title=" review ")),
                Step.MERGED: StepTarget(Status.COMPLETED, StageRef(title="DONE")),
                Step.CLOSED: StepTarget(None, StageRef(title="Rejected")),
            },
            frozenset(),
        )
    }
)


CARD = "message:task:2103:merge_request:1/7:12"


def to(state: str, **values: Any):
    """The link's merge request comes into another state."""
    return lambda known: replace(known, merge_request=mr(state, known.merge_request.iid, **values))


def test_a_first_merge_request_moves_shows_and_tells() -> None:
    plan = plan_task(view(link()), DEFAULT_RULES, NOW)
    key = MergeRequestKey(1, 7, 12)
    status, card, notification = plan.commands
    assert (status.key, status.command) == ("status", MoveTask(2103, Status.IN_PROGRESS))
    assert status.reason == "moved to “in progress”: !12 “Payment gateway” is under review"
    assert status.records == Records(step=Step.REVIEW)
    assert card.key == "message:task:2103:merge_request:1/7:12"
    assert isinstance(card.command, PutMessage)
    assert (card.command.place, card.command.message_id) == (Place(2103), None)
    assert card.command.subject_key == "merge_request:1/7:12"
    assert (card.reason, card.records) == ("card for !12 “Payment gateway”", NOTHING)
    assert notification.key == "review:1/7!12:opened:5"
    assert isinstance(notification.command, Notify)
    assert (notification.command.user_id, notification.command.tag) == (5, "b24bridge:2103:1/7!12")
    assert notification.reason == "told the responsible person: !12 “Payment gateway”"
    assert notification.records == Records(review_event=(key, ReviewEvent.OPENED))
    assert (plan.step, plan.records) == (Step.REVIEW, (notification.records,))
    assert (plan.needs, plan.problems) == (frozenset(), ())
    assert plan.decision == "; ".join(command.reason for command in plan.commands)


def test_what_people_may_still_be_told_is_recorded_as_reached() -> None:
    """Told as reopened, recorded as approved."""
    stored = link("approved", review_event=ReviewEvent.CLOSED)
    rules = Rules(default=GroupRules(notify=frozenset(ReviewEvent)))
    (notification,) = plan_review_notifications(view(stored), rules).commands
    assert notification.key == "review:1/7!12:reopened:5"
    event = (MergeRequestKey(1, 7, 12), ReviewEvent.APPROVED)
    assert notification.records == Records(review_event=event)


def test_reasons_are_told_in_the_portals_language() -> None:
    plan = plan_task(view(link("merged")), replace(DEFAULT_RULES, language="ru"), NOW)
    assert [command.reason for command in plan.commands] == [
        "переведена в статус «завершена»: !12 «Payment gateway» слит, открытых нет",
        "карточка для !12 «Payment gateway»",
        "сообщено ответственному: !12 «Payment gateway»",
    ]


# Each row: what is true before, then the states of !12 (and !13) round by round → what is written.
HISTORIES: dict[str, tuple[list[str], list[str]]] = {
    "from opened to merged": (
        ["open", "approved", "merged"],
        ["in_progress, card !12, opened to 5", "edit !12, approved to 5",
         "completed, edit !12, merged to 5"],
    ),
    "the same thing heard twice": (["open", "open"], ["in_progress, card !12, opened to 5", ""]),
    "a draft is shown, not told": (
        ["draft", "open"], ["in_progress, card !12", "edit !12, opened to 5"],
    ),
    "approval withdrawn and given again": (
        ["approved", "open", "approved"],
        ["in_progress, card !12, approved to 5", "edit !12", "edit !12, approved to 5"],
    ),
    "first heard of when merged": (["merged"], ["completed, card !12, merged to 5"]),
    "closed unmerged": (
        ["open", "closed"], ["in_progress, card !12, opened to 5", "edit !12, closed to 5"],
    ),
    "reopened after closing": (
        ["closed", "open"], ["in_progress, card !12, closed to 5", "edit !12"],
    ),
    "reopened after merging moves the task back": (
        ["merged", "open"], ["completed, card !12, merged to 5", "in_progress, edit !12"],
    ),
    "being merged is still open": (
        ["approved", "locked", "merged"],
        ["in_progress, card !12, approved to 5", "edit !12", "completed, edit !12, merged to 5"],
    ),
    "two merge requests: the last merge completes": (
        ["open open", "merged open", "merged merged"],
        ["in_progress, card !12, card !13, opened to 5, opened to 5", "edit !12, merged to 5",
         "completed, edit !13, merged to 5"],
    ),
    "two merge requests: one merged, one given up": (
        ["merged open", "merged closed"],
        ["in_progress, card !12, card !13, merged to 5, opened to 5",
         "completed, edit !13, closed to 5"],
    ),
    "both closed unmerged": (
        ["closed closed"], ["in_progress, card !12, card !13, closed to 5, closed to 5"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rounds", "written"), HISTORIES.values(), ids=HISTORIES)
def test_a_history_of_merge_requests(rounds: list[str], written: list[str]) -> None:
    world = World(view(*(link("open", 12 + n) for n, _ in enumerate(rounds[0].split()))))
    for states in rounds:
        for number, state in enumerate(states.split()):
            world.link(number, to(state))
        world.round()
    assert world.log == written


def test_a_persons_move_is_left_alone_until_the_step_changes() -> None:
    world = World(view(link()))
    world.round()
    world.view = replace(world.view, task=task(status=Status.DEFERRED))
    assert world.round() == ""
    world.link(0, to("merged"))
    assert world.round() == "completed, edit !12, merged to 5"


def test_a_task_finished_by_hand_is_not_reopened_by_an_approval() -> None:
    world = World(view(link()))
    world.round()
    world.view = replace(world.view, task=task(status=Status.COMPLETED))
    world.link(0, to("approved"))
    assert world.round() == "edit !12, approved to 5"
    assert world.view.step is Step.APPROVED


def test_a_task_already_there_is_not_moved_but_its_step_is_recorded() -> None:
    world = World(view(link(), task=task(status=Status.IN_PROGRESS, responsible_id=0)))
    assert world.round() == "card !12"
    assert world.plan.decision.startswith(
        "already where it belongs: !12 “Payment gateway” is under review; "
    )
    assert world.view.step is Step.REVIEW


def test_what_was_before_the_connection_is_counted_only() -> None:
    world = World(view(link("merged", silent=True), task=None, fresh=False))
    assert world.round() == ""
    assert (world.view.step, world.view.links[0].review_event) == (Step.MERGED, ReviewEvent.MERGED)
    assert world.plan.decision == (
        "noted without moving the task (known from before the connection): "
        "!12 “Payment gateway” is merged and none is open"
    )


def test_a_known_merge_request_acts_from_the_first_thing_heard_of_it() -> None:
    world = World(view(link("open", silent=True)))
    world.round()
    world.link(0, lambda known: replace(to("merged")(known), silent=False))
    assert world.round() == "completed, card !12, merged to 5"


def test_an_old_open_merge_request_does_not_move_a_task_that_is_done() -> None:
    world = World(view(link("merged", 12)))
    world.round()
    world.view = replace(world.view, links=(*world.view.links, link("open", 13, silent=True)))
    assert world.round() == ""
    assert world.view.step is Step.REVIEW


def test_a_mention_has_a_card_and_nothing_else() -> None:
    world = World(view(link(kind=LinkKind.MENTION), fresh=False))
    assert world.round() == "card !12"
    assert world.view.step is None
    world.link(0, to("merged"))
    assert world.round() == "edit !12"


def test_a_mention_beside_a_moving_one_does_not_count() -> None:
    world = World(view(link("open", 12, kind=LinkKind.MENTION), link("merged", 13)))
    assert world.round() == "completed, card !12, card !13, merged to 5"


def test_a_removed_reference_edits_its_card_and_moves_nothing() -> None:
    world = World(view(link()))
    world.round()
    world.link(0, lambda known: replace(known, live=False))
    assert world.round() == "edit !12"
    assert world.view.sent_message("merge_request:1/7:12").text.endswith(
        "no longer names this task."
    )
    assert world.view.step is None
    assert world.plan.decision == (
        "no merge request moves this task any more; "
        "card edited: !12 “Payment gateway” no longer names this task"
    )
    assert world.round() == ""
    world.link(0, lambda known: replace(known, live=True))
    world.view = replace(world.view, task=task(status=Status.DEFERRED))
    assert world.round() == "in_progress, edit !12"


def test_a_removed_reference_counts_no_more() -> None:
    world = World(view(link("merged", 12), link("open", 13)))
    world.round()
    world.link(1, lambda known: replace(known, live=False))
    assert world.round() == "completed, edit !13"


@pytest.mark.parametrize("known", [link(live=False), link(live=False, silent=True)])
def test_a_removed_reference_without_a_card_says_nothing(known: LinkView) -> None:
    plan = plan_task(view(known, task=None), DEFAULT_RULES, NOW)
    assert (plan.commands, plan.needs, plan.decision) == ((), frozenset(), "nothing to do")


def test_an_old_card_of_a_removed_reference_is_left() -> None:
    world = World(view(link()))
    world.round()
    world.wait(hours=72)
    world.link(0, lambda known: replace(known, live=False))
    assert world.round() == ""


def test_a_card_is_edited_to_the_end_of_the_window_and_then_written_anew() -> None:
    world = World(view(link()))
    world.round()
    world.wait(hours=70, minutes=59)
    world.link(0, to("approved"))
    assert world.round() == "edit !12, approved to 5"
    world.wait(minutes=1)
    world.link(0, to("merged"))
    assert world.round() == "completed, card !12, merged to 5"
    assert world.plan.commands[1].reason == (
        "new card: !12 “Payment gateway” changed and the old card can no longer be edited"
    )


RUNNING = Pipeline(SHOP, 5, PipelineStatus.RUNNING, "x", "y", "https://gitlab.test/p/5", NOW)
OLD_CARDS = [
    ("a pipeline", {"pipeline": RUNNING}, ""),
    ("a branch", {"source_branch": "other"}, ""),
    ("a title", {"title": "Other"}, "card !12"),
    ("an approval", {"approved_by": (BOB,)}, "card !12"),
    ("draft", {"draft": True}, "card !12"),
]


@pytest.mark.parametrize(("change", "written"), [row[1:] for row in OLD_CARDS],
                         ids=[row[0] for row in OLD_CARDS])  # fmt: skip
def test_an_old_card_is_replaced_only_for_what_is_worth_telling(
    change: dict[str, Any], written: str
) -> None:
    world = World(view(link()))
    world.round()
    world.wait(days=4)
    world.link(0, to("open", **change))
    assert world.round() == written


def test_another_language_or_people_do_not_replace_old_cards() -> None:
    world = World(view(link(mr_values={"approved_by": (BOB,)})))
    world.round()
    world.wait(days=4)
    world.rules = replace(DEFAULT_RULES, language="ru")
    world.view = replace(world.view, users={1: {1: 5, 2: 6}})
    assert world.round() == ""


TOLD = [
    ("the responsible did it", {"users": {1: {1: 5}}}, DEFAULT_RULES, "in_progress, card !12"),
    ("somebody else did it", {"users": {1: {1: 6}}}, DEFAULT_RULES,
     "in_progress, card !12, opened to 5"),
    ("the same id on another host did it", {"users": {2: {1: 5}}}, DEFAULT_RULES,
     "in_progress, card !12, opened to 5"),
    ("nobody is responsible", {"task": task(responsible_id=0)}, DEFAULT_RULES,
     "in_progress, card !12"),
    ("the group is not told of it", {"task": task(group_id=3)},
     Rules(groups={3: GroupRules(notify=frozenset({ReviewEvent.MERGED}))}),
     "in_progress, card !12"),
    ("another group is", {"task": task(group_id=4)},
     Rules(groups={3: GroupRules(notify=frozenset())}), "in_progress, card !12, opened to 5"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "rules", "written"), [row[1:] for row in TOLD],
                         ids=[row[0] for row in TOLD])  # fmt: skip
def test_who_is_told(values: dict[str, Any], rules: Rules, written: str) -> None:
    assert World(view(link(), **values), rules).round() == written


def test_an_unknown_actor_is_left_out() -> None:
    plan = plan_task(view(link(mr_values={"actor": None})), DEFAULT_RULES, NOW)
    assert plan.commands[2].command.text.endswith("is ready for review")


def test_the_actors_own_doing_is_recorded_so_it_is_not_told_later() -> None:
    world = World(view(link(), users={1: {ANN.id: 5}}))
    world.round()
    world.view = replace(world.view, users={})
    assert world.view.links[0].review_event is ReviewEvent.OPENED
    assert "opened" not in world.round()


def grouped(*links: LinkView, **values: Any):
    return view(*links, **{"task": task(group_id=3, stage_id=10, responsible_id=0), **values})


def test_status_and_stage_follow_the_steps_of_the_workgroup() -> None:
    world = World(grouped(link("draft")), STAGED)
    for state in ("draft", "open", "approved", "merged"):
        world.link(0, to(state))
        world.round()
    assert world.log == [
        "in_progress, stage 11, card !12",
        "stage 12, edit !12",
        "edit !12",
        "completed, stage 13, edit !12",
    ]


def test_a_column_for_approved_reopens_no_task_that_a_person_ended() -> None:
    group = STAGED.groups[3]
    approved = StepTarget(Status.IN_PROGRESS, StageRef(id=11))
    rules = Rules(groups={3: replace(group, steps={**group.steps, Step.APPROVED: approved})})
    world = World(grouped(link()), rules)
    world.round()
    world.view = replace(world.view, task=replace(world.view.task, status=Status.COMPLETED))
    world.link(0, to("approved"))
    world.round()
    world.link(0, to("open"))
    assert world.round() == "edit !12"
    world.link(0, to("merged"))
    world.round()
    assert world.log[1:] == ["edit !12", "edit !12", "stage 13, edit !12"]


def test_an_unknown_stage_is_said_and_the_step_is_recorded() -> None:
    plan = plan_task(grouped(link("closed")), STAGED, NOW)
    problem = (
        "workgroup 3 has no column “Rejected”: the task stays in its column; "
        "correct the column in the settings"
    )
    assert (plan.problems, plan.step) == ((problem,), Step.CLOSED)
    assert [command.key for command in plan.commands] == [CARD]
    assert plan.decision == f"{problem}; card for !12 “Payment gateway”"


def test_the_portals_zero_means_the_first_stage() -> None:
    rules = Rules(groups={3: GroupRules({Step.REVIEW: StepTarget(None, StageRef(title="New"))})})
    found = plan_task(grouped(link(), task=task(group_id=3, stage_id=0)), rules, NOW)
    assert "stage" not in [command.key for command in found.commands]


def test_a_stage_chosen_by_id_is_told_by_its_title() -> None:
    assert plan_task(grouped(link("draft"), stages=None), STAGED, NOW).needs == {"stages"}
    plan = plan_task(grouped(link("draft")), STAGED, NOW)
    (stage,) = [command for command in plan.commands if command.key == "stage"]
    assert stage.reason.startswith("placed into the column “Doing”: ")


def test_a_stage_by_id_is_taken_as_it_is_where_the_board_may_not_be_seen() -> None:
    plan = plan_task(grouped(link("draft"), stages=()), STAGED, NOW)
    (stage,) = [command for command in plan.commands if command.key == "stage"]
    assert stage.command == SetStage(2103, 11)
    assert stage.records == Records(step=Step.DEVELOPMENT)


def test_a_task_of_no_workgroup_has_no_stage() -> None:
    rules = Rules(default=STAGED.groups[3])
    plan = plan_task(view(link(), stages=None), rules, NOW)
    assert [command.key for command in plan.commands] == ["status", CARD]
    assert plan.decision.startswith("the task is in no workgroup, so it has no column “review”; ")
    assert plan.problems == ()


NEEDS = [
    ("a move of an unread task", view(link(), task=None), DEFAULT_RULES, {"task"}),
    ("a move of a stale task", view(link(), fresh=False), DEFAULT_RULES, {"task"}),
    ("a card of an unread task", view(link(kind=LinkKind.MENTION), task=None), DEFAULT_RULES,
     {"task"}),
    ("a stage by type", grouped(link(), stages=None), STAGED, {"stages"}),
    ("nothing for a mention of a stale task", view(link(kind=LinkKind.MENTION), fresh=False),
     DEFAULT_RULES, set()),
    ("nothing without links", view(task=None), DEFAULT_RULES, set()),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "rules", "needs"), [row[1:] for row in NEEDS],
                         ids=[row[0] for row in NEEDS])  # fmt: skip
def test_what_must_be_read_before_deciding(seen: Any, rules: Rules, needs: set[str]) -> None:
    plan = plan_task(seen, rules, NOW)
    assert plan.needs == needs
    if needs:
        assert (plan.commands, plan.step, plan.records) == ((), seen.step, ())
        assert plan.decision == f"must be read first: {', '.join(sorted(needs))}"


def test_a_task_its_creator_controls_ends_awaiting_control() -> None:
    world = World(view(link("merged"), task=task(needs_control=True, responsible_id=0)))
    assert world.round() == "completed, card !12"
    assert world.plan.commands[0].reason == (
        "completed, which for this task means pending its creator's review: "
        "!12 “Payment gateway” is merged and none is open"
    )
    assert world.view.task.status is Status.AWAITING_CONTROL
    world.view = replace(world.view, step=None)
    assert world.round() == ""


def test_a_step_without_a_target_moves_nothing() -> None:
    rules = Rules(default=GroupRules({}, frozenset()))
    world = World(view(link(), stages=STAGES), rules)
    assert world.round() == "card !12"
    assert world.plan.decision.startswith("no rule moves the task here: ")


def test_the_reason_names_the_merge_request_that_changed_last() -> None:
    earlier = link("merged", 30, mr_values={"updated_at": NOW, "title": "Earlier"})
    later = link("merged", 3, mr_values={"title": "Later"})
    plan = plan_task(view(earlier, later), DEFAULT_RULES, NOW)
    assert plan.commands[0].reason.startswith("moved to “completed”: !3 “Later”")
