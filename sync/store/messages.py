"""Messages by place and subject, and what people were last notified of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from sync.core.alerts.model import ref_key_of_subject
from sync.core.model.commands import Place
from sync.core.model.plans import NotifiedState
from sync.core.model.task_view import SentMessage
from sync.store.db.upsert import chunks, in_keys, upsert
from sync.store.tables import message, notified_state

MessageKey = tuple[Place, str]  # where it stands, subject key

_KEYS = ("portal_id", "place", "subject_key")
_NOTIFIED_KEYS = ("portal_id", "subject_key", "user_id")


def tasks_by_message(conn: Connection, portal_id: int | None) -> dict[int, int]:
    """Return the tasks in whose discussions messages stand, by message; all portals' for None."""
    query = select(message.c.message_id, message.c.place).where(
        message.c.message_id.is_not(None), message.c.place.startswith("task:", autoescape=True)
    )
    if portal_id is not None:
        query = query.where(message.c.portal_id == portal_id)
    return {row.message_id: Place.parse(row.place).task_id for row in conn.execute(query)}


def by_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int]
) -> dict[int, dict[str, SentMessage]]:
    """Read the messages in each task's discussion by subject key; no entry for a task without."""
    messages: dict[int, dict[str, SentMessage]] = {}
    for piece in chunks({str(Place(task_id)) for task_id in task_ids}):
        query = select(message).where(message.c.portal_id == portal_id, message.c.place.in_(piece))
        for row in conn.execute(query):
            of_task = messages.setdefault(Place.parse(row.place).task_id, {})
            of_task[row.subject_key] = _record(row)
    return messages


def ids_in_task(conn: Connection, portal_id: int, task_id: int) -> frozenset[int]:
    """Return the numbers of the messages that the application wrote in a task's discussion."""
    query = select(message.c.message_id).where(
        message.c.portal_id == portal_id, message.c.place == str(Place(task_id))
    )
    return frozenset(number for number in conn.scalars(query) if number is not None)


def by_subjects(
    conn: Connection, portal_id: int, subject_keys: Iterable[str]
) -> dict[str, dict[Place, SentMessage]]:
    """Read the messages about each subject by place; no entry for a subject without."""
    messages: dict[str, dict[Place, SentMessage]] = {}
    for piece in chunks(set(subject_keys)):
        query = select(message).where(
            message.c.portal_id == portal_id, message.c.subject_key.in_(piece)
        )
        for row in conn.execute(query):
            messages.setdefault(row.subject_key, {})[Place.parse(row.place)] = _record(row)
    return messages


def get(
    conn: Connection, portal_id: int, keys: Iterable[MessageKey]
) -> dict[MessageKey, SentMessage]:
    """Read single messages; no entry for one that was never written."""
    columns = [message.c[name] for name in _KEYS]
    chosen = {(portal_id, str(place), subject_key) for place, subject_key in keys}
    return {
        (Place.parse(row.place), row.subject_key): _record(row)
        for condition in in_keys(columns, chosen)
        for row in conn.execute(select(message).where(condition))
    }


def save(conn: Connection, portal_id: int, messages: Mapping[MessageKey, SentMessage]) -> None:
    """Store the messages as they were last written."""
    rows = [
        {
            "portal_id": portal_id,
            "place": str(place),
            "subject_key": subject_key,
            "message_id": sent.message_id,
            "text": sent.text,
            "at": sent.at,
            "bot_id": sent.bot_id,
        }
        for (place, subject_key), sent in sorted(messages.items(), key=lambda item: item[0])
    ]
    upsert(conn, message, rows, keys=_KEYS, update=("message_id", "text", "at", "bot_id"))


def notified_states(
    conn: Connection, portal_id: int, subject_keys: Iterable[str]
) -> dict[str, dict[int, str]]:
    """Read what each person (0: whoever it was) was last notified of, by subject key."""
    states: dict[str, dict[int, str]] = {}
    columns = notified_state.c
    for piece in chunks(set(subject_keys)):
        query = select(columns.subject_key, columns.user_id, columns.state).where(
            columns.portal_id == portal_id, columns.subject_key.in_(piece)
        )
        for subject_key, user_id, state in conn.execute(query):
            states.setdefault(subject_key, {})[user_id] = state
    return states


def anyones_states(conn: Connection, portal_id: int, subject_keys: Iterable[str]) -> dict[str, str]:
    """Read what people were last notified of, whoever it was, by subject key."""
    states = notified_states(conn, portal_id, subject_keys)
    return {key: by_user[0] for key, by_user in states.items() if 0 in by_user}


def save_notified_states(
    conn: Connection, portal_id: int, states: Iterable[NotifiedState], now: datetime
) -> None:
    """Store what people were notified of; the last state of a subject and person counts."""
    rows = {
        (state.subject_key, state.user_id): {
            "portal_id": portal_id,
            "subject_key": state.subject_key,
            "user_id": state.user_id,
            "state": state.state,
            "at": now,
            **_ref_columns(state),
        }
        for state in states
    }
    ordered = [row for _, row in sorted(rows.items())]
    upsert(conn, notified_state, ordered, keys=_NOTIFIED_KEYS, update=("state", "at"))


def forget(conn: Connection, portal_id: int, subject_keys: Iterable[str]) -> None:
    """Forget the messages about subjects, and what people were notified of them.

    The messages stay where they are, and nothing edits them any more.
    """
    keys = list(subject_keys)
    for table in (message, notified_state):
        for piece in chunks(keys):
            conn.execute(
                delete(table).where(table.c.portal_id == portal_id, table.c.subject_key.in_(piece))
            )


def _ref_columns(state: NotifiedState) -> dict[str, Any]:
    if state.user_id:
        return {"connection_id": None, "project_id": None, "ref": None}
    return asdict(ref_key_of_subject(state.subject_key))


def _record(row: Row[Any]) -> SentMessage:
    return SentMessage(row.message_id, row.text, row.at, row.bot_id)
