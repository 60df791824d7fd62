"""Store two-way links of tasks and issues with their states, and find them by their ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    or_,
    select,
    update,
)

from sync.core.issue_sync.codec import decode, encode
from sync.core.issue_sync.link import Entry, LinkState, PlannedWrite
from sync.core.issue_sync.model import SideName
from sync.store.db.upsert import chunks, insert
from sync.store.issue_link_parts import read_parts, save_parts
from sync.store.tables import (
    issue_link,
    issue_link_entry,
    issue_link_write,
)


@dataclass(frozen=True, slots=True)
class IssueLinkRow:
    """A link as stored, without its state. It is dirty while `version` > `done_version`.

    `cause`: the side that may have changed; anything else: both. `tracker_seen`, `portal_seen`: the
    versions of the ends as last read whole; `answered`: of the tracker's, as our last write was
    answered; `written_at`: when we last wrote to either.
    """

    id: int
    portal_id: int
    connection_id: int
    key: str
    pair: str
    tracker_id: str | None
    tracker_number: str
    task_id: str | None
    ended: bool
    version: int
    done_version: int
    cause: str
    due_at: datetime | None
    attempts: int
    error: str
    created_at: datetime
    tracker_seen: str
    portal_seen: str
    answered: str
    written_at: datetime | None

    @property
    def is_dirty(self) -> bool:
        """Whether something was heard that was not looked at yet."""
        return self.version > self.done_version


COLUMNS = [issue_link.c[name] for name in IssueLinkRow.__dataclass_fields__]
IS_DIRTY = issue_link.c.version > issue_link.c.done_version
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


def by_ends(
    conn: Connection,
    portal_id: int,
    *,
    task_ids: Iterable[str] = (),
    tracker_ids: Iterable[str] = (),
    tracker_numbers: Iterable[str] = (),
    connection_id: int | None = None,
) -> tuple[IssueLinkRow, ...]:
    """Return the portal's links that have one of these tasks or issues as an end.

    `tracker_numbers`: of issues, with the project's id before, as `7/12`.
    """
    ends = or_(
        issue_link.c.task_id.in_(list(task_ids)),
        issue_link.c.tracker_id.in_(list(tracker_ids)),
        issue_link.c.tracker_number.in_(list(tracker_numbers)),
    )
    query = select(*COLUMNS).where(issue_link.c.portal_id == portal_id, ends)
    if connection_id is not None:
        query = query.where(issue_link.c.connection_id == connection_id)
    return rows_of(conn, query.order_by(issue_link.c.id))


def by_readable_numbers(
    conn: Connection, connection_id: int, numbers: Iterable[str]
) -> tuple[IssueLinkRow, ...]:
    """Return the links of issues by the numbers that people name them by, whatever the project.

    For a tracker whose readable numbers are unique in the instance.
    """
    ends = [
        issue_link.c.tracker_number.endswith(f"/{number}", autoescape=True) for number in numbers
    ]
    if not ends:
        return ()
    query = select(*COLUMNS).where(issue_link.c.connection_id == connection_id, or_(*ends))
    return rows_of(conn, query.order_by(issue_link.c.id))


def by_key(conn: Connection, key: str) -> IssueLinkRow | None:
    """Return a link by its key."""
    return next(iter(rows_of(conn, select(*COLUMNS).where(issue_link.c.key == key))), None)


def of_pair(conn: Connection, connection_id: int, pair: str) -> tuple[IssueLinkRow, ...]:
    """Return the links of a pair that have not ended."""
    same = (issue_link.c.connection_id == connection_id) & (issue_link.c.pair == pair)
    return rows_of(conn, select(*COLUMNS).where(same, ~issue_link.c.ended))


def rows_of(conn: Connection, query: Any) -> tuple[IssueLinkRow, ...]:
    """Return the links that a query of COLUMNS finds."""
    return tuple(IssueLinkRow(*row) for row in conn.execute(query))


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
