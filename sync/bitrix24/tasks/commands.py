"""An effect as the portal's own calls, and their answers as what was done. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, assert_never

from sync.bitrix24.rest.batch import Answer, Call, whole
from sync.bitrix24.rest.errors import NOT_MEMBER
from sync.bitrix24.tasks import create
from sync.bitrix24.tasks.transitions import Done, moved, moves, told, update
from sync.core.model.commands import (
    Effect,
    LogTime,
    MoveTask,
    Notify,
    OpenTask,
    PlaceTask,
    Post,
    PutCard,
    PutMessage,
    SetFields,
)
from sync.core.model.common import Task
from sync.errors import Later, Refused, SyncError


def calls_for(effect: Effect, task: Task | None, user_id: int = 0) -> list[Call]:
    """The calls that carry out `effect` on `task` as it is now; none where nothing is to do.

    `task`: None for what is about no task (`effects.task_of`). `user_id`: in whose name they are
    made (0: not known). Only members of a task write into its chat, so somebody else first becomes
    its observer.
    """
    match effect:
        case Post():
            return [_say(effect.dialog, effect.text, effect.message_id)]
        case Notify():
            return [_notify(effect)]
        case OpenTask():
            return [create.call(effect)]
    assert task is not None
    match effect:
        case MoveTask():
            return moves(effect.status, task)
        case PlaceTask():
            return [] if task.stage_id == effect.stage_id else [_place(effect)]
        case SetFields():
            return [update(effect.task_id, effect.fields)]
        case LogTime():
            return [_log(effect, user_id)]
        case PutCard() | PutMessage():
            return [*_join(effect, task, user_id), _put(effect, task)]
        case _:
            assert_never(effect)


def outcome(
    effect: Effect, answers: Sequence[Answer | SyncError], task: Task | None
) -> Done | SyncError:
    """What the answers to `calls_for(effect, task)` mean; the first error counts."""
    if isinstance(effect, PutCard | PutMessage):
        assert task is not None
        return _shown(effect, answers, task)
    for answer in answers:
        if isinstance(answer, SyncError):
            return _shut_out(effect, answer) if isinstance(effect, Post) else answer
    result = answers[-1].result if answers else None
    match effect:
        case Post():
            return _said(effect, result)
        case Notify():
            return Done(note="" if whole(result) else "the portal did not keep the notification")
        case OpenTask():
            made = create.made(result)
            return Done(task=made) if made else create.unclear(effect)
    assert task is not None
    match effect:
        case MoveTask():
            return moved(effect, result, task)
        case PlaceTask():
            return _placed(effect, result, task)
        case SetFields():
            return Done(task=told(result, task))
        case LogTime():
            return _logged(effect, result)
        case _:
            assert_never(effect)


def _place(effect: PlaceTask) -> Call:
    return Call("task.stages.movetask", {"id": effect.task_id, "stageId": effect.stage_id})


def _log(effect: LogTime, user_id: int) -> Call:
    """The parameters go by position. Only somebody else is named: that asks for more rights.

    https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/task-elapsed-item-add.html
    """
    item: dict[str, Any] = {"SECONDS": effect.seconds, "COMMENT_TEXT": effect.text}
    if effect.user_id not in (0, user_id):
        item["USER_ID"] = effect.user_id
    return Call("task.elapseditem.add", {"TASKID": effect.task_id, "ARFIELDS": item})


def _put(effect: PutCard | PutMessage, task: Task) -> Call:
    """A message of the task's chat, or a comment of the old card, whose parameters go by position.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-new.html
    """
    if task.chat_id is None:
        comment = {"POST_MESSAGE": effect.text}
        if effect.message_id is None:
            return Call("task.commentitem.add", {"TASKID": task.id, "FIELDS": comment})
        item = {"TASKID": task.id, "ITEMID": effect.message_id, "FIELDS": comment}
        return Call("task.commentitem.update", item)
    return _say(f"chat{task.chat_id}", effect.text, effect.message_id)


def _say(dialog: str, text: str, message_id: int | None) -> Call:
    """https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-add.html"""
    message: dict[str, Any] = {"MESSAGE": text, "URL_PREVIEW": "N"}
    if message_id is None:
        return Call("im.message.add", {"DIALOG_ID": dialog, **message})
    return Call("im.message.update", {"MESSAGE_ID": message_id, **message})


def _join(effect: PutCard | PutMessage, task: Task, user_id: int) -> list[Call]:
    """Become an observer; unlike a write of AUDITORS this drops nobody who was just added.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-start-watch.html
    """
    members = {task.creator_id, task.responsible_id, *task.accomplices, *task.auditors}
    outside = task.chat_id is not None and user_id not in members
    if not user_id or not outside or effect.message_id is not None:
        return []
    return [Call("tasks.task.startwatch", {"taskId": task.id})]


def _notify(effect: Notify) -> Call:
    """From the application; the portal keeps only the newest notification of a TAG.

    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-system-add.html
    """
    message = {"USER_ID": effect.user_id, "MESSAGE": effect.text, "TAG": effect.tag}
    return Call("im.notify.system.add", message)


def _placed(effect: PlaceTask, result: Any, task: Task) -> Done | SyncError:
    if result is False:
        return Refused(
            f"task.stages.movetask: the task {effect.task_id} was not moved",
            why="The column does not belong to the task's workgroup, or it was deleted",
            change="Choose the workgroup's columns again in the settings",
        )
    return Done(task=replace(task, stage_id=effect.stage_id))


def _logged(effect: LogTime, result: Any) -> Done | SyncError:
    if whole(result):
        return Done()
    return Refused(
        f"The time was not logged in the task {effect.task_id}",
        why="The portal gives no further reason",
        change="Look at the task's log of time in Bitrix24",
    )


def _shown(
    effect: PutCard | PutMessage, answers: Sequence[Answer | SyncError], task: Task
) -> Done | SyncError:
    *joining, last = answers
    joined = told(joining[0].result, task) if joining and isinstance(joining[0], Answer) else None
    if isinstance(last, SyncError):
        return _not_yet_member(last) if joined and last.code in NOT_MEMBER else last
    result = last.result
    message_id = effect.message_id or (0 if isinstance(result, bool) else whole(result))
    if result is False or not message_id:
        return Refused(
            f"The message in the discussion of the task {effect.task_id} was not saved",
            why="The portal gives no further reason",
            change="Look at the task's discussion in Bitrix24",
        )
    return Done(message_id=message_id, task=joined)


def _said(effect: Post, result: Any) -> Done | SyncError:
    message_id = effect.message_id or whole(result)
    if not message_id:
        return Refused(
            f"The message was not saved in {effect.dialog}",
            why="The portal gives no further reason",
            change="Look at that chat in Bitrix24, or choose another one in the settings",
        )
    return Done(message_id=message_id)


def _shut_out(effect: Post, error: SyncError) -> SyncError:
    """The same words whatever was to be said, so that a chat is one thing to mend."""
    if error.code not in NOT_MEMBER or not isinstance(error, Refused):
        return error
    return Refused(
        f"Nothing can be said in the chat {effect.dialog}",
        why="The employee who installed the application is not in this chat",
        change="Add that employee to the workgroup or chat, or choose another chat in the settings",
        code=error.code,
    )


def _not_yet_member(error: SyncError) -> Later:
    return Later(
        error.what,
        why="The application has only just become an observer of the task",
        after=15.0,
        code=error.code,
    )
