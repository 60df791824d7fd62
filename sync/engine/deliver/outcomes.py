"""Advances the base by what the portal answered: cards, tasks, steps and milestones as written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from sync.bitrix24.tasks.transitions import CommandResult
from sync.core.alerts.model import AlertKey
from sync.core.model.commands import (
    MoveTask,
    PutCard,
    PutChatMessage,
    PutMessage,
    SetFields,
    SetStage,
)
from sync.core.model.merge_requests import MergeRequestKey
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import Task
from sync.engine.deliver import smart_commits as deliver_smart_commits
from sync.engine.deliver.keys import STEP_KEYS, notified_state, notified_user, review_event_of
from sync.engine.deps import NOTIFICATION, TASK
from sync.store import alerts, links, logs, messages, outbox, subjects, tasks
from sync.store.db.upsert import chunks
from sync.store.messages import chat_messages, save_chat_messages
from sync.store.rows import CommandRow, DecisionRow
from sync.store.tables import command as commands

MESSAGE_KINDS = ("put_card", "put_message", "post")  # kinds that write a message
_TASK_CHANGING_KINDS = frozenset({"move_task", "set_stage", "set_fields"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that the other side will never accept, and why."""

    command: CommandRow
    reason: str


def record_done(
    conn: Connection,
    portal_id: int,
    done: Sequence[tuple[CommandRow, CommandResult]],
    now: datetime,
) -> None:
    """Ends the commands and stores what they brought about."""
    outbox.mark_done(conn, {row.id: _stored_answer(result) for row, result in done}, now)
    written: dict[int, Task] = {
        result.task.id: result.task for _, result in done if result.task is not None
    }
    _save_cards(conn, [(row, result) for row, result in done if row.kind == "put_card"], now)
    _save_messages(conn, portal_id, [pair for pair in done if pair[0].kind == "put_message"], now)
    _save_chat_messages(conn, portal_id, [pair for pair in done if pair[0].kind == "post"], now)
    _save_fields(conn, portal_id, [row for row, _ in done if row.kind == "set_fields"])
    _save_opened_tasks(
        conn, portal_id, [pair for pair in done if pair[0].kind == "create_task"], now
    )
    noted = [(row, result.note) for row, result in done if result.note]
    logs.save_decisions(
        conn,
        [DecisionRow(portal_id, row.subject_kind, row.subject_key, now, n) for row, n in noted],
    )
    deliver_smart_commits.record_done(conn, [(row, result.note) for row, result in done])
    _advance(conn, portal_id, [row for row, _ in done], now, written)


def record_refused(
    conn: Connection, portal_id: int, refusals: Sequence[Refusal], now: datetime
) -> None:
    """Ends refused commands. Their step and milestone count as reached: asked once is enough."""
    for refusal in refusals:
        if refusal.command.kind == "post":
            _drop_same_refusals(conn, portal_id, refusal, now)
        outbox.mark_refused(conn, {refusal.command.id: refusal.reason}, now)
    logs.save_decisions(
        conn,
        [
            DecisionRow(
                portal_id, one.command.subject_kind, one.command.subject_key, now, one.reason
            )
            for one in refusals
        ],
    )
    deliver_smart_commits.record_refused(conn, [(one.command, one.reason) for one in refusals])
    mark_tasks_stale(conn, portal_id, [refusal.command for refusal in refusals], now)
    _advance(conn, portal_id, [refusal.command for refusal in refusals], now)


def _drop_same_refusals(conn: Connection, portal_id: int, refusal: Refusal, now: datetime) -> None:
    """A chat that is closed to us is one thing to mend, however much was to be said there."""
    older = outbox.refused_with_error(conn, portal_id, refusal.command.kind, refusal.reason)
    outbox.drop(conn, older, now, "refused again since, in the same words")


def decide_again(
    conn: Connection, portal_id: int, rows: Iterable[CommandRow], cause: str, now: datetime
) -> None:
    """Marks the commands' subjects dirty, and as changed the tasks they may have changed."""
    again = list(rows)
    mark_tasks_stale(conn, portal_id, again, now)
    marks = [(row.subject_kind, row.subject_key, cause) for row in again]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def mark_tasks_stale(
    conn: Connection, portal_id: int, rows: Iterable[CommandRow], now: datetime
) -> None:
    """Notes that what is known of these tasks may not be so."""
    changed = {int(row.subject_key) for row in rows if row.kind in _TASK_CHANGING_KINDS}
    tasks.mark_stale(conn, portal_id, changed, now)


def forget_base(
    conn: Connection, portal_id: int, rows: Iterable[CommandRow], now: datetime
) -> None:
    """Forgets the base of writes that may have been carried out, wholly, in part or not at all.

    A decision that came back to the old base would else take it for what the portal shows.
    """
    unsure = list(rows)
    mark_tasks_stale(conn, portal_id, unsure, now)
    moved = {int(row.subject_key) for row in unsure if row.key in STEP_KEYS}
    tasks.set_steps(conn, portal_id, dict.fromkeys(moved))
    written = {int(row.subject_key) for row in unsure if row.kind == "set_fields"}
    tasks.set_fields(conn, portal_id, {task_id: {} for task_id in written})
    edits = [row.command for row in unsure if row.kind == "put_card" and row.payload["message_id"]]
    _forget_texts(conn, portal_id, [row.command for row in unsure if row.kind == "put_message"])
    _forget_chat_texts(conn, portal_id, [row.command for row in unsure if row.kind == "post"])
    since = _cards_written_at(conn, {edit.merge_request for edit in edits})
    links.set_cards(
        conn,
        [
            (
                e.merge_request,
                e.task_id,
                e.message_id,
                None,
                since.get((e.merge_request, e.task_id)),
            )
            for e in edits
        ],
    )


def forget_message(conn: Connection, portal_id: int, row: CommandRow) -> None:
    """The card or message can be written no more: the next one is a new message."""
    effect = row.command
    if isinstance(effect, PutMessage):
        messages.save(conn, portal_id, {(effect.task_id, effect.subject_key): SentMessage()})
    if isinstance(effect, PutChatMessage):
        save_chat_messages(conn, portal_id, {(effect.subject_key, effect.dialog): SentMessage()})
    if isinstance(effect, PutCard):
        links.set_cards(conn, [(effect.merge_request, effect.task_id, None, None, None)])


def _stored_answer(done: CommandResult) -> dict[str, object]:
    told = {"message_id": done.message_id, "note": done.note}
    told |= {"status": done.task.status.value} if done.task else {}
    return {name: value for name, value in told.items() if value}


def _save_cards(
    conn: Connection, done: Sequence[tuple[CommandRow, CommandResult]], now: datetime
) -> None:
    """A new card's window for edits begins now; an edited one keeps the moment it had."""
    edited = _cards_written_at(
        conn, {row.command.merge_request for row, _ in done if row.command.message_id is not None}
    )
    shown = []
    for row, result in done:
        effect = row.command
        place = (effect.merge_request, effect.task_id)
        at = now if effect.message_id is None else edited.get(place) or now
        shown.append((*place, result.message_id, effect.text, at))
    links.set_cards(conn, shown)


def _save_messages(
    conn: Connection,
    portal_id: int,
    done: Sequence[tuple[CommandRow, CommandResult]],
    now: datetime,
) -> None:
    """As with cards: an edited message keeps the moment it had."""
    effects = [(row.command, result) for row, result in done]
    edited = messages.first_written_at(
        conn, portal_id, [(e.task_id, e.subject_key) for e, _ in effects]
    )
    said = {}
    for effect, result in effects:
        place = (effect.task_id, effect.subject_key)
        at = now if effect.message_id is None else edited.get(place) or now
        said[place] = SentMessage(result.message_id, effect.text, at)
    messages.save(conn, portal_id, said)


def _save_chat_messages(
    conn: Connection,
    portal_id: int,
    done: Sequence[tuple[CommandRow, CommandResult]],
    now: datetime,
) -> None:
    effects = [(row.command, result) for row, result in done]
    known = chat_messages(conn, portal_id, {effect.subject_key for effect, _ in effects})
    said = {}
    for effect, result in effects:
        before = known.get(effect.subject_key, {}).get(effect.dialog, SentMessage())
        at = now if effect.message_id is None else before.at or now
        said[effect.subject_key, effect.dialog] = SentMessage(result.message_id, effect.text, at)
    save_chat_messages(conn, portal_id, said)


def _forget_chat_texts(conn: Connection, portal_id: int, effects: Sequence[PutChatMessage]) -> None:
    known = chat_messages(conn, portal_id, {effect.subject_key for effect in effects})
    unsure = {
        (e.subject_key, e.dialog): SentMessage(
            e.message_id, None, known.get(e.subject_key, {})[e.dialog].at
        )
        for e in effects
        if e.message_id and e.dialog in known.get(e.subject_key, {})
    }
    save_chat_messages(conn, portal_id, unsure)


def _forget_texts(conn: Connection, portal_id: int, effects: Sequence[PutMessage]) -> None:
    """What edits that may have been carried out left behind is not known."""
    edits = {(e.task_id, e.subject_key): e.message_id for e in effects if e.message_id}
    since = messages.first_written_at(conn, portal_id, edits)
    unsure = {place: SentMessage(number, None, since.get(place)) for place, number in edits.items()}
    messages.save(conn, portal_id, unsure)


def _cards_written_at(
    conn: Connection, keys: Iterable[MergeRequestKey]
) -> dict[tuple[MergeRequestKey, int], datetime | None]:
    """When the card of each merge request in each task was first written."""
    found = links.by_merge_requests(conn, keys).values()
    return {(row.merge_request, row.task_id): row.message_at for rows in found for row in rows}


def _save_opened_tasks(
    conn: Connection,
    portal_id: int,
    done: Sequence[tuple[CommandRow, CommandResult]],
    now: datetime,
) -> None:
    """The task is the alert's from now on, and its message names it."""
    for row, result in done:
        if result.task is not None:
            alerts.set_task(conn, AlertKey.parse(row.command.subject_key), result.task.id)
    marks = [(NOTIFICATION, row.command.subject_key, "its task was opened") for row, _ in done]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def _save_fields(conn: Connection, portal_id: int, rows: Sequence[CommandRow]) -> None:
    written: dict[int, dict[str, str]] = {}
    known = tasks.get(conn, portal_id, {row.command.task_id for row in rows})
    for row in rows:
        effect = row.command
        assert isinstance(effect, SetFields)
        before = known[effect.task_id].fields if effect.task_id in known else {}
        written[effect.task_id] = {**before, **written.get(effect.task_id, {}), **effect.fields}
    tasks.set_fields(conn, portal_id, written)


def _save_notified_states(
    conn: Connection, portal_id: int, ended: Iterable[CommandRow], now: datetime
) -> None:
    """Of a thing by rule each person was told; of a task's work whoever it was."""
    notified = [(row, found) for row in ended if (found := notified_state(row.key))]
    of_work = dict(found for row, found in notified if row.subject_kind != NOTIFICATION)
    by_rule = {
        (about, notified_user(row.key)): state
        for row, (about, state) in notified
        if row.subject_kind == NOTIFICATION
    }
    messages.save_notified_states(conn, portal_id, of_work, now)
    messages.save_notified_person_states(conn, portal_id, by_rule, now)


def _advance(
    conn: Connection,
    portal_id: int,
    ended: Sequence[CommandRow],
    now: datetime,
    written: Mapping[int, Task] | None = None,
) -> None:
    """Record the steps that no command is left for, and the review events people were told of.

    `written`: the tasks as the portal answered them, stored along with their steps.
    """
    told = [(*found, int(r.subject_key)) for r in ended if (found := review_event_of(r.key))]
    links.set_review_events(conn, [(key, task_id, reached) for key, reached, task_id in told])
    _save_notified_states(conn, portal_id, ended, now)
    moves = {r.subject_key: r.command for r in ended if r.key in STEP_KEYS}
    left = _with_unsent_step(conn, portal_id, moves)
    steps = {
        int(key): effect.step
        for key, effect in moves.items()
        if key not in left and isinstance(effect, MoveTask | SetStage)
    }
    tasks.save_written(conn, portal_id, written or {}, steps)


def _with_unsent_step(conn: Connection, portal_id: int, subject_keys: Iterable[str]) -> set[str]:
    """Subjects that another part of the same move is still to be written for."""
    found: set[str] = set()
    for piece in chunks(subject_keys):
        query = select(commands.c.subject_key).where(
            commands.c.portal_id == portal_id,
            commands.c.subject_kind == TASK,
            commands.c.subject_key.in_(piece),
            commands.c.key.in_(STEP_KEYS),
            commands.c.state.in_(["waiting", "sending"]),
        )
        found.update(conn.scalars(query))
    return found
