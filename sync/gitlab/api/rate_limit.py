"""Rate limits: evenly spaced requests to one GitLab, and none while it asks to wait.

All clients of a connection in this process share one limiter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sync.core.clock import Clock, WallClock
from sync.errors import Later

REQUESTS_PER_MINUTE = 600  # GitLab.com allows some thousands; the rest is for people
MIN_PAUSE = 5.0  # seconds, where a 429 does not say how long


class RateLimiter:
    """Allows `per_minute` requests in any minute, for any number of threads."""

    def __init__(self, per_minute: int = REQUESTS_PER_MINUTE, clock: Clock | None = None) -> None:
        self._interval = timedelta(minutes=1) / max(1, per_minute)
        self._clock = clock or WallClock()
        self._next: datetime | None = None
        self._closed_until: datetime | None = None
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Wait until the next request may be sent. Raises Later during a pause."""
        with self._lock:
            now = self._clock.now()
            if self._closed_until and now < self._closed_until:
                seconds_left = (self._closed_until - now).total_seconds()
                raise Later(
                    "GitLab is not asked: it said to wait",
                    after=seconds_left,
                    cause="The rate limit of the instance is reached",
                    code="429",
                )
            turn = max(now, self._next or now)
            self._next = turn + self._interval
        if turn > now:
            self._clock.sleep((turn - now).total_seconds())

    def pause(self, seconds: float | None) -> None:
        """Send nothing for so many seconds; None where the host did not say how long.

        https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
        """
        wait = timedelta(seconds=MIN_PAUSE if seconds is None else seconds)
        with self._lock:
            self._closed_until = max(
                self._closed_until or self._clock.now(), self._clock.now() + wait
            )


class RateLimiters:
    """The rate limiters of all connections, each made when it is first needed."""

    def __init__(self, make: Callable[[int], RateLimiter] = RateLimiter) -> None:
        self._make = make
        self._limiters: dict[int, tuple[int, RateLimiter]] = {}
        self._lock = threading.Lock()

    def for_connection(
        self, connection_id: int, per_minute: int = REQUESTS_PER_MINUTE
    ) -> RateLimiter:
        """Return the connection's limiter; a new one where its setting changed."""
        with self._lock:
            entry = self._limiters.get(connection_id)
            if entry is None or entry[0] != per_minute:
                entry = self._limiters[connection_id] = per_minute, self._make(per_minute)
            return entry[1]
