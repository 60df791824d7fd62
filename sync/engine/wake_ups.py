"""Wake-ups through a queue of Huey's: only a portal's number, which can run no code.

A lost one costs a check interval, no event. Huey's own messages are pickles: whoever can write to
the queue could run anything here, so nothing of them is used but the storage beneath.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey

from sync.store.db.database import SILENCE_OPTIONS, create_private

log = structlog.get_logger()

QUEUE_NAME = "b24bridge"
GATHER_SECONDS = 0.02  # wake-ups of one portal within this time become one
_MAX_PENDING = 1000  # wake-ups taken from the queue at once
_STOP_SECONDS = 5.0
# Seconds; longer than `read_timeout`. Without them a server that froze holds its caller for ever.
_REDIS_TIMEOUTS = {"socket_timeout": 5.0, "socket_connect_timeout": 5.0}
_MAX_DIGITS = 18  # of a portal's number


def open_queue(url: str) -> Huey:
    """Huey over `redis://…`, `postgresql://…` or an SQLite file (a path or `sqlite:///path`).

    The SQLite file is its owner's alone, and not synced to disk: what it carries may be lost.
    """
    match url.split(":", 1)[0]:
        case "redis" | "rediss":
            from redis import ConnectionPool  # an extra of the package

            pool = ConnectionPool.from_url(url, **_REDIS_TIMEOUTS)  # what the address says, wins
            return RedisHuey(QUEUE_NAME, connection_pool=pool, results=False, read_timeout=1)
        case "postgres" | "postgresql":
            given = parse_qs(urlsplit(url).query)
            options = {name: value for name, value in SILENCE_OPTIONS.items() if name not in given}
            return PostgresHuey(QUEUE_NAME, dsn=url, results=False, read_timeout=1, **options)
    file = Path(url.removeprefix("sqlite:///"))
    create_private(file)
    for existing in file.parent.glob(f"{file.name}*"):  # -wal and -shm, of an earlier version
        with suppress(OSError):
            existing.chmod(0o600)
    return SqliteHuey(QUEUE_NAME, filename=str(file), fsync=False, results=False)


def why_unreachable(url: str) -> str:
    """Return why a queue takes no wake-ups, "" where it does; the queue is left as it is."""
    try:
        open_queue(url).pending_count()
    except Exception as error:  # noqa: BLE001 - each queue raises its own kind
        return str(error).strip().partition("\n")[0] or type(error).__name__
    return ""


class WakeUps:
    """Sends and takes wake-ups. `wake` never blocks on the queue: a thread writes them out."""

    def __init__(self, huey: Huey) -> None:
        self._huey = huey
        self._waiting: set[int] = set()
        self._lock = threading.Lock()
        self._wake_requested = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self, portal_id: int) -> None:
        """Asks some worker to look at the portal soon."""
        with self._lock:
            self._waiting.add(portal_id)
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(target=self._write_out, daemon=True, name="wake")
                self._thread.start()
        self._wake_requested.set()

    def take(self) -> Iterator[int]:
        """Yield the portals that were asked for; none after a while (Redis, PostgreSQL: 1 s).

        Each at once: in a storm more come in as fast as they are taken. An SQLite queue is counted
        first: taking from it locks its file, counting does not.
        """
        count_first = isinstance(self._huey, SqliteHuey)
        for number in range(_MAX_PENDING):
            has_more = not (number or count_first) or self._huey.pending_count()
            message = self._huey.storage.dequeue() if has_more else None
            if message is None:
                break
            yield from _read_message(bytes(message))

    def stop(self) -> None:
        """Let what is waiting be written out and the thread end; a queue that hangs is left."""
        self._stopped.set()
        self._wake_requested.set()
        if self._thread is not None:
            self._thread.join(timeout=_STOP_SECONDS)

    def _write_out(self) -> None:
        while not self._stopped.is_set():
            self._wake_requested.wait()
            self._wake_requested.clear()
            self._flush()
            self._stopped.wait(GATHER_SECONDS)
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            portals, self._waiting = self._waiting, set()
        for portal_id in sorted(portals):
            _send_quietly(self._send, portal_id)

    def _send(self, portal_id: int) -> None:
        self._huey.storage.enqueue(str(portal_id).encode())


def _read_message(message: bytes) -> list[int]:
    """Read a portal's number; anything else in the queue is no wake-up and says nothing."""
    if message.isdigit() and len(message) <= _MAX_DIGITS:
        return [int(message)]
    log.warning("wake_up_unreadable", size=len(message))
    return []


def _send_quietly(send: Callable[[int], Any], portal_id: int) -> None:
    """Send a wake-up; one that cannot be sent is logged: the periodic check finds the work."""
    try:
        send(portal_id)
    except Exception as error:  # noqa: BLE001 - each queue raises its own kind
        log.warning("wake_up_lost", portal_id=portal_id, error=type(error).__name__)
