"""Lease lanes, token refreshes and sweeps to one owner across processes and machines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from sync.store.db.upsert import insert_for_dialect
from sync.store.tables import lease

_RENEW = (
    update(lease)
    .where(lease.c.name == bindparam("of_name"), lease.c.owner == bindparam("of_owner"))
    .where(lease.c.until > bindparam("now"))
    .values(until=bindparam("new"))
)
_RELEASE = delete(lease).where(
    lease.c.name == bindparam("of_name"), lease.c.owner == bindparam("of_owner")
)
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))


def acquire(conn: Connection, name: str, owner: str, *, now: datetime, ttl: timedelta) -> bool:
    """Take the lease for `ttl`; return False if another owner holds it."""
    values = {"name": name, "owner": owner, "until": now + ttl, "of_owner": owner, "now": now}
    return conn.execute(_acquire(conn.dialect.name), values).first() is not None


@cache
def _acquire(dialect: str) -> Any:
    statement = insert_for_dialect(dialect, lease)
    free = or_(lease.c.until <= bindparam("now"), lease.c.owner == bindparam("of_owner"))
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"owner": new.owner, "until": new.until}, where=free
    )
    return statement.returning(lease.c.owner)


def renew(conn: Connection, name: str, owner: str, *, now: datetime, ttl: timedelta) -> bool:
    """Extend the lease; return False if it ran out meanwhile, even if nobody took it."""
    values = {"of_name": name, "of_owner": owner, "now": now, "new": now + ttl}
    return conn.execute(_RENEW, values).rowcount == 1


def release(conn: Connection, name: str, owner: str) -> None:
    """Give up the lease, if `owner` still holds it."""
    conn.execute(_RELEASE, {"of_name": name, "of_owner": owner})


def lock(conn: Connection, name: str) -> None:
    """Wait until no other transaction holds the lock of that name; hold it until this one ends.

    SQLite has one writer at a time, so a write transaction holds every lock.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK, {"name": name})


def held_leases(conn: Connection, names: Iterable[str], now: datetime) -> frozenset[str]:
    """Return the names of the leases that somebody holds."""
    query = select(lease.c.name).where(lease.c.name.in_(set(names)), lease.c.until > now)
    return frozenset(conn.scalars(query))
