"""Which two-way links wait for work, and when they are looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, literal, select, update

from sync.store.db.upsert import chunks
from sync.store.issue_link_rows import COLUMNS, IS_DIRTY, IssueLinkRow, rows_of
from sync.store.tables import issue_link


def is_due(now: Any) -> ColumnElement[bool]:
    """Build the condition of links to work on at `now`, a moment or a parameter."""
    return and_(issue_link.c.due_at.is_not(None), issue_link.c.due_at <= now)


def due(conn: Connection, portal_id: int, now: datetime, limit: int) -> tuple[IssueLinkRow, ...]:
    """Return the links that wait longest, those of which something was heard first."""
    query = (
        select(*COLUMNS)
        .where(issue_link.c.portal_id == portal_id, is_due(now))
        .order_by(IS_DIRTY.desc(), issue_link.c.due_at, issue_link.c.id)
        .limit(limit)
    )
    return rows_of(conn, query)


def soon(
    conn: Connection, connection_id: int, pair: str, now: datetime, limit: int
) -> tuple[IssueLinkRow, ...]:
    """Return links of a pair of which something was heard that is not due yet, the first first."""
    same = (issue_link.c.connection_id == connection_id) & (issue_link.c.pair == pair)
    waits = IS_DIRTY & (issue_link.c.due_at > now) & (issue_link.c.error == "")
    query = select(*COLUMNS).where(same, waits, ~issue_link.c.ended)
    return rows_of(conn, query.order_by(issue_link.c.due_at, issue_link.c.id).limit(limit))


def mark_dirty(
    conn: Connection, ids: Iterable[int], cause: str, now: datetime, due_at: datetime | None = None
) -> int:
    """Mark links for work and return how many; one that waits already keeps its place.

    `cause`: the side that may have changed, or whatever else it is; a link with two of them is
    looked at on both sides. `due_at`: when there is time enough, for what is likely our own doing.
    """
    due_at, marked = due_at or now, 0
    waits = IS_DIRTY & issue_link.c.due_at.is_not(None) & (issue_link.c.due_at <= due_at)
    other = IS_DIRTY & (issue_link.c.cause != cause)
    for piece in chunks(ids):
        changed = {
            "version": issue_link.c.version + 1,
            "cause": case((other, ""), else_=cause),
            "attempts": 0,
            "due_at": case((waits, issue_link.c.due_at), else_=due_at),
        }
        statement = update(issue_link).where(issue_link.c.id.in_(piece)).values(**changed)
        marked += conn.execute(statement).rowcount
    return marked


def finish(
    conn: Connection,
    row: IssueLinkRow,
    look_at: datetime | None,
    columns: Mapping[str, Any] | None = None,
    heard_at: datetime | None = None,
) -> None:
    """End the work on a link as far as it was seen; what was heard meanwhile keeps it dirty.

    `columns`: of what was read and written. `heard_at`: when what was heard meanwhile is to be
    looked at, where it is likely our own doing.
    """
    link = issue_link.c
    waiting = link.due_at if heard_at is None else literal(heard_at, link.due_at.type)
    same, rested = link.version == row.version, literal(look_at, link.due_at.type)
    values: dict[str, Any] = {
        "done_version": row.version,
        "due_at": case((same, rested), else_=waiting),
        "attempts": 0,
        "error": "",
        **(columns or {}),
    }
    conn.execute(update(issue_link).where(link.id == row.id).values(**values))


def postpone(conn: Connection, row: IssueLinkRow, until: datetime, error: str) -> None:
    """Let a link wait until then; both its ends are looked at after that."""
    values = {
        "due_at": until,
        "attempts": issue_link.c.attempts + 1,
        "error": error,
        "cause": "",
    }
    conn.execute(update(issue_link).where(issue_link.c.id == row.id).values(**values))
