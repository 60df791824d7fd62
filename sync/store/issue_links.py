"""Store two-way links of tasks and issues with their states, and find them by their ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    Connection,
    Table,
    select,
    update,
)

from sync.core.issue_sync.codec import decode, encode
from sync.core.issue_sync.link import Entry, LinkState, PlannedWrite
from sync.core.issue_sync.model import SideName
from sync.store.db.upsert import chunks, insert
from sync.store.issue_link_parts import read_parts, save_parts
from sync.store.issue_link_rows import COLUMNS, IssueLinkRow, rows_of
from sync.store.tables import (
    issue_link,
    issue_link_entry,
    issue_link_write,
)

_PARTS: Mapping[str, Table] = {"entries": issue_link_entry, "pending": issue_link_write}


def create(
    conn: Connection,
    portal_id: int,
    connection_id: int,
    pair: str,
    link: LinkState,
    now: datetime,
) -> int | None:
    """Store a new link, dirty; None where either end belongs to one of the pair already."""
    row = {
        "portal_id": portal_id,
        "connection_id": connection_id,
        "key": link.key,
        "pair": pair,
        "state": encode(link),
        "created_at": now,
        "due_at": now,
        **_ends(link),
    }
    statement = insert(conn, issue_link).values(row).on_conflict_do_nothing()
    return conn.scalars(statement.returning(issue_link.c.id)).one_or_none()


def load(conn: Connection, keys: Iterable[str]) -> dict[str, LinkState]:
    """Return the states of links by key, with their ledgers and journals."""
    states: dict[int, LinkState] = {}
    for piece in chunks(keys):
        query = select(issue_link.c.id, issue_link.c.state).where(issue_link.c.key.in_(piece))
        states |= {row.id: decode(row.state) for row in conn.execute(query)}
    for ids in chunks(states):
        entries = read_parts(conn, issue_link_entry, Entry, ids)
        pending = read_parts(conn, issue_link_write, PlannedWrite, ids)
        for link_id in ids:
            states[link_id] = replace(
                states[link_id],
                entries=tuple(entries.get(link_id, ())),
                pending=tuple(pending.get(link_id, ())),
            )
    return {link.key: link for link in states.values()}


def save(conn: Connection, link: LinkState, before: LinkState | None) -> None:
    """Store a link's state; of its ledger and journal what differs from `before`."""
    link_id = id_of(conn, link.key)
    slim = replace(link, entries=(), pending=())
    values = {"state": encode(slim), "ended": bool(link.ended), **_ends(link)}
    conn.execute(update(issue_link).where(issue_link.c.id == link_id).values(**values))
    for name, table in _PARTS.items():
        old = getattr(before, name) if before is not None else ()
        save_parts(conn, table, link_id, old, getattr(link, name))


def of_connection(conn: Connection, connection_id: int) -> tuple[IssueLinkRow, ...]:
    """Return all links of a connection, ended ones too."""
    query = select(*COLUMNS).where(issue_link.c.connection_id == connection_id)
    return rows_of(conn, query.order_by(issue_link.c.id))


def keys_elsewhere(conn: Connection, portal_id: int, connection_id: int) -> dict[str, set[str]]:
    """Return the keys of links that tasks have at other connections, ended ones too, by task."""
    query = select(issue_link.c.task_id, issue_link.c.key).where(
        issue_link.c.portal_id == portal_id,
        issue_link.c.connection_id != connection_id,
        issue_link.c.task_id.is_not(None),
    )
    keys: dict[str, set[str]] = {}
    for task_id, key in conn.execute(query):
        keys.setdefault(task_id, set()).add(key)
    return keys


def linked_ends(conn: Connection, connection_id: int) -> list[tuple[str, str]]:
    """Return the ids of both ends, the tracker's first, of links that have them."""
    link = issue_link.c
    query = select(link.tracker_id, link.task_id).where(
        link.connection_id == connection_id,
        link.tracker_id.is_not(None),
        link.task_id.is_not(None),
        ~link.ended,
    )
    return [(row.tracker_id, row.task_id) for row in conn.execute(query)]


def by_key(conn: Connection, key: str) -> IssueLinkRow | None:
    """Return a link by its key."""
    return next(iter(rows_of(conn, select(*COLUMNS).where(issue_link.c.key == key))), None)


def of_pair(conn: Connection, connection_id: int, pair: str) -> tuple[IssueLinkRow, ...]:
    """Return the links of a pair that have not ended."""
    same = (issue_link.c.connection_id == connection_id) & (issue_link.c.pair == pair)
    return rows_of(conn, select(*COLUMNS).where(same, ~issue_link.c.ended))


def id_of(conn: Connection, key: str) -> int:
    """Return the number of the link with that key."""
    return int(conn.scalars(select(issue_link.c.id).where(issue_link.c.key == key)).one())


def _ends(link: LinkState) -> dict[str, str | None]:
    tracker = link.addresses.get(SideName.TRACKER)
    portal = link.addresses.get(SideName.PORTAL)
    return {
        "tracker_id": tracker.id if tracker else None,
        "tracker_number": f"{tracker.project}/{tracker.number}" if tracker else "",
        "task_id": portal.id if portal else None,
    }
