"""Leases: who owns a lane, a token refresh or a sweep just now, across processes and machines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from sync.store.db.upsert import insert
from sync.store.tables import lease

_RENEW = (
    update(lease)
    .where(lease.c.name == bindparam("of_name"), lease.c.owner == bindparam("of_owner"))
    .where(lease.c.until > bindparam("now"))
    .values(until=bindparam("new"))
)


_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))


def acquire(conn: Connection, name: str, owner: str, *, now: datetime, ttl: timedelta) -> bool:
    """Takes the lease for `ttl` unless somebody else holds it; True if it is `owner`'s now."""
    statement = insert(conn, lease).values(name=name, owner=owner, until=now + ttl)
    free = or_(lease.c.until <= now, lease.c.owner == owner)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"owner": new.owner, "until": new.until}, where=free
    )
    return conn.execute(statement.returning(lease.c.owner)).first() is not None


def renew(conn: Connection, name: str, owner: str, *, now: datetime, ttl: timedelta) -> bool:
    """Extends the lease; False if it was lost meanwhile, even if nobody took it."""
    values = {"of_name": name, "of_owner": owner, "now": now, "new": now + ttl}
    return conn.execute(_RENEW, values).rowcount == 1


def release(conn: Connection, name: str, owner: str) -> None:
    conn.execute(delete(lease).where(lease.c.name == name, lease.c.owner == owner))


def lock(conn: Connection, name: str) -> None:
    """Waits until no other transaction holds the lock of that name; held until this one ends.

    SQLite has one writer at a time, so a write transaction holds every lock.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK, {"name": name})


def held_leases(conn: Connection, names: Iterable[str], now: datetime) -> frozenset[str]:
    """Those of the leases that somebody holds."""
    query = select(lease.c.name).where(lease.c.name.in_(set(names)), lease.c.until > now)
    return frozenset(conn.scalars(query))
