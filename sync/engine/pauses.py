"""Portals and connections that wait: until when, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.core.clock import has_come
from sync.engine import backoff
from sync.engine.deps import Deps
from sync.errors import Denied, Later
from sync.log import log
from sync.store import portals
from sync.store.db.database import write

LONGEST = timedelta(hours=1)  # a portal is left alone, whatever it asks for


@dataclass
class Pauses:
    """What this process remembers of portals: above all until when one is left alone."""

    until: dict[int, datetime] = field(default_factory=dict)
    failures: dict[int, int] = field(default_factory=dict)
    users_checked: set[int] = field(default_factory=set)  # portals whose people were asked for

    def is_paused(self, portal_id: int, now: datetime) -> bool:
        """Tell whether the portal is not to be called yet."""
        return not has_come(self.until.get(portal_id, now), LONGEST, now)

    def pause(self, portal_id: int, error: Later, now: datetime, jitter: float) -> float:
        """Rests as long as the portal asked for, or longer with every failure. In seconds."""
        self.failures[portal_id] = self.failures.get(portal_id, 0) + 1
        usual = backoff.delay(self.failures[portal_id], jitter)
        seconds = usual if error.after is None else min(error.after, LONGEST.total_seconds())
        self.until[portal_id] = now + timedelta(seconds=seconds)
        return seconds

    def is_failing(self, portal_id: int) -> bool:
        """Whether the portal did not answer the last time it was asked."""
        return portal_id in self.failures

    def record_success(self, portal_id: int) -> None:
        """Forget the portal's failures."""
        self.failures.pop(portal_id, None)


def disconnect(deps: Deps, portal_id: int, error: Denied) -> None:
    """Leave the portal alone until somebody opens the app there again; its work waits."""
    log.error("portal_denied", portal_id=portal_id, error=str(error), code=error.code)
    with write(deps.database) as conn:
        portals.set_state(conn, portal_id, "disconnected", str(error), deps.clock.now())
