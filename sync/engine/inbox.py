"""The inbox: keeps a delivery durably before it is acknowledged, many in one transaction."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from sync.errors import Later
from sync.store import inbox
from sync.store.db.database import open_writer
from sync.store.rows import Delivery

log = structlog.get_logger()

DELIVERIES_PER_WRITE = 200  # deliveries in one transaction

_Entry = tuple[Delivery, "Future[int | None]"]


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

    def start(self) -> None:
        """Start the writer. After a fork, in the child: threads do not survive a fork."""
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    def accept(self, delivery: Delivery) -> Accepted:
        """Store the delivery; return when it would survive a power cut.

        Raises what the database raised, or Later when the process is stopping: the sender must
        not be told that the delivery arrived.
        """
        kept: Future[int | None] = Future()
        with self._lock:
            if self._thread is None:
                raise Later("the receiver is not running")
            self._queue.put((delivery, kept))
        return Accepted(kept.result())

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
        if self._conn is not None:
            self._conn.close()

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
        try:
            ids = self._insert([delivery for delivery, _ in entries])
        except Exception as error:  # noqa: BLE001 - each waiting request gets its own answer
            self._store_separately(entries, error)
            return
        for (_, kept), new in zip(entries, ids, strict=True):
            kept.set_result(new)
        for portal_id in {delivery.portal_id for delivery, _ in entries}:
            self._wake(portal_id)

    def _insert(self, deliverys: Sequence[Delivery]) -> list[int | None]:
        """Over a connection that is kept: to take one for each group costs as much as the rows do.

        One that was lost while nothing came is opened anew; what had been stored after all is not
        stored twice.
        """
        if self._conn is None:
            self._conn = open_writer(self._engine)
        try:
            with self._conn.begin():
                return inbox.insert_many(self._conn, deliverys)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        with self._conn.begin():
            return inbox.insert_many(self._conn, deliverys)

    def _store_separately(self, entries: Sequence[_Entry], error: Exception) -> None:
        """One delivery that cannot be stored must not take the others with it.

        A database that is busy or away would be so for each of them: nothing is tried again.
        """
        if len(entries) > 1 and not isinstance(error, OperationalError):
            for entry in entries:
                self._store_batch([entry])
            return
        log.error("delivery_not_stored", error=type(error).__name__, count=len(entries))
        for _, kept in entries:
            kept.set_exception(error)
