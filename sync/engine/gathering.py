"""When a portal that was woken has its turn: at once after quiet, gathered in a burst. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.core.clock import has_come, is_due

# Nothing happened to the portal for so long: what comes now is no burst, its turn is at once.
IDLE_PERIOD = timedelta(seconds=1)
# In a burst the receiver goes first: a portal is taken when nothing more is heard of it for a
# moment, or the first of it has waited long enough. One look then serves them all.
QUIET_PERIOD = timedelta(seconds=0.15)
MAX_WAIT = timedelta(seconds=4)


@dataclass
class Gathering:
    """The portals that wait for their turn, and when something last happened to each portal."""

    _due_at: dict[int, datetime] = field(default_factory=dict)
    _latest: dict[int, datetime] = field(default_factory=dict)  # the moment a turn is due at most
    _last_activity: dict[int, datetime] = field(default_factory=dict)

    def add(self, portal_ids: Iterable[int], now: datetime) -> None:
        """Note wake-ups of the portals."""
        for portal_id in portal_ids:
            last = self._last_activity.get(portal_id)
            is_idle = is_due(last, IDLE_PERIOD, now)
            self._last_activity[portal_id] = now
            if portal_id in self._due_at or not is_idle:
                latest = self._latest.setdefault(portal_id, now + MAX_WAIT)
                self._due_at[portal_id] = min(now + QUIET_PERIOD, latest)
            else:
                self._due_at[portal_id] = now

    def note_turn(self, portal_id: int, now: datetime) -> None:
        """Note that a turn of the portal began or ended: events of its writes are no news."""
        self._last_activity[portal_id] = now

    def take_due(self, now: datetime) -> frozenset[int]:
        """Return the portals whose turn it is; they do not wait any more."""
        portal_ids = frozenset(
            portal_id
            for portal_id, moment in self._due_at.items()
            if has_come(moment, MAX_WAIT, now)
        )
        for portal_id in portal_ids:
            del self._due_at[portal_id]
            self._latest.pop(portal_id, None)
        return portal_ids

    def seconds_left(self, now: datetime) -> float | None:
        """Seconds until some portal is due; None where none waits."""
        moments = self._due_at.values()
        return max(0.0, (min(moments) - now).total_seconds()) if moments else None
