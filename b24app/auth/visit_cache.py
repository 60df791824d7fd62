"""What portals said of their visitors, kept for a minute or two: who they are, what they may read.

Each page asks again and again; the portal is asked as seldom as a dismissal may go unseen.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from sync.core.issue_sync.model import TimeEntry

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
USER_TTL = timedelta(minutes=2)  # a dismissed employee's page ends within this time
READABLE_TTL = timedelta(minutes=1)
UNREADABLE_TTL = timedelta(seconds=10)  # somebody may just have been added to a task
MAX_ENTRIES = 50_000


class ExpiringValues(Generic[K, V]):
    """Values with an end. A value from the future counts as ended: the clock was set back."""

    def __init__(self, limit: int = MAX_ENTRIES) -> None:
        self._limit = limit
        self._entries: dict[K, tuple[datetime, datetime, V]] = {}

    def get(self, key: K, now: datetime) -> V | None:
        """Return the value of `key`; None where there is none any more."""
        entry = self._entries.get(key)
        return entry[2] if entry is not None and entry[0] <= now < entry[1] else None

    def put(self, key: K, value: V, now: datetime, ttl: timedelta) -> None:
        """Keep `value` for `ttl`."""
        if len(self._entries) >= self._limit:
            self._entries.clear()
        self._entries[key] = (now, now + ttl, value)

    def items(self, now: datetime) -> list[tuple[K, V]]:
        """Return what has not ended, in the order in which it came."""
        return [
            (key, value)
            for key, (since, until, value) in self._entries.items()
            if since <= now < until
        ]

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()


@dataclass(frozen=True, slots=True)
class VisitKey:
    """A user during one installation of a portal."""

    portal_id: int
    installation: str
    user_id: int


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a user is in a workgroup, and what it is called; "" where they are not."""

    member: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class LoggedTime:
    """What a user was shown of a task's log of time. `whole`: nothing was left out."""

    entries: tuple[TimeEntry, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class VisitCache:
    """`users`: whether each is an administrator. `tasks`: whether a user may open a task.

    `groups`: whether a user is in a workgroup. `hours`: the work that was logged for a task
    since a day. `holders`: the portals whose stored tokens were found to be an administrator's
    still.
    """

    users: ExpiringValues[VisitKey, bool] = field(default_factory=ExpiringValues)
    tasks: ExpiringValues[tuple[VisitKey, int], bool] = field(default_factory=ExpiringValues)
    groups: ExpiringValues[tuple[VisitKey, int], Membership] = field(default_factory=ExpiringValues)
    hours: ExpiringValues[tuple[VisitKey, int, date], LoggedTime] = field(
        default_factory=ExpiringValues
    )
    holders: ExpiringValues[int, bool] = field(default_factory=ExpiringValues)
