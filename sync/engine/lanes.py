"""A lane is owned by a lease in the database: one worker at a time, whoever dies loses it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from sync.core.clock import Clock
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
        if holder is None or not is_owner_gone(holder):
            return False
        leases.release(conn, name, holder)
        return leases.acquire(conn, name, deps.owner, now=now, ttl=LEASE_TTL)


def owner_name(own_id: str) -> str:
    """`host:pid namespace:pid:start time:id`; `own_id` tells workers of one process apart."""
    pid = os.getpid()
    return ":".join((_host_name(), _namespace(), str(pid), _process_start_time(pid) or "", own_id))


def is_owner_gone(owner: str) -> bool:
    """Whether the owner surely lives no more. False when it cannot be known from here."""
    parts = owner.split(":")
    if len(parts) != 5 or parts[:2] != [_host_name(), _namespace()] or not parts[1] or not parts[3]:
        return False
    return _process_start_time(parts[2]) != parts[3]


def _host_name() -> str:
    return socket.gethostname().replace(":", "-")[:32]


def _namespace() -> str:
    """The process id namespace: containers that share a host name do not share process ids."""
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return ""


def _process_start_time(pid: int | str) -> str | None:
    """The kernel's start time of a process in clock ticks (proc(5), stat field 22), or None."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else rest[18]
