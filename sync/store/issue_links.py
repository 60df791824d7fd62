"""Store two-way links of tasks and issues: states, ledgers, journals, stories, conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from sync.core.issue_sync.codec import decode, decode_part, encode, encode_part
from sync.core.issue_sync.link import Conflict, Entry, LinkState, PlannedWrite, StoryLine, ValuePair
from sync.core.issue_sync.model import SideName
from sync.store.db.upsert import chunks, insert, upsert
from sync.store.tables import (
    issue_link,
    issue_link_conflict,
    issue_link_entry,
    issue_link_story,
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


T = TypeVar("T")

_COLUMNS = [issue_link.c[name] for name in IssueLinkRow.__dataclass_fields__]
_IS_DIRTY = issue_link.c.version > issue_link.c.done_version
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
        entries = _bodies(conn, issue_link_entry, Entry, ids)
        pending = _bodies(conn, issue_link_write, PlannedWrite, ids)
        for link_id in ids:
            states[link_id] = replace(
                states[link_id],
                entries=tuple(entries.get(link_id, ())),
                pending=tuple(pending.get(link_id, ())),
            )
    return {link.key: link for link in states.values()}


def save(conn: Connection, link: LinkState, before: LinkState | None) -> None:
    """Store a link's state; of its ledger and journal what differs from `before`."""
    link_id = _id(conn, link.key)
    slim = replace(link, entries=(), pending=())
    values = {"state": encode(slim), "ended": bool(link.ended), **_ends(link)}
    conn.execute(update(issue_link).where(issue_link.c.id == link_id).values(**values))
    for name, table in _PARTS.items():
        old = getattr(before, name) if before is not None else ()
        _save_parts(conn, table, link_id, old, getattr(link, name))


def add_story(conn: Connection, key: str, lines: Sequence[StoryLine]) -> None:
    """Append to a link's story."""
    if lines:
        query = select(issue_link.c.id, issue_link.c.portal_id).where(issue_link.c.key == key)
        link_id, portal_id = conn.execute(query).one()
        rows = [
            {
                "portal_id": portal_id,
                "link_id": link_id,
                "at": line.at,
                "kind": line.kind,
                "field": line.field,
                "side": line.side or "",
                "text": line.text,
            }
            for line in lines
        ]
        conn.execute(issue_link_story.insert(), rows)


def add_conflicts(conn: Connection, key: str, conflicts: Sequence[Conflict]) -> None:
    """Keep conflicts with both values."""
    if conflicts:
        link_id = _id(conn, key)
        rows = [
            {
                "link_id": link_id,
                "field": conflict.field,
                "body": encode_part(conflict.values),
                "winner": conflict.winner or "",
                "at": conflict.at,
            }
            for conflict in conflicts
        ]
        conn.execute(issue_link_conflict.insert(), rows)


def story(conn: Connection, link_id: int, limit: int = 200) -> tuple[StoryLine, ...]:
    """Return the last lines of a link's story, the oldest first."""
    query = (
        select(issue_link_story)
        .where(issue_link_story.c.link_id == link_id)
        .order_by(issue_link_story.c.id.desc())
        .limit(limit)
    )
    return tuple(
        StoryLine(row.at, row.kind, row.text, row.field, SideName(row.side) if row.side else None)
        for row in reversed(conn.execute(query).all())
    )


def conflicts(conn: Connection, link_id: int) -> tuple[Conflict, ...]:
    """Return the conflicts of a link, the oldest first."""
    query = (
        select(issue_link_conflict)
        .where(issue_link_conflict.c.link_id == link_id)
        .order_by(issue_link_conflict.c.id)
    )
    return tuple(
        Conflict(
            row.field,
            decode_part(ValuePair, row.body),
            SideName(row.winner) if row.winner else None,
            row.at,
        )
        for row in conn.execute(query)
    )


def is_due(now: Any) -> ColumnElement[bool]:
    """Build the condition of links to work on at `now`, a moment or a parameter."""
    return and_(issue_link.c.due_at.is_not(None), issue_link.c.due_at <= now)


def due(conn: Connection, portal_id: int, now: datetime, limit: int) -> tuple[IssueLinkRow, ...]:
    """Return the links that wait longest, those of which something was heard first."""
    query = (
        select(*_COLUMNS)
        .where(issue_link.c.portal_id == portal_id, is_due(now))
        .order_by(_IS_DIRTY.desc(), issue_link.c.due_at, issue_link.c.id)
        .limit(limit)
    )
    return _rows(conn, query)


def soon(
    conn: Connection, connection_id: int, pair: str, now: datetime, limit: int
) -> tuple[IssueLinkRow, ...]:
    """Return links of a pair of which something was heard that is not due yet, the first first."""
    same = (issue_link.c.connection_id == connection_id) & (issue_link.c.pair == pair)
    waits = _IS_DIRTY & (issue_link.c.due_at > now) & (issue_link.c.error == "")
    query = select(*_COLUMNS).where(same, waits, ~issue_link.c.ended)
    return _rows(conn, query.order_by(issue_link.c.due_at, issue_link.c.id).limit(limit))


def of_connection(conn: Connection, connection_id: int) -> tuple[IssueLinkRow, ...]:
    """Return all links of a connection, ended ones too."""
    query = select(*_COLUMNS).where(issue_link.c.connection_id == connection_id)
    return _rows(conn, query.order_by(issue_link.c.id))


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
    query = select(*_COLUMNS).where(issue_link.c.portal_id == portal_id, ends)
    if connection_id is not None:
        query = query.where(issue_link.c.connection_id == connection_id)
    return _rows(conn, query.order_by(issue_link.c.id))


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
    query = select(*_COLUMNS).where(issue_link.c.connection_id == connection_id, or_(*ends))
    return _rows(conn, query.order_by(issue_link.c.id))


def by_key(conn: Connection, key: str) -> IssueLinkRow | None:
    """Return a link by its key."""
    return next(iter(_rows(conn, select(*_COLUMNS).where(issue_link.c.key == key))), None)


def of_pair(conn: Connection, connection_id: int, pair: str) -> tuple[IssueLinkRow, ...]:
    """Return the links of a pair that have not ended."""
    same = (issue_link.c.connection_id == connection_id) & (issue_link.c.pair == pair)
    return _rows(conn, select(*_COLUMNS).where(same, ~issue_link.c.ended))


@dataclass(frozen=True, slots=True)
class Progress:
    """How many links of a pair there are. `created`: with both ends; `waiting`: for work now."""

    total: int
    done: int
    created: int
    failed: int
    waiting: int


def progress(conn: Connection, connection_id: int, pair: str, now: datetime) -> Progress:
    """Count the links of a pair that have not ended."""
    link = issue_link.c
    is_failed = link.error != ""
    is_done = ~_IS_DIRTY & ~is_failed
    has_both = link.tracker_id.is_not(None) & link.task_id.is_not(None)
    conditions = (is_done, is_done & has_both, is_failed, ~is_done & is_due(now))
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


def with_trouble(conn: Connection, portal_id: int) -> tuple[IssueLinkRow, ...]:
    """Return the portal's links that may wait for somebody, the oldest first.

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
    query = select(*_COLUMNS).where(issue_link.c.portal_id == portal_id, ~issue_link.c.ended)
    return _rows(conn, query.where(troubled).order_by(issue_link.c.id))


def mark_dirty(
    conn: Connection, ids: Iterable[int], cause: str, now: datetime, due_at: datetime | None = None
) -> int:
    """Mark links for work and return how many; one that waits already keeps its place.

    `cause`: the side that may have changed, or whatever else it is; a link with two of them is
    looked at on both sides. `due_at`: when there is time enough, for what is likely our own doing.
    """
    due_at, marked = due_at or now, 0
    waits = _IS_DIRTY & issue_link.c.due_at.is_not(None) & (issue_link.c.due_at <= due_at)
    other = _IS_DIRTY & (issue_link.c.cause != cause)
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
    seen: Mapping[str, Any] | None = None,
    heard_at: datetime | None = None,
) -> None:
    """End the work on a link as far as it was seen; what was heard meanwhile keeps it dirty.

    `seen`: columns of what was read and written. `heard_at`: when what was heard meanwhile is to be
    looked at, where it is likely our own doing.
    """
    link = issue_link.c
    heard = link.due_at if heard_at is None else literal(heard_at, link.due_at.type)
    same, rested = link.version == row.version, literal(look_at, link.due_at.type)
    values: dict[str, Any] = {
        "done_version": row.version,
        "due_at": case((same, rested), else_=heard),
        "attempts": 0,
        "error": "",
        **(seen or {}),
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


def _rows(conn: Connection, query: Any) -> tuple[IssueLinkRow, ...]:
    return tuple(IssueLinkRow(*row) for row in conn.execute(query))


def _id(conn: Connection, key: str) -> int:
    return int(conn.scalars(select(issue_link.c.id).where(issue_link.c.key == key)).one())


def _ends(link: LinkState) -> dict[str, str | None]:
    tracker = link.addresses.get(SideName.TRACKER)
    portal = link.addresses.get(SideName.PORTAL)
    return {
        "tracker_id": tracker.id if tracker else None,
        "tracker_number": f"{tracker.project}/{tracker.number}" if tracker else "",
        "task_id": portal.id if portal else None,
    }


def _bodies(
    conn: Connection, table: Table, kind: type[T], link_ids: Sequence[int]
) -> dict[int, list[T]]:
    query = select(table.c.link_id, table.c.body).where(table.c.link_id.in_(link_ids))
    bodies: dict[int, list[T]] = {}
    for row in conn.execute(query.order_by(table.c.link_id, table.c.position)):
        bodies.setdefault(row.link_id, []).append(decode_part(kind, row.body))
    return bodies


def _save_parts(
    conn: Connection, table: Table, link_id: int, before: Sequence[Any], parts: Sequence[Any]
) -> None:
    """Write the parts that changed, and delete those that are gone."""
    old = {_key(part): (position, part) for position, part in enumerate(before)}
    new = {_key(part): (position, part) for position, part in enumerate(parts)}
    gone = [key for key in old if key not in new]
    for piece in chunks(gone):
        conn.execute(delete(table).where(table.c.link_id == link_id, table.c.key.in_(piece)))
    rows = [
        {"link_id": link_id, "key": key, "position": position, "body": encode_part(part)}
        for key, (position, part) in new.items()
        if old.get(key) != (position, part)
    ]
    upsert(conn, table, rows, keys=("link_id", "key"), update=("position", "body"))


def _key(part: Entry | PlannedWrite) -> str:
    return part.key if isinstance(part, Entry) else f"{part.side}:{part.write.key}"
