"""The outbox: commands that were decided, until the other side has answered each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from sync.core.model.commands import encode
from sync.core.model.plans import PlannedCommand, encode_records
from sync.store.db.bulk import execute_many
from sync.store.db.types import dump_json
from sync.store.db.upsert import chunks
from sync.store.rows import CommandRow
from sync.store.tables import command, in_literals

SubjectId = tuple[str, str]  # kind, key

_LANE: tuple[BindParameter[Any], BindParameter[Any]] = bindparam("of_portal"), bindparam("of_lane")
_NOW: BindParameter[Any] = bindparam("now")
_IS_LIVE = in_literals(
    command.c.state, "waiting", "sending"
)  # what the index of live commands holds
_COLUMNS = [
    type_coerce(command.c.reason, Text) if name == "stored_reason" else command.c[name]
    for name in CommandRow.__dataclass_fields__
]
_INSERT = command.insert()
_END = (
    update(command)
    .where(command.c.id == bindparam("of_id"))
    .values(
        {name: bindparam(name) for name in ("state", "done_at", "answer", "error")}
        | {"next_at": None}
    )
)


def replace_waiting(
    conn: Connection,
    portal_id: int,
    lane: str,
    subject_keys: Mapping[SubjectId, Sequence[PlannedCommand]],
    now: datetime,
    *,
    stored: Sequence[CommandRow] | None = None,
) -> None:
    """Make `wanted` the only waiting commands of each of the subjects, to be sent in the lane.

    `stored`: their commands where they are read already (`waiting_and_refused`).
    A waiting command that is wanted still keeps its place, attempts and time of the next try.
    """
    obsolete_ids: list[int] = []
    new: list[dict[str, Any]] = []
    if stored is None:
        waiting = _waiting_of(conn, portal_id, list(subject_keys))
    else:
        waiting = _group_by_subject(row for row in stored if row.state == "waiting")
    for subject, commands in subject_keys.items():
        remaining = {
            _fingerprint(row.lane, row.key, row.kind, [row.payload, row.records]): row.id
            for row in waiting.get(subject, ())
        }
        for planned in commands:
            row = _row(portal_id, lane, subject, planned, now)
            if not remaining or remaining.pop(_row_fingerprint(row), None) is None:
                new.append(row)
        obsolete_ids += remaining.values()
    for piece in chunks(obsolete_ids):
        conn.execute(delete(command).where(command.c.id.in_(piece)))
    execute_many(conn, _INSERT, new)


def is_due(now: Any) -> ColumnElement[bool]:
    """Build the condition of commands that may be sent at `now`, a moment or a parameter."""
    portal_ids = or_(command.c.next_at.is_(None), command.c.next_at <= now)
    return _IS_LIVE & (command.c.state == "waiting") & portal_ids


def is_in_flight() -> ColumnElement[bool]:
    """Build the condition of commands whose answer is not known."""
    return _IS_LIVE & (command.c.state == "sending")


def waiting(
    conn: Connection, portal_id: int, lane: str, limit: int, now: datetime
) -> tuple[CommandRow, ...]:
    """Return the lane's commands that may be sent now, in order.

    A command whose subject has an earlier one being sent, or put off, waits for it.
    """
    parameters = {"of_portal": portal_id, "of_lane": lane, "now": now, "most": limit}
    return tuple(CommandRow(*row) for row in conn.execute(_waiting(), parameters))


@cache
def _waiting() -> Select[Any]:
    """Build the statement once: that takes longer than running it."""
    held = _blocked_subjects()
    of = held.c.subject_kind == command.c.subject_kind, held.c.subject_key == command.c.subject_key
    free = or_(held.c.since.is_(None), held.c.since > command.c.id)
    return (
        select(*_COLUMNS)
        .outerjoin(held, and_(*of))
        .where(_in_lane(*_LANE), is_due(_NOW), free)
        .order_by(command.c.id)
        .limit(bindparam("most"))
    )


def _blocked_subjects() -> Any:
    """Select the lane's subjects with a command being sent, or put off; `since` which of theirs.

    Grouped, it is looked through once; asked for each command, it would be as often as there are.
    """
    sending = command.c.state == "sending"
    return (
        select(
            command.c.subject_kind,
            command.c.subject_key,
            func.min(case((sending, 0), else_=command.c.id)).label("since"),
        )
        .where(_in_lane(*_LANE), _IS_LIVE, or_(sending, command.c.next_at > _NOW))
        .group_by(command.c.subject_kind, command.c.subject_key)
        .subquery()
    )


def in_flight(conn: Connection, portal_id: int, lane: str) -> tuple[CommandRow, ...]:
    """Commands whose answer is not known: to be settled before anything else of their subject."""
    where = (_in_lane(portal_id, lane), is_in_flight())
    return _read_rows(conn, select(*_COLUMNS).where(*where).order_by(command.c.id))


def mark_sending(conn: Connection, ids: Sequence[int], now: datetime) -> None:
    """Mark commands as being sent: what becomes of them is not known until they end."""
    values = {"state": "sending", "sent_at": now, "attempts": command.c.attempts + 1}
    for piece in chunks(ids):
        conn.execute(update(command).where(command.c.id.in_(piece)).values(**values))


def mark_done(conn: Connection, answers: Mapping[int, Any], now: datetime) -> None:
    """End commands, each (by id) with what the other side answered."""
    execute_many(
        conn,
        _END,
        [
            {"of_id": key, "state": "done", "done_at": now, "answer": answer, "error": ""}
            for key, answer in answers.items()
        ],
    )


def mark_refused(
    conn: Connection, errors: Mapping[int, str], now: datetime, *, answer: Any = None
) -> None:
    """End commands that the other side will never accept (by id, with why)."""
    execute_many(
        conn,
        _END,
        [
            {"of_id": key, "state": "refused", "done_at": now, "answer": answer, "error": error}
            for key, error in errors.items()
        ],
    )


def drop(conn: Connection, ids: Sequence[int], now: datetime, reason: str) -> None:
    """End commands that are not to be sent after all: their subject is decided anew."""
    values = {"state": "dropped", "done_at": now, "error": reason}
    for piece in chunks(ids):
        conn.execute(update(command).where(command.c.id.in_(piece)).values(**values))


def postpone(conn: Connection, command_id: int, next_at: datetime, error: str) -> None:
    """Have the command tried again at `next_at`."""
    values = {"state": "waiting", "next_at": next_at, "error": error}
    conn.execute(update(command).where(command.c.id == command_id).values(**values))


def refused(conn: Connection, portal_id: int, limit: int = 100) -> tuple[CommandRow, ...]:
    """Return the dead commands, newest first."""
    where = (command.c.portal_id == portal_id, command.c.state == "refused")
    return _read_rows(
        conn, select(*_COLUMNS).where(*where).order_by(command.c.id.desc()).limit(limit)
    )


def refused_messages(conn: Connection, portal_id: int, place: str, error: str) -> tuple[int, ...]:
    """Read the ids of the dead messages for a place that were refused in the same words."""
    same = (
        command.c.kind == "put_message",
        command.c.state == "refused",
        command.c.error == error,
        command.c.payload["place"].as_string() == place,
    )
    query = select(command.c.id).where(command.c.portal_id == portal_id, *same)
    return tuple(conn.scalars(query.order_by(command.c.id)))


def subjects_with_unsent_move(
    conn: Connection, portal_id: int, kind: str, keys: Iterable[str]
) -> set[str]:
    """Read which of the subjects have a move of a task that waits to be sent."""
    return {
        subject_key
        for piece in chunks(keys)
        for subject_key in conn.scalars(
            select(command.c.subject_key).where(
                command.c.portal_id == portal_id,
                command.c.subject_kind == kind,
                command.c.subject_key.in_(piece),
                command.c.kind.in_(("move_task", "set_stage")),
                command.c.state == "waiting",
            )
        )
    }


def by_subject(
    conn: Connection, portal_id: int, kind: str, key: str, limit: int = 100
) -> tuple[CommandRow, ...]:
    """Everything ever decided for the subject, newest first."""
    where = (command.c.subject_kind == kind, command.c.subject_key == key)
    query = select(*_COLUMNS).where(command.c.portal_id == portal_id, *where)
    return _read_rows(conn, query.order_by(command.c.id.desc()).limit(limit))


def replay(conn: Connection, ids: Sequence[int]) -> int:
    """Put refused commands back to waiting and return how many there were."""
    again = {"state": "waiting", "attempts": 0, "next_at": None, "done_at": None, "error": ""}
    count = 0
    for piece in chunks(ids):
        dead = command.c.id.in_(piece) & (command.c.state == "refused")
        count += conn.execute(update(command).where(dead).values(**again)).rowcount
    return count


def counts(conn: Connection, portal_id: int) -> dict[str, int]:
    """How many commands are in each state."""
    query = select(command.c.state, func.count()).where(command.c.portal_id == portal_id)
    return dict(conn.execute(query.group_by(command.c.state)).all())


def count_unanswered(conn: Connection, portal_id: int, before: datetime) -> int:
    """Return how many commands were sent before then and have no answer yet."""
    query = select(func.count()).where(command.c.portal_id == portal_id, is_in_flight())
    return conn.scalar(query.where(command.c.sent_at <= before)) or 0


def lanes_with_work(conn: Connection, now: datetime) -> tuple[tuple[int, str], ...]:
    """(portal, lane) of what may be sent now or must be settled."""
    query = select(command.c.portal_id, command.c.lane)
    query = query.where(or_(is_in_flight(), is_due(now))).distinct()
    rows = conn.execute(query.order_by(command.c.portal_id, command.c.lane))
    return tuple((portal_id, lane) for portal_id, lane in rows)


def waiting_and_refused(
    conn: Connection, portal_id: int, kind: str, keys: Iterable[str]
) -> list[CommandRow]:
    """Return the commands of subjects of a kind that wait, or were refused before."""
    return _of_subjects(conn, portal_id, kind, keys, states=("waiting", "refused"))


def _waiting_of(
    conn: Connection, portal_id: int, subjects: list[SubjectId]
) -> dict[SubjectId, list[CommandRow]]:
    rows: list[CommandRow] = []
    for kind in sorted({kind for kind, _ in subjects}):
        keys = [key for of_kind, key in subjects if of_kind == kind]
        rows += _of_subjects(conn, portal_id, kind, keys, states=("waiting",))
    return _group_by_subject(rows)


def _of_subjects(
    conn: Connection, portal_id: int, kind: str, keys: Iterable[str], *, states: Sequence[str]
) -> list[CommandRow]:
    rows: list[CommandRow] = []
    for piece in chunks(keys):
        query = select(*_COLUMNS).where(
            command.c.portal_id == portal_id,
            command.c.subject_kind == kind,
            command.c.subject_key.in_(piece),
            in_literals(command.c.state, *states),
        )
        rows += _read_rows(conn, query.order_by(command.c.id))
    return rows


def _group_by_subject(rows: Iterable[CommandRow]) -> dict[SubjectId, list[CommandRow]]:
    groups: dict[SubjectId, list[CommandRow]] = {}
    for row in rows:
        groups.setdefault(row.subject, []).append(row)
    return groups


def _fingerprint(lane: str, key: str, kind: str, payload: Any) -> str:
    return json.dumps([lane, key, kind, json.loads(dump_json(payload))], sort_keys=True)


def _row_fingerprint(row: Mapping[str, Any]) -> str:
    return _fingerprint(row["lane"], row["key"], row["kind"], [row["payload"], row["records"]])


def _row(
    portal_id: int, lane: str, subject: SubjectId, planned: PlannedCommand, now: datetime
) -> dict[str, Any]:
    kind, payload = encode(planned.command)
    return {
        "portal_id": portal_id,
        "subject_kind": subject[0],
        "subject_key": subject[1],
        "lane": lane,
        "key": planned.key,
        "kind": kind,
        "payload": payload,
        "records": encode_records(planned.records),
        "reason": planned.reason,
        "created_at": now,
    }


def _in_lane(portal_id: Any, lane: Any) -> Any:
    return (command.c.portal_id == portal_id) & (command.c.lane == lane)


def _read_rows(conn: Connection, query: Any) -> tuple[CommandRow, ...]:
    return tuple(CommandRow(*row) for row in conn.execute(query))
