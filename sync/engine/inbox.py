"""The inbox: keeps a delivery durably before it is acknowledged, many in one transaction."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from sync.deadlines import Watch
from sync.errors import Later
from sync.store import inbox
from sync.store.db.database import AWAY, open_writer
from sync.store.rows import Delivery

log = structlog.get_logger()

DELIVERIES_PER_WRITE = 200  # deliveries in one transaction
PATIENCE_SECONDS = 6.0  # for a database that is away: GitLab waits ten for an answer
WAIT_SECONDS = PATIENCE_SECONDS + 1.0  # for the writer, however it fares
_LEAST_SECONDS = 1.0  # for the writer, though the sender has waited long for a thread
RETRY_SECONDS = 0.2
STUCK_SECONDS = 15.0  # for one write; then its connection is given up

_arrived_at: ContextVar[float | None] = ContextVar("arrived_at", default=None)


@contextmanager
def waiting_since(arrived_at: float) -> Iterator[None]:
    """Count from then on how long the senders in the block wait; seconds of `time.monotonic`."""
    token = _arrived_at.set(arrived_at)
    try:
        yield
    finally:
        _arrived_at.reset(token)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A delivery whose sender waits, and until when."""

    delivery: Delivery
    ends_at: float
    kept: Future[int | None] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Accepted:
    """`id` is None for a duplicate: the delivery was stored before."""

    id: int | None

    @property
    def duplicate(self) -> bool:
        """Tell whether the delivery was stored before."""
        return self.id is None


class Inbox:
    """One writer thread a process: whatever waits while it commits goes into the next commit.

    A commit costs a wait for the disk; without the grouping each request would queue for its own.
    """

    def __init__(self, engine: Engine, wake: Callable[[int], None]) -> None:
        """`wake` is told the portal after a commit; it must neither block nor raise."""
        self._engine, self._wake = engine, wake
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._conn: Connection | None = None  # the writer's own
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiting = 0  # deliveries whose senders wait
        self._away_since: float | None = None  # the database, by a clock that only goes on

    def start(self) -> None:
        """Start the writer. After a fork, in the child: threads do not survive a fork."""
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    def accept(self, delivery: Delivery) -> Accepted:
        """Store the delivery; return when it would survive a power cut.

        A short absence of the database is waited for. Raises Later where that takes too long, or
        the process is stopping, and what else the database raised: the sender must not be told
        that the delivery arrived.
        """
        waited = time.monotonic() - (_arrived_at.get() or time.monotonic())
        if waited > PATIENCE_SECONDS and self._is_away_for_long():
            raise _away()  # it waited for a thread, behind others who wait for the database
        with self._lock:
            kept = self._enqueue(delivery, waited)
        try:
            return Accepted(kept.result(max(_LEAST_SECONDS, WAIT_SECONDS - waited)))
        except NotInTime:
            self.give_up(kept)
            raise _away() from None

    def submit(self, delivery: Delivery) -> Future[int | None] | None:
        """Let the delivery be stored, and return at once what `accept` would wait for.

        None where `accept` would refuse it. Whoever waits longer than WAIT_SECONDS gives up.
        """
        with self._lock:
            try:
                return self._enqueue(delivery)
            except Later:
                return None

    def give_up(self, kept: Future[int | None]) -> None:
        """Wait no longer for a delivery: the database is away. It may be stored after all."""
        self._away_since = self._away_since or time.monotonic() - PATIENCE_SECONDS
        kept.cancel()

    def _enqueue(self, delivery: Delivery, waited: float = 0.0) -> Future[int | None]:
        """Queue the delivery for the writer; the caller holds the lock. Raises Later."""
        if self._thread is None:
            raise Later("the receiver is not running")
        if self._waiting and self._is_away_for_long():
            raise _away()  # somebody waits already, and finds out when it is back
        self._waiting += 1
        entry = _Entry(delivery, time.monotonic() + PATIENCE_SECONDS - waited)
        entry.kept.add_done_callback(self._forget)
        self._queue.put(entry)
        return entry.kept

    def _forget(self, kept: Future[int | None]) -> None:
        with self._lock:
            self._waiting -= 1

    def _is_away_for_long(self) -> bool:
        since = self._away_since
        return since is not None and time.monotonic() - since > PATIENCE_SECONDS / 2

    def stop(self) -> None:
        """Refuses new deliveries, stores those that wait, ends the writer."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _run(self) -> None:
        running = True
        while running:
            group = self._gather()
            running = None not in group
            entries = [entry for entry in group if entry is not None]
            if entries:
                self._store_batch(entries)
        self._drop_connection()

    def _gather(self) -> list[_Entry | None]:
        """Wait for one delivery and take what else is there by then."""
        group = [self._queue.get()]
        while group[-1] is not None and len(group) < DELIVERIES_PER_WRITE:
            try:
                group.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return group

    def _store_batch(self, entries: Sequence[_Entry]) -> None:
        """Store deliveries, again and again while the database is away and somebody waits."""
        while entries:
            try:
                ids = self._insert([entry.delivery for entry in entries])
            except AWAY as error:
                self._away_since = self._away_since or time.monotonic()
                self._drop_connection()
                entries = self._still_waiting(entries, error)
            except Exception as error:  # noqa: BLE001 - each waiting request gets its own answer
                self._store_separately(entries, error)
                return
            else:
                self._away_since = None
                for entry, new in zip(entries, ids, strict=True):
                    with suppress(InvalidStateError):  # its sender waits no longer
                        entry.kept.set_result(new)
                for portal_id in {entry.delivery.portal_id for entry in entries}:
                    self._wake(portal_id)
                return

    def _still_waiting(self, entries: Sequence[_Entry], error: Exception) -> list[_Entry]:
        """Answer those who waited long enough; return the others after a short rest."""
        now = time.monotonic() + RETRY_SECONDS
        stopping = self._thread is None
        over = [entry for entry in entries if entry.ends_at <= now or stopping]
        if over:
            log.error("delivery_not_stored", error=type(error).__name__, count=len(over))
        for entry in over:
            _fail(entry, _away())
        waiting = [entry for entry in entries if not (entry.ends_at <= now or stopping)]
        if waiting:
            time.sleep(RETRY_SECONDS)
        return waiting

    def _insert(self, deliveries: Sequence[Delivery]) -> list[int | None]:
        """Over a connection that is kept: to take one for each group costs as much as the rows do.

        One that was lost while nothing came is opened anew; what had been stored after all is not
        stored twice.
        """
        if self._conn is None:
            self._conn = open_writer(self._engine, eager=True)
        watch = _watch(self._conn)
        try:
            with self._conn.begin():
                return inbox.insert_many(self._conn, deliveries)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        finally:
            watch.close()
        with self._conn.begin():
            return inbox.insert_many(self._conn, deliveries)

    def _drop_connection(self) -> None:
        """Give the connection up: what it waits for may never come."""
        conn, self._conn = self._conn, None
        if conn is not None:
            with suppress(SQLAlchemyError):
                conn.close()

    def _store_separately(self, entries: Sequence[_Entry], error: Exception) -> None:
        """One delivery that cannot be stored must not take the others with it."""
        if len(entries) > 1:
            for entry in entries:
                self._store_batch([entry])
            return
        log.error("delivery_not_stored", error=type(error).__name__, count=len(entries))
        for entry in entries:
            _fail(entry, error)


def _fail(entry: _Entry, error: Exception) -> None:
    with suppress(InvalidStateError):  # its sender waits no longer
        entry.kept.set_exception(error)


def _away() -> Later:
    return Later(
        "The database cannot be reached now", change="Send it again", after=5.0, code="database"
    )


def _watch(conn: Connection) -> Watch:
    """Watch the connection's socket, which a server that froze would keep waiting for ever."""
    watch = Watch(STUCK_SECONDS)
    if conn.dialect.name == "postgresql":
        driver = conn.connection.dbapi_connection
        watch.add_descriptor(driver.pgconn.socket)  # type: ignore[union-attr]  # of psycopg
    return watch
