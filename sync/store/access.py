"""Store whether connections' tokens and portals' grants are accepted, as asked each minute."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select, update

from sync.core.clock import TOLERANCE
from sync.store.db.upsert import upsert
from sync.store.tables import connection, connection_access, portal, portal_access

ROTATION_TAKES = timedelta(minutes=2)  # at most, from its beginning to the stored token
OK, REFUSED, UNREACHABLE = "ok", "refused", "unreachable"
NO_ADMIN, MISSING = "no_admin", "missing"
LOST = "rotation_lost"  # the code of a token that is refused since a rotation had no answer


@dataclass(frozen=True, slots=True)
class ConnectionAccess:
    """What a connection's instance last said of its token.

    `state`: OK, REFUSED, UNREACHABLE, MISSING (there is no token); `since`: from when on. `code`,
    `text`, `cause`, `change`: of what went wrong. `token_made_at`, `expires_at`: the token's own,
    None where the instance does not tell. `rotating_at`: when a rotation began whose answer is not
    stored. `rotation`: why the last one failed.
    """

    connection_id: int
    state: str
    since: datetime
    checked_at: datetime
    good_at: datetime | None = None
    code: str = ""
    text: str = ""
    cause: str = ""
    change: str = ""
    token_made_at: datetime | None = None
    expires_at: datetime | None = None
    rotating_at: datetime | None = None
    rotation: str = ""


@dataclass(frozen=True, slots=True)
class PortalAccess:
    """What a portal last said of our grant; `state` is also NO_ADMIN."""

    portal_id: int
    state: str
    since: datetime
    checked_at: datetime
    good_at: datetime | None = None
    code: str = ""
    text: str = ""
    cause: str = ""
    change: str = ""


_FIELDS = tuple(ConnectionAccess.__dataclass_fields__)
_COLUMNS = [connection_access.c[name] for name in _FIELDS]
_ROTATION = ("rotating_at", "rotation")  # written by rotations alone
_CHECKED = tuple(name for name in _FIELDS[1:] if name not in _ROTATION)
_PORTAL_FIELDS = tuple(PortalAccess.__dataclass_fields__)
_PORTAL_COLUMNS = [portal_access.c[name] for name in _PORTAL_FIELDS]


def of_connections(
    conn: Connection, ids: Collection[int] | None = None
) -> dict[int, ConnectionAccess]:
    """Return the rows of connections in use by id: of these portals, or of all."""
    query = (
        select(*_COLUMNS)
        .join(connection, connection.c.id == connection_access.c.connection_id)
        .where(connection.c.state != "removed")
    )
    if ids is not None:
        query = query.where(connection.c.portal_id.in_(ids))
    return {row.connection_id: ConnectionAccess(*row) for row in conn.execute(query)}


def of_connection(conn: Connection, connection_id: int) -> ConnectionAccess | None:
    """Return a connection's row, or None."""
    query = select(*_COLUMNS).where(connection_access.c.connection_id == connection_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else ConnectionAccess(*row)


def of_portal(conn: Connection, portal_id: int) -> dict[int, ConnectionAccess]:
    """Return the rows of a portal's connections by id, without those that were removed."""
    return of_connections(conn, [portal_id])


def save(conn: Connection, *rows: ConnectionAccess) -> None:
    """Store what was asked, but for what rotations write."""
    values = [asdict(row) for row in rows]
    upsert(conn, connection_access, values, keys=("connection_id",), update=_CHECKED)


def begin_rotation(conn: Connection, connection_id: int, now: datetime) -> bool:
    """Remember that a new token is about to be asked for; False where somebody just did."""
    columns = connection_access.c
    free = columns.rotating_at.is_(None) | (columns.rotating_at < now - ROTATION_TAKES)
    where = (columns.connection_id == connection_id) & free
    began = conn.execute(update(connection_access).where(where).values(rotating_at=now))
    return began.rowcount == 1


def end_rotation(conn: Connection, connection_id: int, problem: str = "") -> None:
    """Remember that the rotation is over, and why it failed where it did."""
    _set(conn, connection_id, rotating_at=None, rotation=problem)


def _set(conn: Connection, connection_id: int, **values: object) -> None:
    where = connection_access.c.connection_id == connection_id
    conn.execute(update(connection_access).where(where).values(**values))


def of_portals(conn: Connection, ids: Collection[int] | None = None) -> dict[int, PortalAccess]:
    """Return portals' rows by id: of all of them, or of these."""
    query = select(*_PORTAL_COLUMNS)
    if ids is not None:
        query = query.where(portal_access.c.portal_id.in_(ids))
    return {row.portal_id: PortalAccess(*row) for row in conn.execute(query)}


def closed_connections(conn: Connection, since: datetime) -> frozenset[int]:
    """Return the connections whose instance took no token of theirs when asked, `since` or later.

    There is none, it is refused, or the instance does not answer.
    """
    shut = connection_access.c.state.in_([REFUSED, UNREACHABLE, MISSING])
    query = select(connection_access.c.connection_id).where(
        shut, connection_access.c.checked_at > since
    )
    return frozenset(conn.scalars(query))


def silent_portals(conn: Connection, since: datetime) -> frozenset[int]:
    """Return the portals that did not answer when they were last asked, `since` or later."""
    query = select(portal_access.c.portal_id).where(
        portal_access.c.state == UNREACHABLE, portal_access.c.checked_at > since
    )
    return frozenset(conn.scalars(query))


def save_portal(conn: Connection, *rows: PortalAccess) -> None:
    """Store what portals said."""
    update_columns = _PORTAL_FIELDS[1:]
    values = [asdict(row) for row in rows]
    upsert(conn, portal_access, values, keys=("portal_id",), update=update_columns)


def portals_to_ask(
    conn: Connection, asked: datetime, in_vain: datetime, now: datetime
) -> dict[int, PortalAccess | None]:
    """Return the active portals that are to be asked again by id, with what they said last.

    They were asked last at `asked` or before, at `in_vain` or before where they did not answer, or
    by a clock that has been put back since.
    """
    is_due = _is_due(portal_access, asked, in_vain, now)
    query = (
        select(portal.c.id, *_PORTAL_COLUMNS)
        .outerjoin(portal_access, portal_access.c.portal_id == portal.c.id)
        .where(portal.c.state == "active", is_due)
        .order_by(portal.c.id)
    )
    return {
        id_: None if row[0] is None else PortalAccess(*row) for id_, *row in conn.execute(query)
    }


def connections_to_ask(
    conn: Connection, asked: datetime, in_vain: datetime, now: datetime
) -> dict[int, ConnectionAccess | None]:
    """Return the same of active portals' active connections."""
    is_due = _is_due(connection_access, asked, in_vain, now)
    query = (
        select(connection.c.id, *_COLUMNS)
        .join(portal, portal.c.id == connection.c.portal_id)
        .outerjoin(connection_access, connection_access.c.connection_id == connection.c.id)
        .where(portal.c.state == "active", connection.c.state == "active", is_due)
        .order_by(connection.c.id)
    )
    return {
        id_: None if row[0] is None else ConnectionAccess(*row) for id_, *row in conn.execute(query)
    }


def count_asked(conn: Connection) -> int:
    """Count the active portals and their active connections, which are all asked in turn."""
    portals = select(func.count()).where(portal.c.state == "active")
    of_portals = (
        select(func.count())
        .select_from(connection.join(portal, portal.c.id == connection.c.portal_id))
        .where(portal.c.state == "active", connection.c.state == "active")
    )
    return (conn.scalar(portals.select_from(portal)) or 0) + (conn.scalar(of_portals) or 0)


def _is_due(table: Table, asked: datetime, in_vain: datetime, now: datetime) -> ColumnElement[bool]:
    checked_at, state = table.c.checked_at, table.c.state
    return or_(
        checked_at.is_(None),
        checked_at <= in_vain,
        and_(checked_at <= asked, state != UNREACHABLE),
        checked_at > now + TOLERANCE,
    )
