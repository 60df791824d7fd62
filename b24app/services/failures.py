"""What was given up and waits for somebody to replay it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from b24app.services.readable_reasons import shorten_traceback
from sync.core.model.commands import PutMessage
from sync.store import inbox, outbox, smart_commits, subjects
from sync.store.rows import CommandRow, DeliveryRow, SubjectRow
from sync.store.smart_commits import SmartCommitRow


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that was given up; `kind` and `id` are what `replay` takes.

    `action`: a command's kind (of a message `card`, `message` or `chat_message`), a smart commit's
    verb, `decide` for a subject, `read` for a delivery. `about`: the task, the event's name, or
    another subject's key. `of`: that subject's kind, "" for a delivery. `place` and `subject_key`:
    where a message stands, and what it is about; "" for anything else.
    """

    kind: str
    id: str
    action: str
    about: str
    text: str
    at: datetime | None
    of: str = "task"
    place: str = ""
    subject_key: str = ""


def list_failures(conn: Connection, portal_id: int) -> tuple[Failure, ...]:
    """Return what was given up and waits for somebody to replay it.

    Refused smart commits are included where a setting may change the answer.
    """
    refused_rows = (
        smart_commit_row
        for smart_commit_row in smart_commits.refused(conn, portal_id)
        if smart_commit_row.smart_commit.retryable
    )
    return (
        *map(_command_failure, outbox.refused(conn, portal_id)),
        *map(_smart_commit_failure, refused_rows),
        *map(_subject_failure, subjects.dead(conn, portal_id)),
        *map(_delivery_failure, inbox.dead_deliveries(conn, portal_id)),
    )


def _command_failure(command_row: CommandRow) -> Failure:
    about, of = command_row.subject_key, command_row.subject_kind
    command = command_row.command
    message = command if isinstance(command, PutMessage) else None
    return Failure(
        "command",
        str(command_row.id),
        _action(command_row),
        about,
        command_row.error,
        command_row.done_at,
        of,
        str(message.place) if message else "",
        message.subject_key if message else "",
    )


def _action(command_row: CommandRow) -> str:
    """Return the command's kind; of a message also whether it is a card or in a chat."""
    command = command_row.command
    if not isinstance(command, PutMessage):
        return command_row.kind
    if command.place.dialog:
        return "chat_message"
    return "card" if command.subject_key.startswith("merge_request:") else "message"


def _smart_commit_failure(smart_commit_row: SmartCommitRow) -> Failure:
    command = smart_commit_row.smart_commit.command
    action, task = command.verb.value, str(command.task_id)
    return Failure(
        "smart-commit",
        str(smart_commit_row.key),
        action,
        task,
        smart_commit_row.reason,
        smart_commit_row.received_at,
    )


def _subject_failure(subject_row: SubjectRow) -> Failure:
    key = f"{subject_row.kind}:{subject_row.key}"
    return Failure(
        "subject",
        key,
        "decide",
        subject_row.key,
        shorten_traceback(subject_row.error),
        subject_row.dirty_at,
        subject_row.kind,
    )


def _delivery_failure(delivery_row: DeliveryRow) -> Failure:
    return Failure(
        "delivery",
        str(delivery_row.id),
        "read",
        delivery_row.event,
        shorten_traceback(delivery_row.outcome),
        delivery_row.received_at,
        "",
    )
