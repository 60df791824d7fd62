"""Sorts the answers to a request by what is to be done about each of its commands. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sync.bitrix24.rest.batch import Answer
from sync.bitrix24.rest.error_codes import COMMENT_CLOSED, EDIT_CLOSED, NOT_MEMBER
from sync.bitrix24.tasks.bot import sent_by
from sync.bitrix24.tasks.outcomes import read_outcome
from sync.bitrix24.tasks.transitions import CommandResult
from sync.core.model.commands import (
    CreateTask,
    LogTime,
    MoveTask,
    PutMessage,
    SetStage,
    task_id_of,
)
from sync.engine.deliver.batch import CommandBatch
from sync.engine.deliver.outcomes import Refusal
from sync.errors import Denied, Later, Refused, SyncError
from sync.store.rows import CommandRow


@dataclass
class BatchOutcome:
    """The outcomes of a request, by what is to be done about them."""

    done: list[tuple[CommandRow, CommandResult]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    reread: list[CommandRow] = field(default_factory=list)
    edit_closed: list[tuple[CommandRow, PutMessage]] = field(default_factory=list)
    bot_refused: list[tuple[CommandRow, PutMessage, SyncError]] = field(default_factory=list)
    foreign_time: list[CommandRow] = field(default_factory=list)
    postponed: list[tuple[CommandRow, Later]] = field(default_factory=list)
    denied: list[tuple[CommandRow, Denied]] = field(default_factory=list)


def sort_answers(batch: CommandBatch, answers: Sequence[Answer | SyncError]) -> BatchOutcome:
    """Sort the outcomes. Commands about one task see what those before them did."""
    outcome, bodies, remaining = BatchOutcome(), dict(batch.tasks), list(answers)
    for row, calls in batch.commands:
        count = 1 if isinstance(row.command, CreateTask) else len(calls)
        own, remaining = remaining[:count], remaining[count:]
        by_bot = sent_by(calls)
        match read_outcome(row.command, own, bodies.get(task_id_of(row.command)), by_bot):
            case CommandResult() as result:
                outcome.done.append((row, result))
                if result.task:
                    bodies[result.task.id] = result.task
            case Refused() | Denied() as error if by_bot and error.code not in _OURS:
                _sort_bot_refusal(outcome, row, error)
            case Later() as later if by_bot and later.code in NOT_MEMBER and row.attempts:
                _sort_bot_refusal(outcome, row, later)
            case Later() as later:
                outcome.postponed.append((row, later))
            case Denied() as denied:
                outcome.denied.append((row, denied))
            case error:
                _sort_refused(outcome, row, error)
    return outcome


# Denials of the whole portal, which concern the application as they concern its bot.
_OURS = frozenset({"PAYMENT_REQUIRED", "PORTAL_DELETED", "OVERLOAD_LIMIT", "USER_ACCESS_ERROR"})


def _sort_bot_refusal(outcome: BatchOutcome, row: CommandRow, error: SyncError) -> None:
    """Sort what the portal does not let our bot write: an edit is written anew, as a message.

    Whether bots may write in chats of tasks is documented nowhere.
    """
    command = row.command
    if isinstance(command, PutMessage):
        if command.message_id is not None:
            outcome.edit_closed.append((row, command))
        else:
            outcome.bot_refused.append((row, command, error))


def _sort_refused(outcome: BatchOutcome, row: CommandRow, error: SyncError) -> None:
    """Sort a refusal: what is closed to edits is written anew, a move may rest on old knowledge.

    Time that is refused as another's is logged in our own name: whose time an application may log
    is not documented.
    """
    match row.command:
        case PutMessage(message_id=int()) as message if error.code == EDIT_CLOSED:
            outcome.edit_closed.append((row, message))
        case PutMessage(message_id=int()) as message if error.code in COMMENT_CLOSED:
            outcome.edit_closed.append((row, message))
        case MoveTask() | SetStage() if row.attempts == 0:
            outcome.reread.append(row)
        case LogTime(user_id=user_id) if user_id:
            outcome.foreign_time.append(row)
        case _:
            outcome.refused.append(Refusal(row, str(error)))
