"""One process at a time renews a pair of tokens: whoever came second finds the new one stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Condition, get_ident
from typing import Protocol

from sqlalchemy import Engine

from sync.core.clock import Clock
from sync.deadlines import seconds_left
from sync.errors import Later
from sync.store import leases
from sync.store.db.database import write

LEASE = timedelta(seconds=60)
_PATIENCE = 150  # attempts
_PAUSE = 0.2  # seconds between two


@dataclass(slots=True)
class Renewals:
    """Counts the renewals that are under way in this process.

    Whoever asked has used up the old refresh token: a process that ended before the answer is
    stored would lose the portal.
    """

    _count: int = 0
    _ended: Condition = field(default_factory=Condition)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count a renewal while the block runs."""
        with self._ended:
            self._count += 1
        try:
            yield
        finally:
            with self._ended:
                self._count -= 1
                self._ended.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until none is under way; return False where one still is after `seconds`."""
        with self._ended:
            return self._ended.wait_for(lambda: not self._count, seconds)


RENEWALS = Renewals()


class Process(Protocol):
    """What names a process in leases, and where they are kept."""

    @property
    def engine(self) -> Engine:
        """The database."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def owner(self) -> str:
        """The name of this process."""


@contextmanager
def refreshing(process: Process, name: str, whose: str) -> Iterator[None]:
    """Hold the lease of that name. Raises Later after 30 seconds of waiting.

    `whose`: the tokens, in the words of the error.
    """
    owner, busy = f"{process.owner}:{get_ident()}", f"Another worker is renewing {whose}"
    for _ in range(_PATIENCE):
        if _acquire(process, name, owner):
            break
        if seconds_left(1.0) < _PAUSE:  # a request waits no longer than its calls may
            raise Later(busy, after=10.0)
        process.clock.sleep(_PAUSE)
    else:
        raise Later(busy, after=10.0)
    try:
        with RENEWALS.counting():
            yield
    finally:
        with write(process.engine) as conn:
            leases.release(conn, name, owner)


def _acquire(process: Process, name: str, owner: str) -> bool:
    with write(process.engine) as conn:
        return leases.acquire(conn, name, owner, now=process.clock.now(), ttl=LEASE)
