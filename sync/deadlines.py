"""Deadlines of outbound calls: whatever a server does, a call ends in time.

A socket's own limit is for each read: a server that sends a byte now and then would never reach it.
So one thread of the process shuts the sockets of calls that are over their time.
"""

from __future__ import annotations

import heapq
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import count

_ends_at: ContextVar[float | None] = ContextVar("outbound_ends_at", default=None)


@contextmanager
def limit_outbound(seconds: float) -> Iterator[None]:
    """Let all outbound calls inside the block end within `seconds` together."""
    before = _ends_at.get()
    ends_at = time.monotonic() + seconds
    token = _ends_at.set(ends_at if before is None else min(before, ends_at))
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left(usual: float) -> float:
    """Return how long a call may take that usually may take `usual` seconds; 0 at least."""
    ends_at = _ends_at.get()
    return usual if ends_at is None else max(0.0, min(usual, ends_at - time.monotonic()))


def is_limited() -> bool:
    """Return whether the calls of this thread have a common limit."""
    return _ends_at.get() is not None


class Watch:
    """The sockets of one call, which are shut at its end; `expired` says that it came to that."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds
        self.expired = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        _watchdog.add(self)

    def add(self, connected: socket.socket) -> None:
        """Watch a socket."""
        self.add_descriptor(connected.fileno())

    def add_descriptor(self, descriptor: int) -> None:
        """Watch a socket, by a descriptor of our own: TLS takes the first one over."""
        duplicate = socket.socket(fileno=os.dup(descriptor))
        with self._lock:
            self._sockets.append(duplicate)
        if self.expired:
            self.expire()

    def close(self) -> None:
        """End watching."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for duplicate in sockets:
            duplicate.close()

    def expire(self) -> None:
        """Shut the sockets: whoever waits for them reads their end."""
        self.expired = True
        with self._lock:
            for duplicate in self._sockets:
                with suppress(OSError):
                    duplicate.shutdown(socket.SHUT_RDWR)


class _Watchdog:
    """One thread a process, started by the first call."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._numbers = count()
        self._heap: list[tuple[float, int, Watch]] = []
        self._pid = 0

    def add(self, watch: Watch) -> None:
        if self._pid not in (0, os.getpid()):
            self._reset()  # a fork has no threads of its parent
        with self._changed:
            first = self._heap[0][0] if self._heap else None
            heapq.heappush(self._heap, (watch.ends_at, next(self._numbers), watch))
            if not self._pid:
                self._pid = os.getpid()
                threading.Thread(target=self._run, daemon=True, name="deadlines").start()
            elif first is None or watch.ends_at < first:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                due = []
                while self._heap and self._heap[0][0] <= now:
                    due.append(heapq.heappop(self._heap)[2])
                if not due:
                    self._changed.wait(self._heap[0][0] - now if self._heap else None)
            for watch in due:
                watch.expire()


_watchdog = _Watchdog()
