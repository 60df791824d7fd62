"""A lane is owned by a lease in the database: one worker at a time, whoever dies loses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from sync.core.clock import Clock
from sync.engine import owner
from sync.engine.deps import Deps
from sync.store import leases
from sync.store.db.database import write
from sync.store.tables import lease

LEASE_TTL = timedelta(seconds=30)
CALL_LEASE_TTL = timedelta(seconds=120)  # longer than any request to the other side takes


class LaneLost(Exception):
    """The lease ran out while we worked and may be another worker's: stop, write nothing."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lease that is held."""

    name: str
    owner: str
    clock: Clock

    def keep(self, conn: Connection, ttl: timedelta = LEASE_TTL) -> None:
        """Renews the lease inside a transaction that must not happen without it.

        Raises LaneLost, which rolls the transaction back.
        """
        if not leases.renew(conn, self.name, self.owner, now=self.clock.now(), ttl=ttl):
            raise LaneLost(f"{self.name} is not held by {self.owner} any more")


@contextmanager
def hold(deps: Deps, name: str) -> Iterator[Lane | None]:
    """The lane, or None where another worker has it. Given back at the end.

    An owner that surely died gives up its lanes at once, without waiting for the lease to end.
    """
    lane = Lane(name, deps.owner, deps.clock)
    if not _acquire(deps, name):
        yield None
        return
    try:
        yield lane
    finally:
        with write(deps.database) as conn:
            leases.release(conn, name, deps.owner)


def _acquire(deps: Deps, name: str) -> bool:
    with write(deps.database) as conn:
        now = deps.clock.now()
        if leases.acquire(conn, name, deps.owner, now=now, ttl=LEASE_TTL):
            return True
        holder = conn.scalar(select(lease.c.owner).where(lease.c.name == name))
        if holder is None or not owner.is_owner_gone(holder):
            return False
        leases.release(conn, name, holder)
        return leases.acquire(conn, name, deps.owner, now=now, ttl=LEASE_TTL)
