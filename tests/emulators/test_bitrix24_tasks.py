"""Tasks of the emulated portal: who may do what in which status, what is stored, what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.rest import Rest

ADMIN, CREATOR, WORKER, HELPER, WATCHER, MEMBER, STRANGER = 1, 2, 3, 4, 5, 6, 7


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def b24(clock: HandClock) -> Iterator[BitrixEmulator]:
    with BitrixEmulator(clock) as emulator:
        state = emulator.state
        for number in range(2, 8):
            state.add_user(f"User {number}", id=number)
        state.add_group("Site", id=3, members=[MEMBER])
        state.create_task(
            "Fix", id=2103, created_by=CREATOR, responsible_id=WORKER, accomplices=[HELPER],
            auditors=[WATCHER], group_id=3,
        )  # fmt: skip
        state.limits.on = False
        yield emulator


def actions(b24: BitrixEmulator, user_id: int) -> set[str]:
    names = {"start", "pause", "complete", "defer", "renew", "approve", "disapprove"}
    task = Rest(b24, user_id).result("tasks.task.get", taskId=2103)["task"]
    return {name for name in names if task["action"][name]}


@pytest.mark.parametrize(
    ("status", "by_creator", "by_worker"),
    [
        (2, "start complete defer", "start complete defer"),
        (3, "pause complete", "pause complete"),
        (4, "complete approve disapprove", "renew"),
        (5, "renew", "renew"),
        (6, "complete renew", "complete renew"),
    ],
)
def test_the_action_map_follows_status_and_role(b24, status, by_creator, by_worker):
    b24.state.tasks[2103].status = status
    assert actions(b24, CREATOR) == actions(b24, ADMIN) == set(by_creator.split())
    assert actions(b24, WORKER) == actions(b24, HELPER) == set(by_worker.split())
    assert actions(b24, WATCHER) == actions(b24, MEMBER) == set()


AFTER = {
    "start": 3,
    "pause": 2,
    "complete": 5,
    "defer": 6,
    "renew": 2,
    "approve": 5,
    "disapprove": 2,
}


@pytest.mark.parametrize("action", AFTER)
def test_a_status_method_works_exactly_where_the_map_says_so(b24, action):
    task, allowed_at = b24.state.tasks[2103], set()
    users = (ADMIN, CREATOR, WORKER, HELPER, WATCHER, STRANGER)
    for user_id, status in product(users, (2, 3, 4, 5, 6)):
        task.status = status
        allowed = user_id != STRANGER and action in actions(b24, user_id)
        code, body = Rest(b24, user_id)(f"tasks.task.{action}", taskId=2103)
        where = (user_id, status, body)
        if allowed:
            allowed_at.add(status)
            assert (code, task.status) == (200, AFTER[action]), where
            assert body["result"]["task"]["status"] == str(task.status), where
        else:
            assert (code, task.status) == (400, status), where
            assert body["error_description"] == "Action on the task is not allowed", where
    assert 0 < len(allowed_at) < 5


@pytest.mark.parametrize(
    ("user_id", "status"), [(CREATOR, 5), (WORKER, 4), (HELPER, 4), (ADMIN, 4)]
)
def test_completion_under_control_waits_unless_it_is_the_creators(b24, user_id, status):
    b24.state.tasks[2103].task_control = True
    Rest(b24, user_id).result("tasks.task.complete", taskId=2103)
    assert b24.state.tasks[2103].status == status


def test_a_status_written_by_update_obeys_control_too(b24):
    b24.state.tasks[2103].task_control = True
    Rest(b24, WORKER).result("tasks.task.update", taskId=2103, fields={"STATUS": 5})
    assert b24.state.tasks[2103].status == 4


@pytest.mark.parametrize(("task_id", "user_id"), [(2103, STRANGER), (99, ADMIN)])
def test_a_hidden_and_a_missing_task_are_an_empty_list(b24, task_id, user_id):
    assert Rest(b24, user_id).result("tasks.task.get", taskId=task_id) == []


def test_only_selected_fields_come_back_and_ids_are_strings(b24):
    select = ["ID", "STATUS", "GROUP_ID", "CHAT_ID"]
    task = Rest(b24).result("tasks.task.get", taskId=2103, select=select)["task"]
    chat = str(b24.state.tasks[2103].chat_id)
    assert (task["id"], task["status"], task["groupId"], task["chatId"]) == ("2103", "2", "3", chat)
    assert "title" not in task
    assert "responsibleId" not in task


def test_the_old_card_has_no_chat():
    with BitrixEmulator(HandClock(), card="old") as b24:
        b24.state.create_task("Fix", id=5)
        task = Rest(b24).result("tasks.task.get", taskId=5, select=["ID", "CHAT_ID"])["task"]
    assert "chatId" not in task


def test_titles_are_trimmed_when_stored_and_escaped_when_shown(b24):
    rest = Rest(b24)
    made = rest.result("tasks.task.add", fields={"TITLE": ' a<b & "c" ', "RESPONSIBLE_ID": 1})
    assert made["task"]["title"] == "a&lt;b &amp; &quot;c&quot;"
    assert b24.state.tasks[int(made["task"]["id"])].title == 'a<b & "c"'


def test_user_fields_exist_once_and_come_back_only_when_selected(b24):
    rest = Rest(b24)
    params = {"USER_TYPE_ID": "string", "FIELD_NAME": "CI_STATUS", "LABEL": "CI"}
    assert isinstance(rest.result("task.item.userfield.add", PARAMS=params), int)
    status, body = rest("task.item.userfield.add", PARAMS=params)
    assert (status, body["error"]) == (400, "ERROR_CORE")
    assert body["error_description"].endswith("already exists.")
    fields = {"UF_CI_STATUS": " passed ", "UF_UNKNOWN": "dropped"}
    answer = rest.result("tasks.task.update", taskId=2103, fields=fields)["task"]
    assert "ufCiStatus" not in answer
    select = ["ID", "UF_CI_STATUS", "UF_UNKNOWN"]
    task = rest.result("tasks.task.get", taskId=2103, select=select)["task"]
    assert (task["ufCiStatus"], "ufUnknown" in task) == ("passed", False)


def test_a_user_field_is_made_by_administrators_only(b24):
    params = {"USER_TYPE_ID": "string", "FIELD_NAME": "CI"}
    assert Rest(b24, WORKER).error("task.item.userfield.add", PARAMS=params)[0] == 400
    assert b24.state.user_fields == {}


def test_history_says_who_changed_what(b24):
    b24.state.user_moves_task(WORKER, 2103, 3)
    rows = Rest(b24).result("tasks.task.history.list", taskId=2103, filter={"FIELD": "STATUS"})
    values = [(row["field"], row["value"], row["user"]["id"]) for row in rows["list"]]
    assert values == [("STATUS", {"from": "2", "to": "3"}, WORKER)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"ID": 2103}, [2103]),
        ({"ID": [2103, 11]}, [11, 2103]),
        ({"!ID": 2103}, [11, 12]),
        ({"STATUS": 5}, [12]),
        ({"!REAL_STATUS": 5}, [11, 2103]),
        ({"GROUP_ID": 3}, [2103]),
        ({"%TITLE": "ST"}, [11]),
        ({">=CHANGED_DATE": "2026-01-05T11:30:00+02:00"}, [12]),
        ({">=CHANGED_DATE": "2026-01-05T11:30:00"}, [12]),
        ({"ACCOMPLICE": HELPER}, [2103]),
        ({"TAG": "a"}, [11]),
    ],
)
def test_lists_are_filtered(b24, clock, wanted, found):
    b24.state.create_task("First", id=11, tags=["a"])
    clock.advance(3600)
    b24.state.create_task("Other", id=12, status=5)
    order = {"ID": "asc"}
    tasks = Rest(b24).result("tasks.task.list", filter=wanted, order=order, select=["ID"])["tasks"]
    assert [int(task["id"]) for task in tasks] == found


def test_lists_come_in_pages_of_fifty_and_do_not_count_from_minus_one(b24):
    for number in range(60):
        b24.state.create_task(f"Task {number}")
    rest = Rest(b24)
    first = rest("tasks.task.list", select=["ID"])[1]
    last = rest("tasks.task.list", select=["ID"], start=50)[1]
    assert (len(first["result"]["tasks"]), first["total"], first["next"]) == (50, 61, 50)
    assert (len(last["result"]["tasks"]), "next" in last) == (11, False)
    assert rest("tasks.task.list", select=["ID"], start=-1)[1]["total"] == 0


def test_lists_hold_what_the_caller_may_read(b24):
    b24.state.create_task("Secret", id=11)
    tasks = Rest(b24, MEMBER).result("tasks.task.list", select=["ID"])["tasks"]
    assert [task["id"] for task in tasks] == ["2103"]


@pytest.mark.parametrize(
    ("user_id", "group", "answer"),
    [
        (WORKER, 3, (200, None)),
        (MEMBER, 3, (400, "ACCESS_DENIED_MOVE")),
        (STRANGER, 3, (400, "TASK_NOT_FOUND")),
        (WORKER, 4, (400, "NOT_FOUND")),
    ],
)
def test_a_card_moves_only_to_a_column_of_its_own_group(b24, user_id, group, answer):
    b24.state.add_group("Other", id=4)
    stage = b24.state.stages_of(group)[1]
    status, body = Rest(b24, user_id)("task.stages.movetask", id=2103, stageId=stage.id)
    assert (status, body.get("error")) == answer
    assert b24.state.tasks[2103].stage_id == (stage.id if answer[0] == 200 else 0)
    assert b24.state.tasks[2103].status == 2


def test_columns_are_shown_to_members_and_to_administrators_who_say_so(b24):
    b24.state.add_group("Other", id=4, owner_id=CREATOR)
    assert Rest(b24, MEMBER).error("task.stages.get", entityId=4) == (400, "ACCESS_DENIED")
    assert Rest(b24, ADMIN).error("task.stages.get", entityId=4) == (400, "ACCESS_DENIED")
    shown = Rest(b24, ADMIN).result("task.stages.get", entityId=4, isAdmin="Y")
    titles = [(row["TITLE"], row["SYSTEM_TYPE"]) for row in shown.values()]
    assert titles == [("New", "NEW"), ("In progress", "PROGRESS"), ("Done", "FINISH")]


def test_deletion_is_for_those_who_edit(b24):
    assert Rest(b24, WORKER).error("tasks.task.delete", taskId=2103) == (400, "1048582")
    assert Rest(b24, CREATOR).result("tasks.task.delete", taskId=2103) == {"task": True}
    assert Rest(b24, ADMIN).result("tasks.task.get", taskId=2103) == []


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"RESPONSIBLE_ID": 3}, "Task title is not specified<br>"),
        ({"TITLE": " ", "RESPONSIBLE_ID": 3}, "Task title is not specified<br>"),
        ({"TITLE": "New"}, "The responsible person is not specified<br>"),
        (
            {"TITLE": "New", "RESPONSIBLE_ID": 99},
            "The user specified as the responsible person was not found<br>",
        ),
        ({"TITLE": "New", "RESPONSIBLE_ID": 3, "GROUP_ID": 99}, "The project was not found<br>"),
        ({"TITLE": "New", "RESPONSIBLE_ID": 3, "COLOUR": 1}, "Unknown field COLOUR<br>"),
    ],
)
def test_a_new_task_needs_a_title_and_people_and_places_that_are_there(b24, fields, error):
    status, body = Rest(b24)("tasks.task.add", fields=fields)
    assert (status, body["error_description"]) == (400, error)
    assert list(b24.state.tasks) == [2103]


def test_a_task_that_changes_its_workgroup_leaves_its_column(b24):
    b24.state.add_group("Other", id=4)
    own, other = (b24.state.stages_of(group)[1].id for group in (3, 4))
    rest = Rest(b24, CREATOR)
    rest.result("tasks.task.update", taskId=2103, fields={"STAGE_ID": own})
    foreign = rest("tasks.task.update", taskId=2103, fields={"STAGE_ID": other})
    assert (foreign[0], foreign[1]["error_description"]) == (400, "The stage was not found<br>")
    rest.result("tasks.task.update", taskId=2103, fields={"GROUP_ID": 4})
    assert (b24.state.tasks[2103].group_id, b24.state.tasks[2103].stage_id) == (4, 0)
