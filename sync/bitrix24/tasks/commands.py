"""Commands as REST calls of the portal, and the answers as results of commands. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, assert_never

from sync.bitrix24.rest.batch import Answer, Call, as_int
from sync.bitrix24.rest.errors import NOT_MEMBER
from sync.bitrix24.tasks import create
from sync.bitrix24.tasks.transitions import (
    CommandResult,
    task_in_answer,
    transition_calls,
    transition_result,
    update_call,
)
from sync.core.model.commands import (
    Command,
    CreateTask,
    LogTime,
    MoveTask,
    Notify,
    PutCard,
    PutChatMessage,
    PutMessage,
    SetFields,
    SetStage,
)
from sync.core.model.tasks import Task
from sync.errors import Later, Refused, SyncError


def calls_for(effect: Command, task: Task | None, user_id: int = 0) -> list[Call]:
    """Return the calls that carry out a command on `task` as it is now; none if nothing is to do.

    `task`: None for commands about no task. `user_id`: in whose name the calls are made (0:
    unknown). Only members of a task write into its chat, so that user first becomes an observer.
    """
    match effect:
        case PutChatMessage():
            return [_message_call(effect.dialog, effect.text, effect.message_id)]
        case Notify():
            return [_notify_user(effect)]
        case CreateTask():
            return [create.create_call(effect)]
    assert task is not None
    match effect:
        case MoveTask():
            return transition_calls(effect.status, task)
        case SetStage():
            return [] if task.stage_id == effect.stage_id else [_change_stage(effect)]
        case SetFields():
            return [update_call(effect.task_id, effect.fields)]
        case LogTime():
            return [_log_time(effect, user_id)]
        case PutCard() | PutMessage():
            return [*_observe_call(effect, task, user_id), _put_message(effect, task)]
        case _:
            assert_never(effect)


def read_outcome(
    effect: Command, answers: Sequence[Answer | SyncError], task: Task | None
) -> CommandResult | SyncError:
    """Return what the answers to `calls_for(effect, task)` mean; the first error counts."""
    if isinstance(effect, PutCard | PutMessage):
        assert task is not None
        return _message_result(effect, answers, task)
    for answer in answers:
        if isinstance(answer, SyncError):
            return _closed_chat(effect, answer) if isinstance(effect, PutChatMessage) else answer
    result = answers[-1].result if answers else None
    match effect:
        case PutChatMessage():
            return _post_result(effect, result)
        case Notify():
            return CommandResult(
                note="" if as_int(result) else "the portal did not keep the notification"
            )
        case CreateTask():
            made = create.created_task(result)
            return CommandResult(task=made) if made else create.unknown_outcome(effect)
    assert task is not None
    match effect:
        case MoveTask():
            return transition_result(effect, result, task)
        case SetStage():
            return _change_stage_result(effect, result, task)
        case SetFields():
            return CommandResult(task=task_in_answer(result, task))
        case LogTime():
            return _log_time_result(effect, result)
        case _:
            assert_never(effect)


def _change_stage(effect: SetStage) -> Call:
    return Call("task.stages.movetask", {"id": effect.task_id, "stageId": effect.stage_id})


def _log_time(effect: LogTime, user_id: int) -> Call:
    """Build the call; its parameters go by position. Naming another user needs more rights.

    https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/task-elapsed-item-add.html
    """
    item: dict[str, Any] = {"SECONDS": effect.seconds, "COMMENT_TEXT": effect.text}
    if effect.user_id not in (0, user_id):
        item["USER_ID"] = effect.user_id
    return Call("task.elapseditem.add", {"TASKID": effect.task_id, "ARFIELDS": item})


def _put_message(effect: PutCard | PutMessage, task: Task) -> Call:
    """Build a message for the task's chat, or a comment of the old card (by position).

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-new.html
    """
    if task.chat_id is None:
        comment = {"POST_MESSAGE": effect.text}
        if effect.message_id is None:
            return Call("task.commentitem.add", {"TASKID": task.id, "FIELDS": comment})
        item = {"TASKID": task.id, "ITEMID": effect.message_id, "FIELDS": comment}
        return Call("task.commentitem.update", item)
    return _message_call(f"chat{task.chat_id}", effect.text, effect.message_id)


def _message_call(dialog: str, text: str, message_id: int | None) -> Call:
    """Build a new message of a chat, or an edit of one.

    https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-add.html
    """
    message: dict[str, Any] = {"MESSAGE": text, "URL_PREVIEW": "N"}
    if message_id is None:
        return Call("im.message.add", {"DIALOG_ID": dialog, **message})
    return Call("im.message.update", {"MESSAGE_ID": message_id, **message})


def _observe_call(effect: PutCard | PutMessage, task: Task, user_id: int) -> list[Call]:
    """Become an observer; a write of AUDITORS would drop those who were just added.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-start-watch.html
    """
    members = {task.creator_id, task.responsible_id, *task.accomplices, *task.auditors}
    outside = task.chat_id is not None and user_id not in members
    if not user_id or not outside or effect.message_id is not None:
        return []
    return [Call("tasks.task.startwatch", {"taskId": task.id})]


def _notify_user(effect: Notify) -> Call:
    """Notify from the application; the portal keeps only the newest notification of a TAG.

    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-system-add.html
    """
    message = {"USER_ID": effect.user_id, "MESSAGE": effect.text, "TAG": effect.tag}
    return Call("im.notify.system.add", message)


def _change_stage_result(effect: SetStage, result: Any, task: Task) -> CommandResult | SyncError:
    if result is False:
        return Refused(
            f"task.stages.movetask: the task {effect.task_id} was not moved",
            cause="The column does not belong to the task's workgroup, or it was deleted",
            change="Choose the workgroup's columns again in the settings",
        )
    return CommandResult(task=replace(task, stage_id=effect.stage_id))


def _log_time_result(effect: LogTime, result: Any) -> CommandResult | SyncError:
    if as_int(result):
        return CommandResult()
    return Refused(
        f"The time was not logged in the task {effect.task_id}",
        cause="The portal gives no further reason",
        change="Look at the task's log of time in Bitrix24",
    )


def _message_result(
    effect: PutCard | PutMessage, answers: Sequence[Answer | SyncError], task: Task
) -> CommandResult | SyncError:
    *joining, last = answers
    joined = (
        task_in_answer(joining[0].result, task)
        if joining and isinstance(joining[0], Answer)
        else None
    )
    if isinstance(last, SyncError):
        return _not_yet_member(last) if joined and last.code in NOT_MEMBER else last
    result = last.result
    message_id = effect.message_id or (0 if isinstance(result, bool) else as_int(result))
    if result is False or not message_id:
        return Refused(
            f"The message in the discussion of the task {effect.task_id} was not saved",
            cause="The portal gives no further reason",
            change="Look at the task's discussion in Bitrix24",
        )
    return CommandResult(message_id=message_id, task=joined)


def _post_result(effect: PutChatMessage, result: Any) -> CommandResult | SyncError:
    message_id = effect.message_id or as_int(result)
    if not message_id:
        return Refused(
            f"The message was not saved in {effect.dialog}",
            cause="The portal gives no further reason",
            change="Look at that chat in Bitrix24, or choose another one in the settings",
        )
    return CommandResult(message_id=message_id)


def _closed_chat(effect: PutChatMessage, error: SyncError) -> SyncError:
    """Explain a refusal alike for all messages, so that a chat shows as one failure."""
    if error.code not in NOT_MEMBER or not isinstance(error, Refused):
        return error
    return Refused(
        f"Nothing can be said in the chat {effect.dialog}",
        cause="The employee who installed the application is not in this chat",
        change="Add that employee to the workgroup or chat, or choose another chat in the settings",
        code=error.code,
    )


def _not_yet_member(error: SyncError) -> Later:
    return Later(
        error.message,
        cause="The application has only just become an observer of the task",
        after=15.0,
        code=error.code,
    )
