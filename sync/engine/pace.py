"""A portal that has a storm leaves most of the processor to the turns of others.

It may keep a worker busy for minutes: without rests each hook of the other portals waits several
times as long. Where this process is woken for no other portal nobody rests.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

RECENT_SECONDS = 2.0
AT_ONCE = 0.5  # seconds of the processor that a portal uses without a rest
SHARE = 0.2  # of one processor, that it uses for long
LONGEST_REST = 0.5  # seconds; then answers are looked at, and the lease is renewed


@dataclass
class _Credit:
    """The seconds of the processor that a portal may use at once, as of a moment."""

    seconds: float
    at: float

    def take(self, used: float, now: float) -> float:
        """Take what was used; return what is left, below 0 where it was too much."""
        self.seconds = min(AT_ONCE, self.seconds + (now - self.at) * SHARE) - used
        self.at = now
        return self.seconds


@dataclass
class Pace:
    """What turns use of the processor in this process, by portal, and who was woken lately."""

    _woken_at: dict[int, float] = field(default_factory=dict)
    _credits: dict[int, _Credit] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.local = field(default_factory=threading.local)

    def note_wake_up(self, portal_id: int) -> None:
        """Note that work of the portal came in."""
        with self._lock:
            self._woken_at = self._recent() | {portal_id: time.monotonic()}

    def begin(self) -> None:
        """Begin to count what this thread uses."""
        self._thread.since = time.thread_time()

    def rest(self, portal_id: int) -> None:
        """Count what this thread has used since, for the portal; rest where that was too much."""
        used = time.thread_time() - self._thread.since
        now = time.monotonic()
        with self._lock:
            credit = self._credits.setdefault(portal_id, _Credit(AT_ONCE, now))
            left = credit.take(used, now)
            has_others = left < 0 and bool(self._recent().keys() - {portal_id})
        if has_others:
            time.sleep(min(LONGEST_REST, -left / SHARE))
        self.begin()

    def _recent(self) -> dict[int, float]:
        since = time.monotonic() - RECENT_SECONDS
        return {id_: moment for id_, moment in self._woken_at.items() if moment > since}
