"""Store how far the lists of two-way sync were read, by pair and side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from sync.core.issue_sync.model import SideName
from sync.store.db.upsert import upsert
from sync.store.tables import connection, issue_sync_list

_KEYS = ("connection_id", "pair", "side")


@dataclass(frozen=True, slots=True)
class ListRow:
    """How far a list was read.

    `since`: everything before it is known; None: nothing was read yet. `cursor`: where a list goes
    on. `change_moments`: when items were changed that may be listed again, in ISO form by id.
    `interval`: seconds between two reads. `imported`: the first reading is over. `halted`: why it
    waits for an administrator. `counted_at`: when its whole census was last taken.
    """

    connection_id: int
    pair: str
    side: SideName
    since: datetime | None = None
    cursor: str | None = None
    change_moments: Mapping[str, str] = field(default_factory=dict)
    interval: int = 60
    next_at: datetime | None = None
    read: int = 0
    imported: bool = False
    halted: str = ""
    agreed_at: datetime | None = None
    counted_at: datetime | None = None


_COLUMNS = [issue_sync_list.c[name] for name in ListRow.__dataclass_fields__]
_CHANGING = tuple(name for name in ListRow.__dataclass_fields__ if name not in _KEYS)


def of_connection(conn: Connection, connection_id: int) -> dict[tuple[str, SideName], ListRow]:
    """Return the lists of a connection by pair and side."""
    query = select(*_COLUMNS).where(issue_sync_list.c.connection_id == connection_id)
    rows = (ListRow(*row) for row in conn.execute(query))
    return {(row.pair, SideName(row.side)): row for row in rows}


def save(conn: Connection, row: ListRow) -> None:
    """Store how far a list was read."""
    values = {name: getattr(row, name) for name in ListRow.__dataclass_fields__}
    values |= {"side": str(row.side), "change_moments": dict(row.change_moments)}
    upsert(conn, issue_sync_list, [values], keys=_KEYS, update=_CHANGING)


def wake(conn: Connection, connection_id: int, side: SideName, now: datetime) -> int:
    """Let the lists of a side be read at once, for something new was heard of."""
    same = (issue_sync_list.c.connection_id == connection_id) & (
        issue_sync_list.c.side == str(side)
    )
    return conn.execute(update(issue_sync_list).where(same).values(next_at=now)).rowcount


def halt(conn: Connection, connection_id: int, pair: str, text: str) -> None:
    """Let a pair wait for an administrator."""
    lists = of_connection(conn, connection_id)
    for side in SideName:
        row = lists.get((pair, side)) or ListRow(connection_id, pair, side)
        save(conn, replace(row, halted=text))


def halted(conn: Connection, portal_id: int) -> dict[tuple[str, str], str]:
    """Return why pairs of a portal wait for an administrator, by connection's name and pair."""
    same = connection.c.id == issue_sync_list.c.connection_id
    query = (
        select(connection.c.name, issue_sync_list.c.pair, issue_sync_list.c.halted)
        .join_from(issue_sync_list, connection, same)
        .where(connection.c.portal_id == portal_id, issue_sync_list.c.halted != "")
        .order_by(connection.c.name, issue_sync_list.c.pair)
    )
    return {(name, pair): text for name, pair, text in conn.execute(query)}


def release(conn: Connection, connection_id: int, pair: str, now: datetime) -> int:
    """Let a halted pair go on, on an administrator's word."""
    same = (issue_sync_list.c.connection_id == connection_id) & (issue_sync_list.c.pair == pair)
    return conn.execute(
        update(issue_sync_list).where(same).values(halted="", agreed_at=now)
    ).rowcount


def wake_portal(conn: Connection, portal_id: int, now: datetime) -> int:
    """Let the portal's own lists be read at once."""
    own = select(connection.c.id).where(connection.c.portal_id == portal_id)
    same = issue_sync_list.c.connection_id.in_(own) & (
        issue_sync_list.c.side == str(SideName.PORTAL)
    )
    return conn.execute(update(issue_sync_list).where(same).values(next_at=now)).rowcount
