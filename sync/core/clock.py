"""Clocks to pass in: the real one, and one that simulations turn by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

TOLERANCE = timedelta(seconds=60)  # clocks of several machines differ


class Clock(Protocol):
    """The time as code reads it, and the way to wait."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        ...


class WallClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Block the thread for that many seconds."""
        time.sleep(seconds)


class ManualClock:
    """A clock that stands still until it sleeps, for simulations and tests."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the moment to which the clock was turned."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Turn the clock forward at once; negative seconds count as none."""
        self._now += timedelta(seconds=max(0.0, seconds))


def moment_at(seconds: float) -> datetime | None:
    """Return the moment so many seconds after 1970, in UTC; None where no date names it.

    What other systems call a time may be any number.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    """Tell whether something is to be done again that was last done at `last`.

    A moment in the future was written by a clock that has been put back since: it counts as past.
    """
    return last is None or now - last >= every or last > now + TOLERANCE


def is_recent(moment: datetime, within: timedelta, now: datetime) -> bool:
    """Tell whether a moment is at most `within` ago; one in the future is of a wrong clock."""
    return -TOLERANCE <= now - moment <= within


def has_come(moment: datetime, longest: timedelta, now: datetime) -> bool:
    """Tell whether a moment that was set at most `longest` ahead has come."""
    return moment <= now or moment > now + longest + TOLERANCE
