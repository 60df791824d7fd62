"""A lane is owned by a lease in the database: one worker at a time, whoever dies loses it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from sync.core.clock import Clock
from sync.engine.audit.recording import recording_transaction
from sync.engine.deliver.batch import CommandBatch
from sync.engine.deps import Deps
from sync.store import leases, logs
from sync.store.agenda import Agenda, read_agenda
from sync.store.db.database import write
from sync.store.tables import lease

LEASE_TTL = timedelta(seconds=30)
LEASE_IS_FRESH = timedelta(seconds=10)  # a lease is not renewed again so soon
CALL_LEASE_TTL = timedelta(seconds=120)  # longer than any request to the other side takes


class LaneLost(Exception):
    """The lease ran out while we worked and may be another worker's: stop, write nothing."""


@dataclass(slots=True)
class Lane:
    """A lease that is held, or is to be: `is_held` says which.

    `ttl`: how long the lease lasts when it is taken. `until`: when it ends. `agenda`: what waited
    for the portal when the lane's last transaction ended, where it looked. `batch`: the commands
    that it marked as being sent.
    """

    name: str
    owner: str
    clock: Clock
    ttl: timedelta = LEASE_TTL
    is_held: bool = False
    until: datetime | None = None
    agenda: Agenda | None = None
    batch: CommandBatch | None = None

    def take(self, conn: Connection) -> bool:
        """Take the lease inside a transaction; whoever commits it sets `is_held`.

        An owner that surely died, or whose worker does not show any more that it lives, gives up
        its lanes without waiting for the lease to end.
        """
        now = self.clock.now()
        acquired = leases.acquire(conn, self.name, self.owner, now=now, ttl=self.ttl)
        if not acquired and self._release_dead(conn, now):
            acquired = leases.acquire(conn, self.name, self.owner, now=now, ttl=self.ttl)
        self.until = now + self.ttl if acquired else None
        return acquired

    def _release_dead(self, conn: Connection, now: datetime) -> bool:
        holder = conn.scalar(select(lease.c.owner).where(lease.c.name == self.name))
        if holder is None:
            return False
        seen_at = logs.worker_seen_at(conn, holder)
        is_silent = seen_at is not None and now - seen_at >= LEASE_TTL
        if is_silent or is_owner_gone(holder):
            leases.release(conn, self.name, holder)
            return True
        return False

    def is_kept_for_calls(self) -> bool:
        """Whether the lease lasts long enough for a call to the other side."""
        fresh_until = self.clock.now() + CALL_LEASE_TTL - LEASE_IS_FRESH
        return self.until is not None and self.until > fresh_until

    def keep(self, conn: Connection, ttl: timedelta = LEASE_TTL) -> None:
        """Renews the lease inside a transaction that must not happen without it.

        Raises LaneLost, which rolls the transaction back.
        """
        now = self.clock.now()
        if not leases.renew(conn, self.name, self.owner, now=now, ttl=ttl):
            raise LaneLost(f"{self.name} is not held by {self.owner} any more")
        self.until = now + ttl

    def keep_for_call(self, database: Engine) -> None:
        """Renew the lease before a call to the other side where it is not fresh. Raises LaneLost.

        Who reads a long list would lose it in the midst, and another worker read the same list.
        """
        if not self.is_kept_for_calls():
            with write(database) as conn:
                self.keep(conn, CALL_LEASE_TTL)


@contextmanager
def hold(deps: Deps, name: str, *, ttl: timedelta = LEASE_TTL) -> Iterator[Lane | None]:
    """Take the lane, None where another worker has it, and give it back at the end."""
    lane = Lane(name, deps.owner, deps.clock, ttl)
    try:
        yield lane if take(deps, lane) else None
    finally:
        give_back(deps, lane)


def take(deps: Deps, lane: Lane) -> bool:
    """Take the lane in a transaction of its own, unless it is held; False: another has it."""
    if not lane.is_held:
        with write(deps.database) as conn:
            acquired = lane.take(conn)
        lane.is_held = acquired
    return lane.is_held


def give_back(deps: Deps, lane: Lane) -> None:
    """Give the lane back where it is held."""
    if lane.is_held:
        with write(deps.database) as conn:
            leases.release(conn, lane.name, lane.owner)
        lane.is_held = False


def give_back_after_look(deps: Deps, lane: Lane, portal_id: int) -> Agenda | None:
    """Give the lane back; return what waits for the portal then, None where it was not held.

    Whoever tries the lane in vain has committed its work before this looks: it waits for the
    lease's row, or this does. https://www.postgresql.org/docs/current/transaction-iso.html
    """
    if not lane.is_held:
        return None
    with write(deps.database) as conn:
        leases.release(conn, lane.name, lane.owner)
        agenda = read_agenda(conn, portal_id, deps.clock.now())
    lane.is_held = False
    return agenda


@contextmanager
def lane_transaction(deps: Deps, lane: Lane, *, ttl: timedelta = LEASE_TTL) -> Iterator[Connection]:
    """Open a recording transaction that happens only while the lane is held. Raises LaneLost."""
    with recording_transaction(deps) as conn:
        lane.keep(conn, ttl)
        yield conn


Preparation = Callable[[Connection], CommandBatch | None]


@contextmanager
def final_transaction(
    deps: Deps, lane: Lane, portal_id: int, prepare: Preparation = lambda conn: None
) -> Iterator[Connection]:
    """Open a recording transaction that ends a round on the lane, with the agenda after it.

    Where the agenda is empty the lane is given back in the same transaction. Where there is only
    something to send, `prepare` marks the first of it, which saves the next round a transaction.
    Raises LaneLost.
    """
    with lane_transaction(deps, lane, ttl=CALL_LEASE_TTL) as conn:
        yield conn
        agenda = read_agenda(conn, portal_id, deps.clock.now())
        is_over = agenda is None or agenda.is_empty
        batch = prepare(conn) if agenda and agenda.is_only_to_send else None
        if is_over:
            leases.release(conn, lane.name, lane.owner)
    lane.agenda, lane.batch, lane.is_held = agenda, batch, not is_over


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
    """Return the process id namespace: containers may share a host name, not process ids."""
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return ""


def _process_start_time(pid: int | str) -> str | None:
    """Return a process's start time in clock ticks (proc(5), stat field 22), or None."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else rest[18]
