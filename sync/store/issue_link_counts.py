"""Count two-way links, and find those that wait for something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, case, cast, func, or_, select

from sync.core.issue_sync.link import LinkState
from sync.store.issue_link_queue import is_due
from sync.store.issue_link_rows import COLUMNS, IS_DIRTY, IssueLinkRow, rows_of
from sync.store.issue_links import load
from sync.store.tables import issue_link, issue_link_entry


@dataclass(frozen=True, slots=True)
class Progress:
    """How many links of a pair there are.

    `linked`: with both ends, of which `held` wait for a person.
    `failed`: those that could not be worked on, and those whose other end a side refused;
    `waiting`: for work now.
    """

    total: int
    done: int
    linked: int
    held: int
    failed: int
    waiting: int


def progress(conn: Connection, connection_id: int, pair: str, now: datetime) -> Progress:
    """Count the links of a pair that have not ended."""
    link = issue_link.c
    is_failed = link.error != ""
    is_done = ~IS_DIRTY & ~is_failed
    has_both = link.tracker_id.is_not(None) & link.task_id.is_not(None)
    is_refused = is_done & ~has_both & cast(link.state, Text).like('%"refused":%')
    is_held = is_done & has_both & cast(link.state, Text).like('%"waiting":%')
    is_linked, is_waiting = is_done & has_both, ~is_done & is_due(now)
    conditions = (is_done, is_linked, is_held, is_failed | is_refused, is_waiting)
    counts = [func.coalesce(func.sum(case((each, 1), else_=0)), 0) for each in conditions]
    same = (link.connection_id == connection_id) & (link.pair == pair)
    row = conn.execute(select(func.count(), *counts).where(same, ~link.ended)).one()
    return Progress(*map(int, row))


def waiting(conn: Connection, connection_id: int, pair: str) -> tuple[LinkState, ...]:
    """Return the links of a pair that may wait for one of their ends."""
    is_waiting = cast(issue_link.c.state, Text).like('%"waiting":%')
    same = (issue_link.c.connection_id == connection_id) & (issue_link.c.pair == pair)
    keys = conn.scalars(select(issue_link.c.key).where(same, is_waiting, ~issue_link.c.ended))
    return tuple(load(conn, keys.all()).values())


def count_alive(conn: Connection, connection_id: int) -> int:
    """Return how many links of a connection have not ended."""
    query = select(func.count()).where(
        issue_link.c.connection_id == connection_id, ~issue_link.c.ended
    )
    return conn.scalar(query) or 0


def count_of_pair(conn: Connection, connection_id: int, pair: str) -> int:
    """Return how many links of a pair have not ended."""
    same = (issue_link.c.connection_id == connection_id) & (issue_link.c.pair == pair)
    return conn.scalar(select(func.count()).where(same, ~issue_link.c.ended)) or 0


def count_of_portal(conn: Connection, portal_id: int) -> int:
    """Return how many links of a portal have not ended."""
    query = select(func.count()).where(issue_link.c.portal_id == portal_id, ~issue_link.c.ended)
    return conn.scalar(query) or 0


def with_trouble(
    conn: Connection, portal_id: int, limit: int | None = None
) -> tuple[IssueLinkRow, ...]:
    """Return the portal's links that may wait for somebody, the oldest first, up to `limit`.

    What is stored leaves out what is empty, so that its words name the candidates; whether a link
    does wait says its state.
    """
    state = cast(issue_link.c.state, Text)
    refused = (
        select(issue_link_entry.c.link_id)
        .where(issue_link_entry.c.link_id == issue_link.c.id)
        .where(cast(issue_link_entry.c.body, Text).like("%refused%"))
    )
    names = ("waiting", "clashes", "problems", "refused", "pause")
    troubled = or_(
        issue_link.c.error != "",
        refused.exists(),
        *(state.like(f'%"{name}":%') for name in names),
    )
    query = select(*COLUMNS).where(issue_link.c.portal_id == portal_id, ~issue_link.c.ended)
    return rows_of(conn, query.where(troubled).order_by(issue_link.c.id).limit(limit))
