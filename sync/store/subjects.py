"""Store subjects to reconcile, each with a version that grows with every mark."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from sync.store.db.bulk import execute_many
from sync.store.db.upsert import chunks, upsert
from sync.store.rows import SubjectRow
from sync.store.tables import command, in_literals, subject

Mark = tuple[str, str, str]  # kind, key, cause

_IS_DIRTY = in_literals(subject.c.state, "dirty")
_COLUMNS = [subject.c[name] for name in SubjectRow.__dataclass_fields__]


def mark_dirty_many(conn: Connection, portal_id: int, marks: Iterable[Mark], now: datetime) -> None:
    """Mark subjects for reconciling; the causes of one subject are joined.

    They queue in the given order, so that chats receive messages in the order of events. A subject
    that waits already keeps its place. One that failed or is dead is tried anew, because its data
    changed.
    """
    causes: dict[tuple[str, str], list[str]] = {}
    for kind, key, cause in marks:
        existing = causes.setdefault((kind, key), [])
        if cause not in existing:
            existing.append(cause)
    places = {of: number for number, of in enumerate(causes)}
    rows = [
        {
            "portal_id": portal_id,
            "kind": kind,
            "key": key,
            "cause": "; ".join(texts),
            "dirty_at": now + timedelta(microseconds=places[kind, key]),
        }
        for (kind, key), texts in sorted(causes.items())  # one order for all: no deadlock
    ]
    upsert(conn, subject, rows, keys=["portal_id", "kind", "key"], update=_marked_again)


def is_due(now: Any) -> ColumnElement[bool]:
    """Build the condition of subjects to reconcile at `now`, a moment or a parameter."""
    return _IS_DIRTY & or_(subject.c.next_at.is_(None), subject.c.next_at <= now)


def due_subjects(portal_id: Any, now: Any) -> Select[Any]:
    """Select the due subjects without a command in flight, the longest waiting first.

    The parameter `most` bounds how many.
    """
    in_flight = exists().where(
        command.c.portal_id == subject.c.portal_id,
        command.c.subject_kind == subject.c.kind,
        command.c.subject_key == subject.c.key,
        in_literals(command.c.state, "waiting", "sending"),
        command.c.state == "sending",
    )
    return (
        select(*_COLUMNS)
        .where(subject.c.portal_id == portal_id, is_due(now), ~in_flight)
        .order_by(subject.c.dirty_at, subject.c.kind, subject.c.key)
        .limit(bindparam("most", type_=Integer))
    )


def next_dirty(
    conn: Connection, portal_id: int, limit: int, now: datetime
) -> tuple[SubjectRow, ...]:
    """Return the subjects that wait longest; the caller holds the portal's lane."""
    query = (
        select(*_COLUMNS)
        .where(subject.c.portal_id == portal_id, is_due(now))
        .order_by(subject.c.dirty_at, subject.c.kind, subject.c.key)
        .limit(limit)
    )
    return tuple(SubjectRow(*row) for row in conn.execute(query))


def get(conn: Connection, portal_id: int, kind: str, key: str) -> SubjectRow | None:
    """Return a subject, or None."""
    row = conn.execute(select(*_COLUMNS).where(_same_subject(portal_id, kind, key))).one_or_none()
    return None if row is None else SubjectRow(*row)


def dirty_keys(conn: Connection, portal_id: int, kind: str, keys: Iterable[str]) -> frozenset[str]:
    """Return those of the keys that wait to be reconciled."""
    matching: set[str] = set()
    for piece in chunks(set(keys)):
        same = subject.c.portal_id == portal_id, subject.c.kind == kind, subject.c.key.in_(piece)
        matching.update(conn.scalars(select(subject.c.key).where(*same, _IS_DIRTY)))
    return frozenset(matching)


def clean(conn: Connection, portal_id: int, kind: str, key: str, version: int) -> bool:
    """Finish a subject's version; return False if it was marked again meanwhile."""
    same = _same_subject(portal_id, kind, key) & (subject.c.version == version)
    values = {"state": "clean", "attempts": 0, "next_at": None, "error": ""}
    return conn.execute(update(subject).where(same).values(**values)).rowcount == 1


def clean_many(conn: Connection, portal_id: int, versions: Iterable[tuple[str, str, int]]) -> None:
    """Finish many (kind, key, version); those marked again meanwhile stay dirty."""
    rows = [
        {"of_portal": portal_id, "of_kind": kind, "of_key": key, "seen": version}
        for kind, key, version in versions
    ]
    execute_many(conn, _CLEAN, rows)


def fail(
    conn: Connection, portal_id: int, kind: str, key: str, *, error: str, next_at: datetime
) -> None:
    """Record the error of a subject and when to try it again."""
    attempts = subject.c.attempts + 1
    _set(conn, portal_id, kind, key, error=error, next_at=next_at, attempts=attempts)


def postpone(
    conn: Connection, portal_id: int, kind: str, key: str, version: int, until: datetime
) -> None:
    """Keep a subject dirty until then, unless it was marked again meanwhile."""
    same = _same_subject(portal_id, kind, key) & (subject.c.version == version)
    conn.execute(update(subject).where(same).values(next_at=until, attempts=0, error=""))


def mark_dead(conn: Connection, portal_id: int, kind: str, key: str, *, error: str) -> None:
    """Record the error of a subject and stop trying until it is replayed or marked again."""
    _set(conn, portal_id, kind, key, error=error, state="dead", next_at=None)


def dead(conn: Connection, portal_id: int, limit: int = 100) -> tuple[SubjectRow, ...]:
    """Return the portal's dead subjects."""
    where = (subject.c.portal_id == portal_id, subject.c.state == "dead")
    query = select(*_COLUMNS).where(*where).order_by(subject.c.kind, subject.c.key).limit(limit)
    return tuple(SubjectRow(*row) for row in conn.execute(query))


def replay(
    conn: Connection, portal_id: int, now: datetime, kind: str | None = None, key: str | None = None
) -> int:
    """Mark stored subjects dirty (all, of one kind, or one) and return how many."""
    where = [subject.c.portal_id == portal_id]
    if kind is not None:
        where.append(subject.c.kind == kind)
    if key is not None:
        where.append(subject.c.key == key)
    values: dict[str, Any] = _initial_state() | {"cause": "replayed", "dirty_at": now}
    return conn.execute(update(subject).where(*where).values(**values)).rowcount


def counts(conn: Connection, portal_id: int) -> dict[str, int]:
    """Count the subjects by state; `held` are dirty ones that were postponed."""
    held = and_(_IS_DIRTY, subject.c.next_at.is_not(None), subject.c.attempts == 0)
    state = case((held, "held"), else_=subject.c.state)
    query = select(state, func.count()).where(subject.c.portal_id == portal_id)
    return dict(conn.execute(query.group_by(state)).all())


def portals_with_work(conn: Connection, now: datetime) -> tuple[int, ...]:
    """Return the ids of portals that have a subject due."""
    query = select(subject.c.portal_id).where(is_due(now)).distinct()
    return tuple(conn.scalars(query.order_by(subject.c.portal_id)))


def _initial_state() -> dict[str, Any]:
    return {
        "state": "dirty",
        "version": subject.c.version + 1,
        "attempts": 0,
        "next_at": None,
        "error": "",
    }


def _marked_again(new: Any) -> dict[str, Any]:
    return _initial_state() | {
        "cause": new.cause,
        "dirty_at": case((_IS_DIRTY, subject.c.dirty_at), else_=new.dirty_at),
    }


def _same_subject(portal_id: Any, kind: Any, key: Any) -> Any:
    return (subject.c.portal_id == portal_id) & (subject.c.kind == kind) & (subject.c.key == key)


def _set(conn: Connection, portal_id: int, kind: str, key: str, **values: Any) -> None:
    conn.execute(update(subject).where(_same_subject(portal_id, kind, key)).values(**values))


_CLEAN = (
    update(subject)
    .where(
        _same_subject(bindparam("of_portal"), bindparam("of_kind"), bindparam("of_key")),
        subject.c.version == bindparam("seen"),
    )
    .values(state="clean", attempts=0, next_at=None, error="")
)
