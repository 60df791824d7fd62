"""Messages in tasks' discussions by what they are about, and what people were last told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, select

from sync.core.alerts.model import ref_key_of_subject
from sync.core.model.task_view import SentMessage
from sync.store.db.upsert import chunks, upsert
from sync.store.tables import chat_message, message, notified_person, notified_state


def by_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int]
) -> dict[int, dict[str, SentMessage]]:
    """Each task's messages by what they are about; a task without any is not in the answer."""
    found: dict[int, dict[str, SentMessage]] = {}
    for piece in chunks(set(task_ids)):
        query = select(message).where(
            message.c.portal_id == portal_id, message.c.task_id.in_(piece)
        )
        for row in conn.execute(query):
            said = SentMessage(row.message_id, row.text, row.at)
            found.setdefault(row.task_id, {})[row.subject_key] = said
    return found


def save(conn: Connection, portal_id: int, said: Mapping[tuple[int, str], SentMessage]) -> None:
    """Remembers messages by task and what they are about."""
    rows = [
        {
            "portal_id": portal_id,
            "task_id": task_id,
            "subject_key": about,
            "message_id": one.message_id,
            "text": one.text,
            "at": one.at,
        }
        for (task_id, about), one in sorted(said.items())
    ]
    keys = ("portal_id", "task_id", "subject_key")
    upsert(conn, message, rows, keys=keys, update=("message_id", "text", "at"))


def notified_states(conn: Connection, portal_id: int, abouts: Iterable[str]) -> dict[str, str]:
    """What people were last told of each; a thing nobody was told of is not in the answer."""
    found: dict[str, str] = {}
    for piece in chunks(set(abouts)):
        query = select(notified_state.c.subject_key, notified_state.c.state).where(
            notified_state.c.portal_id == portal_id, notified_state.c.subject_key.in_(piece)
        )
        found.update(conn.execute(query).all())
    return found


def save_notified_states(
    conn: Connection, portal_id: int, states: Mapping[str, str], now: datetime
) -> None:
    """Remembers what people were told last of refs' pipelines and alerts."""
    rows = [
        {"portal_id": portal_id, "subject_key": about, "state": state, "at": now}
        | asdict(ref_key_of_subject(about))
        for about, state in sorted(states.items())
    ]
    upsert(conn, notified_state, rows, keys=("portal_id", "subject_key"), update=("state", "at"))


def notified_person_states(
    conn: Connection, portal_id: int, abouts: Iterable[str]
) -> dict[str, dict[int, str]]:
    """What each person was last told of each thing by rule."""
    found: dict[str, dict[int, str]] = {}
    for piece in chunks(set(abouts)):
        query = select(
            notified_person.c.subject_key, notified_person.c.user_id, notified_person.c.state
        ).where(notified_person.c.portal_id == portal_id, notified_person.c.subject_key.in_(piece))
        for about, user_id, state in conn.execute(query):
            found.setdefault(about, {})[user_id] = state
    return found


def save_notified_person_states(
    conn: Connection, portal_id: int, states: Mapping[tuple[str, int], str], now: datetime
) -> None:
    """Remembers what people, by thing and portal user, were told last."""
    rows = [
        {
            "portal_id": portal_id,
            "subject_key": about,
            "user_id": user_id,
            "state": state,
            "at": now,
        }
        for (about, user_id), state in sorted(states.items())
    ]
    keys = ("portal_id", "subject_key", "user_id")
    upsert(conn, notified_person, rows, keys=keys, update=("state", "at"))


def first_written_at(
    conn: Connection, portal_id: int, places: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], datetime | None]:
    """When each message was first written."""
    wanted = list(places)
    known = by_tasks(conn, portal_id, {task_id for task_id, _ in wanted})
    return {
        (task_id, about): one.at
        for task_id, about in wanted
        if (one := known.get(task_id, {}).get(about))
    }


def chat_messages(
    conn: Connection, portal_id: int, abouts: Iterable[str]
) -> dict[str, dict[str, SentMessage]]:
    """What chats were told of each thing, by dialog."""
    found: dict[str, dict[str, SentMessage]] = {}
    for piece in chunks(set(abouts)):
        query = select(chat_message).where(
            chat_message.c.portal_id == portal_id, chat_message.c.subject_key.in_(piece)
        )
        for row in conn.execute(query):
            said = SentMessage(row.message_id, row.text, row.at)
            found.setdefault(row.subject_key, {})[row.dialog] = said
    return found


def save_chat_messages(
    conn: Connection, portal_id: int, said: Mapping[tuple[str, str], SentMessage]
) -> None:
    """Remembers messages by what they are about and the dialog."""
    rows = [
        {
            "portal_id": portal_id,
            "subject_key": about,
            "dialog": dialog,
            "message_id": one.message_id,
            "text": one.text,
            "at": one.at,
        }
        for (about, dialog), one in sorted(said.items())
    ]
    keys = ("portal_id", "subject_key", "dialog")
    upsert(conn, chat_message, rows, keys=keys, update=("message_id", "text", "at"))
