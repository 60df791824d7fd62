"""Tasks, stages and users from every shape the portal gives them."""

from __future__ import annotations

import pytest

from sync.bitrix24.tasks import fields as tasks_fields
from sync.core.model.common import PortalUser
from sync.core.model.tasks import KanbanStage, Task, TaskStatus

V2 = {
    "id": "31", "title": "Payment gateway", "status": "3", "groupId": "9", "stageId": "44",
    "responsibleId": "7", "createdBy": "1", "accomplices": ["8", "5"], "auditors": [],
    "taskControl": "Y", "chatId": 2537, "action": {"pause": True, "start": False, "rate": True},
}  # fmt: skip
V3 = {
    "id": 31, "title": "Payment gateway", "status": "in_progress", "groupId": 9, "stageId": 44,
    "responsibleId": 7, "creatorId": 1, "accomplices": [{"id": 8}, {"id": 5}], "auditors": [],
    "needsControl": True, "chatId": 2537, "rights": {"pause": True, "start": False, "mark": True},
}  # fmt: skip
TASK = Task(
    31, "Payment gateway", TaskStatus.IN_PROGRESS, group_id=9, stage_id=44, responsible_id=7,
    creator_id=1, accomplices=(5, 8), needs_control=True, chat_id=2537,
    actions=frozenset({"pause"}),
)  # fmt: skip


@pytest.mark.parametrize("row", [V2, V3])
def test_both_versions_of_rest_tell_the_same_task(row):
    assert tasks_fields.parse_task(row) == TASK


def test_related_objects_and_missing_fields_are_understood():
    row = {
        "id": 31, "responsible": {"id": 7}, "creator": {"id": "1"}, "group": [], "chat": None,
        "accomplices": {"8": "8"}, "auditors": False, "groupId": "0", "stageId": None,
    }  # fmt: skip
    assert tasks_fields.parse_task(row) == Task(
        31, "", TaskStatus.WAITING, responsible_id=7, creator_id=1, accomplices=(8,)
    )


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": "0"}, {"title": "x"}])
def test_what_has_no_id_is_no_task(row):
    assert tasks_fields.parse_task(row) is None


@pytest.mark.parametrize("result", [[], None, True, {"task": []}, {"task": None}, "x"])
def test_an_answer_without_a_task_is_empty(result):
    assert tasks_fields.task_object(result) == {}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("1", TaskStatus.WAITING), (2, TaskStatus.WAITING), ("3", TaskStatus.IN_PROGRESS),
        (4, TaskStatus.AWAITING_CONTROL), ("5", TaskStatus.COMPLETED), (6, TaskStatus.DEFERRED),
        ("7", TaskStatus.WAITING), ("pending", TaskStatus.WAITING),
        ("supposedly_completed", TaskStatus.AWAITING_CONTROL), ("declined", TaskStatus.WAITING),
    ],
)  # fmt: skip
def test_each_status_the_portal_has(told, status):
    assert tasks_fields.parse_task({**V2, "status": told}).status is status


def test_a_view_instead_of_a_status_is_looked_through():
    assert (
        tasks_fields.parse_task({**V2, "status": "-1", "realStatus": "5"}).status
        is TaskStatus.COMPLETED
    )
    assert tasks_fields.parse_task({**V2, "status": "-1"}).status is TaskStatus.WAITING


def test_an_answer_to_a_write_changes_only_what_it_tells():
    assert (
        tasks_fields.merge_answer(TASK, {"id": "31", "status": "5"}).status is TaskStatus.COMPLETED
    )
    assert tasks_fields.merge_answer(TASK, {"id": "31"}) == TASK
    moved = tasks_fields.merge_answer(TASK, {"stageId": "45", "action": {"renew": True}})
    assert (moved.stage_id, moved.actions, moved.chat_id) == (45, frozenset({"renew"}), 2537)


def test_actions_may_come_as_a_list_or_not_at_all():
    assert tasks_fields.parse_task({**V3, "rights": ["start", "read"]}).actions == frozenset(
        {"start"}
    )
    assert tasks_fields.parse_task({**V3, "rights": None}).actions is None


def test_stages_stand_in_the_boards_order():
    rows = {
        "6": {"ID": "6", "TITLE": "Review", "SORT": "200", "SYSTEM_TYPE": None},
        "5": {"ID": "5", "TITLE": "New", "SORT": "100", "SYSTEM_TYPE": "NEW"},
    }
    expected = (KanbanStage(5, "New", "NEW", 100), KanbanStage(6, "Review", "", 200))
    assert tasks_fields.parse_stages(rows) == expected
    assert tasks_fields.parse_stages(list(rows.values())) == expected
    assert tasks_fields.parse_stages([]) == ()


def test_users_with_and_without_the_right_to_their_email():
    rows = [
        {"ID": "7", "NAME": "Anna", "LAST_NAME": "Weber", "EMAIL": " a@x.io ", "ACTIVE": True},
        {"ID": "8", "NAME": "", "LAST_NAME": None, "ACTIVE": False},
        {"ID": None},
    ]
    assert tasks_fields.parse_users(rows) == (
        PortalUser(7, "Anna Weber", "a@x.io"),
        PortalUser(8, "", None, active=False),
    )
