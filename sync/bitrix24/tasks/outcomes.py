"""The portal's answers as results of commands. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, assert_never

from sync.bitrix24.rest.batch import Answer, as_int, as_mapping
from sync.bitrix24.rest.errors import NOT_MEMBER
from sync.bitrix24.tasks import create
from sync.bitrix24.tasks.transitions import CommandResult, task_in_answer, transition_result
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
from sync.errors import Later, Refused, SyncError
from sync.sentences import sentence

_JOINING = 2  # calls before a message of the bot where we have to become an observer first


def read_outcome(
    command: Command,
    answers: Sequence[Answer | SyncError],
    task: Task | None,
    bot_id: int = 0,
) -> CommandResult | SyncError:
    """Return what the answers to `calls_for(command, task)` mean; the first error counts.

    `bot_id`: the bot whose calls they were, 0 for none.
    """
    if isinstance(command, PutMessage) and bot_id:
        return _bot_result(command, answers, bot_id)
    if isinstance(command, PutMessage):
        return _message_result(command, answers, task)
    for answer in answers:
        if isinstance(answer, SyncError):
            return answer
    results = [answer.result for answer in answers if isinstance(answer, Answer)]
    result = results[-1] if results else None
    match command:
        case Notify():
            kept = as_int(result)
            return CommandResult(note="" if kept else "the portal did not keep the notification")
        case CreateTask():
            created = create.created_task(result)
            return CommandResult(task=created) if created else create.unknown_outcome(command)
    assert task is not None
    match command:
        case MoveTask():
            return transition_result(command, result, task)
        case SetStage():
            return _change_stage_result(command, result, task)
        case SetFields():
            return CommandResult(task=task_in_answer(result, task))
        case LogTime():
            return _log_time_result(command, result)
        case _:
            assert_never(command)


def _bot_result(
    command: PutMessage, answers: Sequence[Answer | SyncError], bot_id: int
) -> CommandResult | SyncError:
    """Read the last answer: adding the bot may be refused where it is a member already."""
    *joining, last = answers
    if isinstance(last, SyncError):
        joins = not command.place.dialog and len(joining) == _JOINING
        has_just_joined = joins and isinstance(joining[0], Answer)
        return _not_yet_member(last) if has_just_joined and last.code in NOT_MEMBER else last
    answer = as_mapping(last.result)
    if command.message_id is not None:
        saved = command.message_id if answer.get("result") is True else 0
    else:
        saved = as_int(answer.get("id"))
    if not saved:
        return _message_not_saved(command)
    return CommandResult(message_id=saved, bot_id=bot_id)


def _change_stage_result(command: SetStage, result: Any, task: Task) -> CommandResult | SyncError:
    if result is False:
        return Refused(
            sentence(
                "task.stages.movetask: the task {task_id} was not moved", task_id=command.task_id
            ),
            cause="The column does not belong to the task's workgroup, or it was deleted",
            change="Choose the workgroup's columns again in the settings",
        )
    return CommandResult(task=replace(task, stage_id=command.stage_id))


def _log_time_result(command: LogTime, result: Any) -> CommandResult | SyncError:
    if as_int(result):
        return CommandResult()
    return Refused(
        sentence("The time was not logged in the task {task_id}", task_id=command.task_id),
        cause="The portal gives no further reason",
        change="Look at the task's log of time in Bitrix24",
    )


def _message_result(
    command: PutMessage, answers: Sequence[Answer | SyncError], task: Task | None
) -> CommandResult | SyncError:
    """Read the answers: of a task's discussion the call before the last is that of joining it."""
    *joining, last = answers
    joined = None
    if task is not None and joining and isinstance(joining[0], Answer):
        joined = task_in_answer(joining[0].result, task)
    if isinstance(last, SyncError):
        if command.place.dialog:
            return _closed_chat(command.place.dialog, last)
        if last.code not in NOT_MEMBER or not isinstance(last, Refused):
            return last
        return _not_yet_member(last) if joined else _closed_discussion(command.place.task_id, last)
    message_id = _saved_message_id(command, last.result)
    if not message_id:
        return _message_not_saved(command)
    return CommandResult(message_id=message_id, task=joined)


def _saved_message_id(command: PutMessage, result: Any) -> int:
    """Return the message's number, 0 where it was not saved; an edit answers with no number."""
    if command.place.dialog:
        return command.message_id or as_int(result)
    if result is False:
        return 0
    return command.message_id or (0 if isinstance(result, bool) else as_int(result))


def _message_not_saved(command: PutMessage) -> Refused:
    place = command.place
    if place.dialog:
        return Refused(
            sentence("The message was not saved in {dialog}", dialog=place.dialog),
            cause="The portal gives no further reason",
            change="Look at that chat in Bitrix24, or choose another one in the settings",
        )
    return Refused(
        sentence(
            "The message in the discussion of the task {task_id} was not saved",
            task_id=place.task_id,
        ),
        cause="The portal gives no further reason",
        change="Look at the task's discussion in Bitrix24",
    )


def _closed_chat(dialog: str, error: SyncError) -> SyncError:
    """Explain a refusal alike for all messages, so that a chat shows as one failure."""
    if error.code not in NOT_MEMBER or not isinstance(error, Refused):
        return error
    return Refused(
        sentence("Nothing can be said in the chat {dialog}", dialog=dialog),
        cause="The employee who installed the application is not in this chat",
        change="Add that employee to the workgroup or chat, or choose another chat in the settings",
        code=error.code,
    )


def _closed_discussion(task_id: int, error: Refused) -> Refused:
    """Explain a refusal alike for all messages of a task, so that it shows as one failure."""
    return Refused(
        sentence("Nothing can be said in the discussion of the task {task_id}", task_id=task_id),
        cause="The employee who installed the application is not in it, and may not observe the "
        "task",
        change="Add that employee to the task as an observer",
        code=error.code,
    )


def _not_yet_member(error: SyncError) -> Later:
    return Later(
        error.message,
        cause="The application has only just become an observer of the task",
        after=15.0,
        code=error.code,
    )
