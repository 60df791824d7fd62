"""The audit log's writer: calls are written down in groups, behind the back of who calls."""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from sync.core.audit import ApiCall
from sync.store import logs
from sync.store.db.database import AWAY, write
from sync.store.rows import ApiCallRow

log = structlog.get_logger()

CALLS_PER_WRITE = 100  # calls in one transaction
MAX_WAITING = 10_000  # calls that wait for a database that does not answer
_GATHER_SECONDS = 0.5
_MAX_LAST_ATTEMPTS = 3  # tries at the end


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls whom (sync.store.records.RestCall)."""

    portal_id: int | None
    system: str
    connection: str
    source: str
    actor: str


def call_row(exchange: ApiCall, caller: Caller) -> ApiCallRow:
    """Build the row of a call and its caller."""
    return ApiCallRow(
        portal_id=caller.portal_id,
        at=exchange.at,
        method=exchange.method,
        status=exchange.status,
        milliseconds=exchange.milliseconds,
        request=exchange.request,
        answer=exchange.answer,
        system=caller.system,
        connection=caller.connection,
        source=caller.source,
        actor=caller.actor,
        error=exchange.error,
    )


class CallRecorder(Protocol):
    """Who is told of every call. Neither waits nor raises."""

    def add(self, call: ApiCallRow) -> None:
        """Take a call to be written."""

    def pending_writer(self) -> AbstractContextManager[Callable[[Connection], None]]:
        """Give what writes the calls that wait into a transaction."""


class AuditWriter:
    """One writer thread a process, started by the first call; a failed write fails no call.

    What waits is written when the writer is stopped, or the process ends by itself. Who records
    what became of a call takes it along (`carried`): a process that is killed loses only calls
    nothing came of yet.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[ApiCallRow] = deque()
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._work_waiting, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._lost = 0

    def add(self, call: ApiCallRow) -> None:
        """Take a call to be written soon; dropped where too many wait."""
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                self._lost += 1
                return
            self._waiting.append(call)
            if self._thread is None:
                self._start()
        self._work_waiting.set()

    def flush(self) -> bool:
        """Write what waits now; return whether nothing is left."""
        with self._writing:
            while group := self._take_batch():
                if not self._write_batch(group):
                    return False
        return True

    @contextmanager
    def pending_writer(self) -> Iterator[Callable[[Connection], None]]:
        """Give what takes the waiting calls into a transaction; where that fails they wait again.

        The savepoint keeps from the transaction what a call may have wrong: then the writer, who
        tries each alone, has them all.
        """
        api_call_rows: list[ApiCallRow] = []

        def carry(conn: Connection) -> None:
            group = self._take_batch(MAX_WAITING)
            try:
                with conn.begin_nested() if group else nullcontext():
                    logs.save_calls(conn, group)
                api_call_rows.extend(group)
            except SQLAlchemyError:
                self._put_back(group)

        try:
            yield carry
        except BaseException:
            self._put_back(api_call_rows)
            raise

    def stop(self) -> None:
        """End the writer when everything is written. A later call starts another."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        self._work_waiting.set()
        thread.join()
        self._stopping.clear()
        if not any(self.flush() for _ in range(_MAX_LAST_ATTEMPTS)):
            log.error("calls_not_written", count=len(self._waiting))

    def _start(self) -> None:
        """In the process that calls: threads do not survive a fork."""
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work_waiting.wait()
            self._stopping.wait(_GATHER_SECONDS)
            self._work_waiting.clear()
            if not self.flush():
                self._work_waiting.set()

    def _put_back(self, group: Sequence[ApiCallRow]) -> None:
        with self._lock:
            self._waiting.extendleft(reversed(group))
        self._work_waiting.set()

    def _take_batch(self, most: int = CALLS_PER_WRITE) -> list[ApiCallRow]:
        with self._lock:
            if self._lost:
                log.error("calls_not_written", count=self._lost)
                self._lost = 0
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def _write_batch(self, group: Sequence[ApiCallRow]) -> bool:
        """Return False where the database is busy or away: the group waits for the next time.

        A call that cannot be kept (its portal was just erased) must not take the others with it.
        """
        try:
            with write(self._engine) as conn:
                logs.save_calls(conn, group)
        except AWAY as error:
            log.warning("calls_wait", count=len(group), error=type(error).__name__)
            self._put_back(group)
            return False
        except SQLAlchemyError as error:
            if len(group) == 1:
                log.error("calls_not_written", count=1, error=type(error).__name__)
                return True
            return all([self._write_batch([call]) for call in group])
        except Exception:
            log.exception("calls_not_written", count=len(group))
        return True
