"""Advances the base by what the portal answered: messages, tasks, steps and states as written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sync.bitrix24.tasks.transitions import CommandResult
from sync.core.alerts.model import AlertKey
from sync.core.model.commands import CreateTask, MoveTask, PutMessage, SetFields, SetStage
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import Task
from sync.engine.deliver import smart_commits as deliver_smart_commits
from sync.engine.deps import NOTIFICATION
from sync.store import alerts, links, logs, messages, outbox, subjects, tasks
from sync.store.rows import CommandRow, DecisionRow

DoneCommand = tuple[CommandRow, CommandResult]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that the other side will never accept, and why."""

    command: CommandRow
    reason: str


def record_done(
    conn: Connection, portal_id: int, done: Sequence[DoneCommand], now: datetime
) -> None:
    """End the commands and store what they brought about."""
    outbox.mark_done(conn, {row.id: _stored_answer(result) for row, result in done}, now)
    written: dict[int, Task] = {
        result.task.id: result.task for _, result in done if result.task is not None
    }
    _save_messages(conn, portal_id, done, now)
    _save_fields(conn, portal_id, [row for row, _ in done])
    _save_created_tasks(conn, portal_id, done, now)
    notes = [
        DecisionRow(portal_id, row.subject_kind, row.subject_key, now, result.note)
        for row, result in done
        if result.note
    ]
    logs.save_decisions(conn, notes)
    deliver_smart_commits.record_done(conn, [(row, result.note) for row, result in done])
    _advance(conn, portal_id, [row for row, _ in done], now, written)


def record_refused(
    conn: Connection, portal_id: int, refusals: Sequence[Refusal], now: datetime
) -> None:
    """End refused commands. What they record counts as reached: asked once is enough."""
    for refusal in refusals:
        _drop_same_refusals(conn, portal_id, refusal, now)
        outbox.mark_refused(conn, {refusal.command.id: refusal.reason}, now)
    rows = [refusal.command for refusal in refusals]
    reasons = [
        DecisionRow(
            portal_id,
            refusal.command.subject_kind,
            refusal.command.subject_key,
            now,
            refusal.reason,
        )
        for refusal in refusals
    ]
    logs.save_decisions(conn, reasons)
    deliver_smart_commits.record_refused(
        conn, [(refusal.command, refusal.reason) for refusal in refusals]
    )
    mark_tasks_stale(conn, portal_id, rows, now)
    _advance(conn, portal_id, rows, now)


def _drop_same_refusals(conn: Connection, portal_id: int, refusal: Refusal, now: datetime) -> None:
    """Drop the earlier refusals of a place: one that is closed to us is one thing to mend."""
    command = refusal.command.command
    if isinstance(command, PutMessage):
        earlier = outbox.refused_messages(conn, portal_id, str(command.place), refusal.reason)
        outbox.drop(conn, earlier, now, "refused again since, in the same words")


def decide_again(
    conn: Connection, portal_id: int, rows: Sequence[CommandRow], cause: str, now: datetime
) -> None:
    """Mark the commands' subjects dirty, and as changed the tasks they may have changed."""
    mark_tasks_stale(conn, portal_id, rows, now)
    marks = [(row.subject_kind, row.subject_key, cause) for row in rows]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def mark_tasks_stale(
    conn: Connection, portal_id: int, rows: Iterable[CommandRow], now: datetime
) -> None:
    """Note that what is known of these tasks may not be so."""
    changed = {
        row.command.task_id
        for row in rows
        if isinstance(row.command, MoveTask | SetStage | SetFields)
    }
    tasks.mark_stale(conn, portal_id, changed, now)


def forget_base(
    conn: Connection, portal_id: int, rows: Sequence[CommandRow], now: datetime
) -> None:
    """Forget the base of writes that may have been carried out, wholly, in part or not at all.

    A decision that came back to the old base would else take it for what the portal shows.
    """
    mark_tasks_stale(conn, portal_id, rows, now)
    moved = {int(row.subject_key) for row in rows if row.to_record.step is not None}
    tasks.set_steps(conn, portal_id, dict.fromkeys(moved))
    written = {row.command.task_id for row in rows if isinstance(row.command, SetFields)}
    tasks.set_fields(conn, portal_id, {task_id: {} for task_id in written})
    edits = {
        (command.place, command.subject_key): command.message_id
        for row in rows
        if isinstance(command := row.command, PutMessage) and command.message_id
    }
    sent = messages.get(conn, portal_id, edits)
    unsure = {
        key: SentMessage(message_id, None, *_origin(sent.get(key)))
        for key, message_id in edits.items()
    }
    messages.save(conn, portal_id, unsure)


def forget_message(conn: Connection, portal_id: int, command: PutMessage) -> None:
    """Forget a message that can be written no more: the next one is a new message."""
    messages.save(conn, portal_id, {(command.place, command.subject_key): SentMessage()})


def _stored_answer(result: CommandResult) -> dict[str, object]:
    answer: dict[str, object] = {"message_id": result.message_id, "note": result.note}
    answer |= {"status": result.task.status.value} if result.task else {}
    return {name: value for name, value in answer.items() if value}


def _save_messages(
    conn: Connection, portal_id: int, done: Sequence[DoneCommand], now: datetime
) -> None:
    """Save the messages; a new one's window for edits begins now, an edited one keeps its own."""
    written = {
        (command.place, command.subject_key): (command, result)
        for row, result in done
        if isinstance(command := row.command, PutMessage)
    }
    edited = {key for key, (command, _) in written.items() if command.message_id is not None}
    sent = messages.get(conn, portal_id, edited)
    saved = {
        key: SentMessage(
            result.message_id,
            command.text,
            (sent[key].at if key in sent else None) or now,
            sent[key].bot_id if key in sent else result.bot_id,
        )
        for key, (command, result) in written.items()
    }
    messages.save(conn, portal_id, saved)


def _origin(sent: SentMessage | None) -> tuple[datetime | None, int]:
    """Return when a message was first sent, and by which bot."""
    return (sent.at, sent.bot_id) if sent else (None, 0)


def _save_created_tasks(
    conn: Connection, portal_id: int, done: Sequence[DoneCommand], now: datetime
) -> None:
    """Save the tasks as the alerts', whose messages name them from now on."""
    marks = []
    for row, result in done:
        if not isinstance(row.command, CreateTask):
            continue
        subject_key = row.command.subject_key
        if result.task is not None:
            alerts.set_task(conn, AlertKey.parse(subject_key), result.task.id)
        marks.append((NOTIFICATION, subject_key, "its task was opened"))
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def _save_fields(conn: Connection, portal_id: int, rows: Sequence[CommandRow]) -> None:
    commands = [row.command for row in rows if isinstance(row.command, SetFields)]
    stored = tasks.written_fields(conn, portal_id, {command.task_id for command in commands})
    written: dict[int, dict[str, str]] = {}
    for command in commands:
        task_id = command.task_id
        written[task_id] = {**stored.get(task_id, {}), **written.get(task_id, {}), **command.fields}
    tasks.set_fields(conn, portal_id, written)


def _advance(
    conn: Connection,
    portal_id: int,
    ended: Sequence[CommandRow],
    now: datetime,
    written: Mapping[int, Task] | None = None,
) -> None:
    """Record what the ended commands carry; a step once no other part of the move is left.

    `written`: the tasks as the portal answered them, stored along with their steps.
    """
    events = [
        (*event, int(row.subject_key)) for row in ended if (event := row.to_record.review_event)
    ]
    links.set_review_events(conn, [(key, task_id, event) for key, event, task_id in events])
    states = [state for row in ended if (state := row.to_record.notified)]
    messages.save_notified_states(conn, portal_id, states, now)
    steps = {int(row.subject_key): step for row in ended if (step := row.to_record.step)}
    tasks.save_written(conn, portal_id, written or {}, steps)
