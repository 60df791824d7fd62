"""Whether this machine's clock can be right: what others say it is, in the headers of answers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from sync.core.clock import Clock

PLAUSIBLE = timedelta(days=1)  # nothing is deleted by a clock that is further off
FRESH = timedelta(days=2)  # what was said longer ago may not hold any more


class ClockCheck:
    """Compares the clock with the `Date` of answers; shared by the threads of a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._offset: timedelta | None = None
        self._at: datetime | None = None

    def observe(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Note the `Date` of an answer (a hook of requests).

        https://www.rfc-editor.org/rfc/rfc9110#field.date
        """
        said_at = _parse_date(response.headers.get("Date", ""))
        if said_at is not None:
            now = self._clock.now()
            with self._lock:
                self._offset, self._at = now - said_at, now

    @property
    def offset(self) -> timedelta | None:
        """By how much our clock is ahead of the others; None where nobody said so lately."""
        now = self._clock.now()
        with self._lock:
            if self._at is None or not timedelta() <= now - self._at <= FRESH:
                return None
            return self._offset

    @property
    def is_plausible(self) -> bool:
        """Tell whether somebody outside confirmed the clock, so that it may delete what is old."""
        offset = self.offset
        return offset is not None and abs(offset) <= PLAUSIBLE


def _parse_date(text: str) -> datetime | None:
    try:
        said_at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return said_at if said_at.tzinfo else said_at.replace(tzinfo=UTC)
