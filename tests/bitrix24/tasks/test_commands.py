"""Effects as calls, and answers as what was done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.bitrix24.rest.client import Answer, Call
from sync.bitrix24.tasks.commands import calls_for
from sync.bitrix24.tasks.outcomes import read_outcome
from sync.bitrix24.tasks.transitions import METHOD_PATHS, STAYS_IN_CONTROL, CommandResult
from sync.core.model.commands import (
    LogTime,
    MoveTask,
    Notify,
    Place,
    PutMessage,
    SetFields,
    SetStage,
    decode,
    encode,
)
from sync.core.model.tasks import Task, TaskStatus
from sync.errors import Later, Refused

W, P, A, C, D = (
    TaskStatus.WAITING, TaskStatus.IN_PROGRESS, TaskStatus.AWAITING_CONTROL,
    TaskStatus.COMPLETED, TaskStatus.DEFERRED,
)  # fmt: skip
CODE = {W: 2, P: 3, A: 4, C: 5, D: 6}
TASK = Task(31, "Payment gateway", W, stage_id=4, chat_id=2537)
KEY = "merge_request:1/2:3"
HERE = Place(31)


def move(target):
    return MoveTask(31, target)


def steps(task, target):
    """The methods by their last word; the field write as its new status."""
    return [
        call.method.rpartition(".")[2]
        if call.method != "tasks.task.update"
        else call.params["fields"]["STATUS"]
        for call in calls_for(move(target), task)
    ]


def test_every_change_of_status_has_a_way():
    pairs = {(one, other) for one in TaskStatus for other in TaskStatus if one is not other}
    assert set(METHOD_PATHS) == pairs


@pytest.mark.parametrize("status", list(TaskStatus))
def test_a_task_that_is_there_already_is_left_alone(status):
    assert steps(replace(TASK, status=status), status) == []


@pytest.mark.parametrize(
    ("status", "target", "actions", "expected"),
    [
        (W, P, None, ["start"]),
        (W, C, None, ["complete"]),
        (W, D, None, ["defer"]),
        (P, W, None, ["pause"]),
        (P, C, {"complete"}, ["complete"]),
        (C, P, {"renew"}, ["renew", "start"]),
        (C, W, {"renew"}, ["renew"]),
        (D, P, {"start", "renew"}, ["start"]),
        (D, P, {"renew"}, ["renew", "start"]),
        (A, W, {"disapprove", "renew"}, ["disapprove"]),
        (A, P, {"renew"}, ["renew", "start"]),
        (A, C, {"approve"}, ["approve"]),
        # what the task's own actions forbid is tried by the field
        (W, P, set(), [3]),
        (P, C, {"pause"}, [5]),
        (C, P, set(), [3]),
        # but never past the creator
        (A, C, set(), []),
        (A, C, {"renew"}, []),
        # pending review without control is only a status
        (P, A, {"complete"}, [4]),
    ],
)
def test_the_way_follows_the_tasks_own_actions(status, target, actions, expected):
    allowed = None if actions is None else frozenset(actions)
    assert steps(replace(TASK, status=status, actions=allowed), target) == expected


@pytest.mark.parametrize(("status", "way"), [(P, ["complete"]), (C, ["renew", "complete"])])
def test_completing_a_controlled_task_puts_it_under_control(status, way):
    assert steps(replace(TASK, status=status, needs_control=True), A) == way


@pytest.mark.parametrize(
    ("effect", "task", "call"),
    [
        (
            SetStage(31, 5), TASK,
            Call("task.stages.movetask", {"id": 31, "stageId": 5}),
        ),
        (
            SetFields(31, {"UF_CI_STATUS": "passed"}), TASK,
            Call("tasks.task.update", {"taskId": 31, "fields": {"UF_CI_STATUS": "passed"}}),
        ),
        (
            PutMessage(HERE, KEY, "[b]x[/b]"), TASK,
            Call("im.message.add", {
                "DIALOG_ID": "chat2537", "MESSAGE": "[b]x[/b]", "URL_PREVIEW": "N"}),
        ),
        (
            PutMessage(HERE, KEY, "x", message_id=90), TASK,
            Call("im.message.update", {"MESSAGE_ID": 90, "MESSAGE": "x", "URL_PREVIEW": "N"}),
        ),
        (
            PutMessage(HERE, KEY, "x"), replace(TASK, chat_id=None),
            Call("task.commentitem.add", {"TASKID": 31, "FIELDS": {"POST_MESSAGE": "x"}}),
        ),
        (
            PutMessage(HERE, KEY, "x", message_id=90), replace(TASK, chat_id=None),
            Call("task.commentitem.update", {
                "TASKID": 31, "ITEMID": 90, "FIELDS": {"POST_MESSAGE": "x"}}),
        ),
        (
            Notify(31, 7, "merged", "b24bridge|31"), TASK,
            Call("im.notify.system.add", {
                "USER_ID": 7, "MESSAGE": "merged", "TAG": "b24bridge|31"}),
        ),
    ],
)  # fmt: skip
def test_each_other_effect_is_one_call(effect, task, call):
    assert calls_for(effect, task) == [call]
    assert list(calls_for(effect, task)[0].params) == list(call.params)  # positional methods


def test_somebody_outside_the_task_becomes_its_observer_before_writing():
    effect = PutMessage(HERE, KEY, "x")
    join, add = calls_for(effect, TASK, 99)
    assert join == Call("tasks.task.startwatch", {"taskId": 31})
    assert add.method == "im.message.add"


@pytest.mark.parametrize(
    ("effect", "task", "user_id"),
    [
        (PutMessage(HERE, KEY, "x"), replace(TASK, creator_id=99), 99),
        (PutMessage(HERE, KEY, "x"), replace(TASK, responsible_id=99), 99),
        (PutMessage(HERE, KEY, "x"), replace(TASK, accomplices=(99,)), 99),
        (PutMessage(HERE, KEY, "x"), replace(TASK, auditors=(99,)), 99),
        (PutMessage(HERE, KEY, "x"), replace(TASK, chat_id=None), 99),
        (PutMessage(HERE, KEY, "x", message_id=90), TASK, 99),
        (PutMessage(HERE, KEY, "x"), TASK, 0),
    ],
)
def test_a_member_of_the_task_just_writes(effect, task, user_id):
    assert len(calls_for(effect, task, user_id)) == 1


def test_the_new_observer_is_remembered_with_the_task():
    answers = [told(W, auditors=["99"]), Answer(34239)]
    done = read_outcome(PutMessage(HERE, KEY, "x"), answers, TASK)
    assert done == CommandResult(message_id=34239, task=replace(TASK, auditors=(99,)))


def test_a_message_counts_even_where_the_portal_knows_no_observers():
    answers = [Refused("no such method"), Answer(34239)]
    assert read_outcome(PutMessage(HERE, KEY, "x"), answers, TASK) == CommandResult(
        message_id=34239
    )


def test_a_chat_that_does_not_know_its_new_observer_yet_is_tried_again():
    refused = Refused("no access", code="ACCESS_ERROR")
    effect = PutMessage(HERE, KEY, "x")
    later = read_outcome(effect, [told(W, auditors=["99"]), refused], TASK)
    assert isinstance(later, Later)
    assert later.after == 15.0
    assert not later.sent
    for answers in ([refused], [Refused("not allowed"), refused]):
        outsider = read_outcome(effect, answers, TASK)
        assert isinstance(outsider, Refused)
        assert (outsider.message, outsider.code) == (
            "Nothing can be said in the discussion of the task 31", refused.code,
        )  # fmt: skip


def test_a_task_in_its_column_is_not_moved():
    assert calls_for(SetStage(31, 4), TASK) == []


def told(status, **more):
    return Answer({"task": {"id": "31", "status": str(CODE[status]), **more}})


def test_the_answer_to_a_move_tells_the_new_task():
    done = read_outcome(move(P), [told(P, action={"pause": True})], TASK)
    assert done == CommandResult(task=replace(TASK, status=P, actions=frozenset({"pause"})))


def test_a_task_that_needs_control_is_reported_as_awaiting_it():
    done = read_outcome(move(C), [told(A)], TASK)
    assert done.task.status is A
    assert done.note == "its creator reviews the task: it is pending review now"


def test_a_task_left_to_its_creator_says_so():
    waiting = replace(TASK, status=A, actions=frozenset())
    assert read_outcome(move(C), [], waiting) == CommandResult(task=waiting, note=STAYS_IN_CONTROL)


def test_a_task_that_was_there_already_is_done():
    assert read_outcome(move(W), [], TASK) == CommandResult(task=TASK)


@pytest.mark.parametrize("result", [True, [], {"task": True}])
def test_an_answer_that_tells_no_task_is_taken_at_its_word(result):
    assert read_outcome(move(P), [Answer(result)], TASK).task.status is P


def test_a_status_nobody_asked_for_is_noted():
    done = read_outcome(move(P), [told(W)], TASK)
    assert (done.task.status, done.note) == (W, "the portal left the task in the status waiting")


def test_the_first_error_of_several_calls_counts():
    first, second = Refused("not renewed"), Refused("not started")
    assert read_outcome(move(P), [first, second], replace(TASK, status=C)) is first
    assert read_outcome(move(P), [told(W), second], replace(TASK, status=C)) is second


def test_a_placed_task_knows_its_column():
    assert read_outcome(SetStage(31, 5), [Answer(True)], TASK).task.stage_id == 5
    assert read_outcome(SetStage(31, 4), [], TASK) == CommandResult(task=TASK)
    assert isinstance(read_outcome(SetStage(31, 5), [Answer(False)], TASK), Refused)


@pytest.mark.parametrize(
    ("message_id", "result", "expected"),
    [(None, 34239, 34239), (None, "34239", 34239), (90, True, 90), (90, None, 90)],
)
def test_a_card_knows_its_message(message_id, result, expected):
    effect = PutMessage(HERE, KEY, "x", message_id=message_id)
    assert read_outcome(effect, [Answer(result)], TASK) == CommandResult(message_id=expected)


@pytest.mark.parametrize(
    ("message_id", "result"), [(None, False), (None, True), (None, None), (90, False)]
)
def test_a_card_that_was_not_saved_is_refused(message_id, result):
    effect = PutMessage(HERE, KEY, "x", message_id=message_id)
    assert isinstance(read_outcome(effect, [Answer(result)], TASK), Refused)


def test_fields_and_notifications():
    assert read_outcome(SetFields(31, {}), [told(P)], TASK).task.status is P
    assert read_outcome(SetFields(31, {}), [Answer(True)], TASK) == CommandResult()
    assert read_outcome(Notify(31, 7, "x", "t"), [Answer(12)], TASK) == CommandResult()
    assert read_outcome(Notify(31, 7, "x", "t"), [Answer(False)], TASK).note == (
        "the portal did not keep the notification"
    )


POST = PutMessage(Place(dialog="sg3"), "push:1/7:a", "Ann pushed")


def test_a_post_goes_to_its_dialog_and_an_edit_to_its_message():
    said = {"MESSAGE": "Ann pushed", "URL_PREVIEW": "N"}
    assert calls_for(POST, None) == [Call("im.message.add", {"DIALOG_ID": "sg3", **said})]
    edit = replace(POST, message_id=9)
    assert calls_for(edit, None) == [Call("im.message.update", {"MESSAGE_ID": 9, **said})]


@pytest.mark.parametrize("code", ["ACCESS_ERROR", "ACCESS_DENIED"])
def test_a_chat_that_is_closed_to_us_is_refused_in_the_same_words_each_time(code):
    refused = read_outcome(POST, [Refused("im.message.add was not done", code=code)], None)
    again = read_outcome(
        replace(POST, text="Bob pushed"), [Refused("im.message.add", code=code)], None
    )
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert str(refused) == str(again)
    assert str(refused) == (
        "Nothing can be said in the chat sg3. "
        "The employee who installed the application is not in this chat. "
        "Add that employee to the workgroup or chat, or choose another chat in the settings."
    )


def test_another_error_of_a_post_stays_as_it_is():
    error = Refused("im.message.update was not done", code="CANT_EDIT_MESSAGE")
    assert read_outcome(POST, [error], None) is error


@pytest.mark.parametrize(
    ("user_id", "named"), [(7, {"USER_ID": 7}), (1, {}), (0, {})], ids=["another", "self", "ours"]
)
def test_time_is_logged_by_position_and_names_only_somebody_else(user_id, named):
    (call,) = calls_for(LogTime(31, user_id, 60, "pay"), TASK, 1)
    fields = {"SECONDS": 60, "COMMENT_TEXT": "pay", **named}
    assert call == Call("task.elapseditem.add", {"TASKID": 31, "ARFIELDS": fields})
    assert list(call.params) == ["TASKID", "ARFIELDS"]


@pytest.mark.parametrize("result", [5, "5"])
def test_logged_time_is_done(result):
    assert read_outcome(LogTime(31, 7, 60, "pay"), [Answer(result)], TASK) == CommandResult()


@pytest.mark.parametrize("result", [None, False, 0, []])
def test_time_that_was_not_logged_is_refused(result):
    assert isinstance(read_outcome(LogTime(31, 7, 60, "pay"), [Answer(result)], TASK), Refused)


def test_a_move_that_no_step_asks_for_survives_the_outbox():
    assert decode(*encode(MoveTask(31, C))) == MoveTask(31, C)
    assert decode(*encode(LogTime(31, 7, 60, "pay"))) == LogTime(31, 7, 60, "pay")
