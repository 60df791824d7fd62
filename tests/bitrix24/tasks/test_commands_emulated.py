"""Commands and queries of tasks against an emulated portal, over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.bitrix24.install import steps as install_steps
from sync.bitrix24.rest import errors
from sync.bitrix24.tasks import queries as tasks_queries
from sync.core.model.commands import (
    LogTime,
    MoveTask,
    Notify,
    Place,
    PutMessage,
    SetFields,
    SetStage,
)
from sync.core.model.tasks import TaskStatus
from sync.errors import Refused
from tests.bitrix24.rest.test_client_emulated import KEY, PUBLIC, either, w, world

__all__ = ["either", "w"]  # fixtures


def test_fifty_tasks_cost_one_request_and_what_is_missing_is_none(either):
    for number in range(1, 50):
        either.b24.state.create_task(f"Task {number}", id=number, group_id=3, responsible_id=7)
    before = either.portal.requests
    tasks = tasks_queries.read_tasks(either.portal, range(1, 51))
    assert either.portal.requests - before == 1
    assert tasks[50] is None
    assert tasks[7].title == "Task 7"
    assert tasks[7].group_id == 3
    assert (tasks[7].chat_id is None) is (either.b24.state.card == "old")
    assert "start" in tasks[7].actions


@pytest.mark.parametrize(("v3", "requests"), [(True, 2), (False, 21)])
def test_a_thousand_tasks_cost_two_requests_where_the_portal_has_rest_three(v3, requests):
    made = world(v3=v3)
    try:
        for number in range(1, 1001):
            made.b24.state.create_task(f"T{number}", id=number, responsible_id=7, auditors=[1])
        made.portal.features = {"v3": v3}
        tasks = tasks_queries.read_tasks(made.portal, range(1, 1002))
        assert made.portal.requests == requests
        assert tasks[1001] is None
        assert sum(task is not None for task in tasks.values()) == 1000
        made.portal.features = {}
        assert tasks_queries.read_tasks(made.portal, [5])[5] == tasks[5]
    finally:
        made.b24.stop()


def test_a_portal_that_only_claims_rest_three_is_read_all_the_same():
    made = world(v3=False)
    try:
        for number in range(1, 61):
            made.b24.state.create_task(f"T{number}", id=number, responsible_id=7)
        made.portal.features = {"v3": True}
        tasks = tasks_queries.read_tasks(made.portal, range(1, 61))
        assert all(task is not None for task in tasks.values())
    finally:
        made.b24.stop()


def test_stages_in_the_boards_order_and_refused_where_hidden(w):
    stages = tasks_queries.read_stages(w.portal, 3)
    assert [(stage.title, stage.system_type) for stage in stages] == [
        ("New", "NEW"), ("In progress", "PROGRESS"), ("Done", "FINISH"),
    ]  # fmt: skip
    with pytest.raises(Refused):
        tasks_queries.read_stages(w.portal, 99)


def test_all_users_are_read_in_few_requests(w):
    for number in range(100, 260):
        w.b24.state.add_user(f"U{number}", id=number, email=f"u{number}@portal.test")
    users = tasks_queries.read_users(w.portal)
    assert len(users) == 162
    assert w.portal.requests == 2
    assert {user.email for user in users} >= {"boris@portal.test", "u259@portal.test"}


# --- writing


def test_a_task_goes_through_its_life(either):
    w, state = either, either.b24.state
    state.create_task("Fix", id=21, group_id=3, responsible_id=7, created_by=7)
    for target in (
        TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.IN_PROGRESS, TaskStatus.WAITING,
        TaskStatus.DEFERRED, TaskStatus.IN_PROGRESS, TaskStatus.AWAITING_CONTROL,
        TaskStatus.WAITING,
    ):  # fmt: skip
        done = w.carry_out(MoveTask(21, target))
        assert done.task.status is target, target
        assert tasks_queries.read_tasks(w.portal, [21])[21] == done.task
    assert w.carry_out(MoveTask(21, TaskStatus.WAITING)).note == ""


def test_a_controlled_task_stays_with_its_creator(w):
    state = w.b24.state
    state.create_task("Fix", id=21, responsible_id=7, created_by=7, task_control=True)
    done = w.carry_out(MoveTask(21, TaskStatus.COMPLETED))
    assert done.task.status is TaskStatus.AWAITING_CONTROL
    assert done.note == "its creator reviews the task: it is pending review now"


def test_a_card_is_posted_and_edited_in_either_discussion(either):
    w, state = either, either.b24.state
    state.create_task("Fix", id=21, group_id=3, responsible_id=7, created_by=7)
    posted = w.carry_out(PutMessage(Place(21), KEY, "first"))
    edited = w.carry_out(PutMessage(Place(21), KEY, "second", message_id=posted.message_id))
    assert edited.message_id == posted.message_id
    assert [message.text for message in state.discussion(21)] == ["second"]
    since = w.clock.now() - timedelta(minutes=5)
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    assert tasks_queries.find_task_message(w.portal, task, "second", since) == posted.message_id
    assert tasks_queries.find_task_message(w.portal, task, "first", since) is None
    assert (
        tasks_queries.find_task_message(w.portal, task, "second", w.clock.now() + timedelta(1))
        is None
    )


def test_a_text_of_somebody_else_is_not_taken_for_ours(either):
    w, state = either, either.b24.state
    state.create_task("Fix", id=21, responsible_id=7, auditors=[1])
    state.user_comments(7, 21, "same text")
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    since = w.clock.now() - timedelta(minutes=5)
    assert tasks_queries.find_task_message(w.portal, task, "same text", since) is None


def test_a_message_is_found_behind_three_hundred_others(w):
    state = w.b24.state
    state.create_task("Fix", id=21, responsible_id=7, auditors=[1])
    done = w.carry_out(PutMessage(Place(21), KEY, "the card"))
    for number in range(300):
        state.user_comments(7, 21, f"talk {number}")
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    since = w.clock.now() - timedelta(minutes=5)
    assert tasks_queries.find_task_message(w.portal, task, "the card", since) == done.message_id


def test_a_very_long_card_is_found_as_the_portal_cut_it(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7, auditors=[1])
    text = "ж" * 20_500
    done = w.carry_out(PutMessage(Place(21), KEY, text))
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    since = w.clock.now() - timedelta(minutes=5)
    assert tasks_queries.find_task_message(w.portal, task, text, since) == done.message_id


@pytest.mark.parametrize("user_id", [0, 7])
def test_time_that_was_logged_is_found_by_whose_how_much_and_which_commit(w, user_id):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    logged = LogTime(21, user_id, 60, "a & b (commit c0ffee00)")
    assert tasks_queries.find_time_entry(w.portal, logged) is None
    w.carry_out(logged)
    w.b24.state.user_logs_time(7, 21, 60)
    (number,) = (one.id for one in w.b24.state.elapsed.values() if one.text == logged.text)
    assert tasks_queries.find_time_entry(w.portal, logged) == number
    w.b24.state.elapsed[number].text = "a &amp; b (commit c0ffee00)"  # as some portals tell it
    assert tasks_queries.find_time_entry(w.portal, logged) == number
    for other in ({"user_id": 8}, {"seconds": 61}, {"text": "a & b (commit c0ffee01)"}):
        assert tasks_queries.find_time_entry(w.portal, replace(logged, **other)) is None


def test_a_discussion_we_are_not_in_is_refused(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7, created_by=7)
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    with pytest.raises(Refused) as refused:
        tasks_queries.find_task_message(w.portal, task, "x", w.clock.now())
    assert refused.value.code == "ACCESS_ERROR"


def test_a_card_older_than_three_days_is_closed_to_edits(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    posted = w.carry_out(PutMessage(Place(21), KEY, "first"))
    w.clock.sleep(4 * 86400)
    closed = w.carry_out(PutMessage(Place(21), KEY, "second", message_id=posted.message_id))
    assert isinstance(closed, Refused)
    assert closed.code == errors.EDIT_CLOSED


def test_columns_fields_and_notifications(w):
    state = w.b24.state
    state.create_task("Fix", id=21, group_id=3, responsible_id=7)
    list(install_steps.run_steps(w.portal, PUBLIC, "en", {"fields"}))
    column = tasks_queries.read_stages(w.portal, 3)[1].id
    assert w.carry_out(SetStage(21, column)).task.stage_id == column
    w.carry_out(SetFields(21, {"UF_CI_STATUS": "passed & ready"}))
    assert state.tasks[21].uf == {"UF_CI_STATUS": "passed & ready"}
    for text in ("opened", "merged"):
        assert w.carry_out(Notify(21, 7, text, "b24bridge|1")).note == ""
    assert [shown.text for shown in state.notifications.values()] == ["merged"]
