"""Commands as REST calls of the portal; see `outcomes` for the answers. Pure."""

from __future__ import annotations

from typing import Any, assert_never

from sync.bitrix24.rest.batch import Call, as_int
from sync.bitrix24.tasks import bot, create
from sync.bitrix24.tasks.bot import BotAuthor
from sync.bitrix24.tasks.transitions import transition_calls, update_call
from sync.core.model.commands import (
    Command,
    CreateTask,
    LogTime,
    MoveTask,
    Notify,
    PutMessage,
    SetFields,
    SetStage,
)
from sync.core.model.tasks import Task

NOBODY = BotAuthor()


def calls_for(
    command: Command, task: Task | None, user_id: int = 0, author: BotAuthor = NOBODY
) -> list[Call]:
    """Return the calls that carry out a command on `task` as it is now; none if nothing is to do.

    `task`: None for commands about no task. `user_id`: in whose name the calls are made (0:
    unknown). Only members of a task write into its chat, so that user first becomes an observer.
    `author`: the bot that writes in chats instead, where there is one.
    """
    if (
        isinstance(command, PutMessage)
        and author.writes(command.place, command.message_id)
        and ((chat_id := _chat_id(command, task)) or command.place.dialog)
    ):
        return _bot_calls(command, task, user_id, author, chat_id)
    match command:
        case Notify():
            return [_notify_user(command)]
        case CreateTask():
            return [create.create_call(command)]
        case PutMessage() if command.place.dialog:
            return [_message_call(command.place.dialog, command.text, command.message_id)]
    assert task is not None
    match command:
        case MoveTask():
            return transition_calls(command.status, task)
        case SetStage():
            return [] if task.stage_id == command.stage_id else [_change_stage(command)]
        case SetFields():
            return [update_call(command.task_id, command.fields)]
        case LogTime():
            return [_log_time(command, user_id)]
        case PutMessage():
            return [*_observe_call(command, task, user_id), _put_message(command, task)]
        case _:
            assert_never(command)


def _chat_id(command: PutMessage, task: Task | None) -> int:
    """Return the number of the chat that a message is for; 0 where it is not known, or none."""
    if command.place.dialog:
        return as_int(command.place.dialog.removeprefix("chat"))
    return (task.chat_id or 0) if task is not None else 0


def _bot_calls(
    command: PutMessage, task: Task | None, user_id: int, author: BotAuthor, chat_id: int
) -> list[Call]:
    """Return the calls of a message by the bot: who adds it to a task's chat has to be in it."""
    calls = bot.message_calls(author, command.place, chat_id, command.text, command.message_id)
    if task is None or len(calls) == 1:
        return calls
    return [*_observe_call(command, task, user_id), *calls]


def _change_stage(command: SetStage) -> Call:
    return Call("task.stages.movetask", {"id": command.task_id, "stageId": command.stage_id})


def _log_time(command: LogTime, user_id: int) -> Call:
    """Build the call; its parameters go by position. Naming another user needs more rights.

    https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/task-elapsed-item-add.html
    """
    item: dict[str, Any] = {"SECONDS": command.seconds, "COMMENT_TEXT": command.text}
    if command.user_id not in (0, user_id):
        item["USER_ID"] = command.user_id
    return Call("task.elapseditem.add", {"TASKID": command.task_id, "ARFIELDS": item})


def _put_message(command: PutMessage, task: Task) -> Call:
    """Build a message for the task's chat, or a comment of the old card (by position).

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-new.html
    """
    if task.chat_id is None:
        comment = {"POST_MESSAGE": command.text}
        if command.message_id is None:
            return Call("task.commentitem.add", {"TASKID": task.id, "FIELDS": comment})
        item = {"TASKID": task.id, "ITEMID": command.message_id, "FIELDS": comment}
        return Call("task.commentitem.update", item)
    return _message_call(f"chat{task.chat_id}", command.text, command.message_id)


def _message_call(dialog: str, text: str, message_id: int | None) -> Call:
    """Build a new message of a chat, or an edit of one.

    https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-add.html
    """
    message: dict[str, Any] = {"MESSAGE": text, "URL_PREVIEW": "N"}
    if message_id is None:
        return Call("im.message.add", {"DIALOG_ID": dialog, **message})
    return Call("im.message.update", {"MESSAGE_ID": message_id, **message})


def _observe_call(command: PutMessage, task: Task, user_id: int) -> list[Call]:
    """Become an observer; a write of AUDITORS would drop those who were just added.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-start-watch.html
    """
    members = {task.creator_id, task.responsible_id, *task.accomplices, *task.auditors}
    outside = task.chat_id is not None and user_id not in members
    if not user_id or not outside or command.message_id is not None:
        return []
    return [Call("tasks.task.startwatch", {"taskId": task.id})]


def _notify_user(command: Notify) -> Call:
    """Notify from the application; the portal keeps only the newest notification of a TAG.

    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-system-add.html
    """
    message = {"USER_ID": command.user_id, "MESSAGE": command.text, "TAG": command.tag}
    return Call("im.notify.system.add", message)
