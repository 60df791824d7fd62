"""Requests to a portal that are under way at once: a slow answer holds up no other request.

Of a task, and of a subject, there is never more than one request under way. A further one is
begun only when the one before it has its place in the portal's limits: what waits for a place can
still be decided anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from requests import Response
from sqlalchemy.exc import SQLAlchemyError

from sync.bitrix24.rest.batch import BATCH_SIZE, Answer
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import create as tasks_create
from sync.core.model.commands import CreateTask, task_id_of
from sync.engine.deliver.batch import CommandBatch
from sync.engine.deliver.calls import InlineCalls
from sync.engine.deps import Deps
from sync.engine.lanes import CALL_LEASE_TTL, Lane, LaneLost
from sync.errors import Denied, Refused, SyncError
from sync.store.db.database import write
from sync.store.outbox import SubjectId
from sync.store.portals import PortalRow
from sync.store.rows import CommandRow

MOST_FLIGHTS = 16  # requests under way: at two a second, those of eight seconds
_GATHER = timedelta(seconds=1)  # so long a request that is not full waits for one under way
_WAIT_SECONDS = 0.1  # between two looks at what else there is to do
_RENEW_BEFORE = timedelta(seconds=60)  # the end of the lease


@dataclass(frozen=True)
class Flight:
    """A request under way: its commands, and the future that will hold its answers."""

    batch: CommandBatch
    portal: Portal
    answers: Future[Sequence[Answer | SyncError]]
    admitted: threading.Event
    started_at: datetime


class Flights:
    """The requests of one portal's turn that are under way.

    `work_meanwhile` is called again and again while an answer to the turn itself is awaited.
    `is_trying`: the portal failed the last time, and is asked one thing first.
    """

    def __init__(self, deps: Deps, lane: Lane, row: PortalRow) -> None:
        self._deps, self._lane, self._row = deps, lane, row
        self._own: Portal | None = None
        self._is_own_busy = False
        self._idle: list[Portal] = []
        self._flights: list[Flight] = []
        self._deciding: frozenset[SubjectId] = frozenset()
        self.is_trying = False
        self.work_meanwhile: Callable[[], object] = lambda: None

    def __bool__(self) -> bool:
        return bool(self._flights)

    @property
    def portal(self) -> Portal:
        """The turn's own client. Raises Denied where the portal has no tokens."""
        if self._own is None:
            self._own = self._idle.pop() if self._idle else self._deps.portal_for(self._row)
            self._own.wait_for = self._wait_working
        return self._own

    def _wait_working(self, request: Callable[[], Response]) -> Response:
        """Make a request of the turn itself; other requests begin and end meanwhile."""
        self._is_own_busy = True
        answer = self._deps.calls.start(request)
        try:
            while not answer.done():
                self.work_meanwhile()
                self._wait([answer, *self._pending()])
        finally:
            while not answer.done():  # its client must not be anybody else's before
                self._deps.calls.wait([answer], _WAIT_SECONDS)
            self._is_own_busy = False
        return answer.result()

    @contextmanager
    def deciding(self, subjects: Iterable[SubjectId]) -> Iterator[None]:
        """Send no commands of the subjects meanwhile: they are being decided about."""
        self._deciding = frozenset(subjects)
        try:
            yield
        finally:
            self._deciding = frozenset()

    def is_free(self, row: CommandRow) -> bool:
        """Whether the command may be sent beside what is under way and being decided."""
        return row.subject not in self._deciding and task_id_of(row.command) not in self.task_ids

    @property
    def command_ids(self) -> frozenset[int]:
        """The commands that are under way."""
        return frozenset(row.id for flight in self._flights for row in flight.batch.rows)

    @property
    def task_ids(self) -> frozenset[int]:
        """The tasks that they are about."""
        rows = (row for flight in self._flights for row in flight.batch.rows)
        return frozenset(task_id_of(row.command) for row in rows) - {0}

    def has_room(self) -> bool:
        """Whether a further request may be begun."""
        if self.is_trying and self._flights:
            return False
        is_queue_free = all(flight.admitted.is_set() for flight in self._flights)
        return is_queue_free and len(self._flights) < MOST_FLIGHTS

    def is_worth_it(self, batch: CommandBatch, waiting: int) -> bool:
        """Whether to send the batch now, of `waiting` commands that may go.

        One that is not full gathers more while another request is under way, for a moment.
        """
        if not self._flights or len(batch.commands) < waiting or len(batch.calls) >= BATCH_SIZE:
            return True
        return self._deps.clock.now() - self._flights[-1].started_at >= _GATHER

    def start(self, batch: CommandBatch) -> None:
        """Send commands that are marked as being sent."""
        portal, admitted = self._take_client(), threading.Event()
        portal.on_admitted = admitted.set
        answers = self._deps.calls.start(lambda: _call_portal(portal, batch))
        flight = Flight(batch, portal, answers, admitted, self._deps.clock.now())
        self._flights.append(flight)

    def _take_client(self) -> Portal:
        """Return a client for another thread: the turn's own where that is not in use."""
        if self._idle:
            return self._idle.pop()
        if self._own is None or self._is_own_busy:
            return self._deps.portal_for(self._row)
        portal, self._own = self._own, None
        portal.wait_for = lambda request: request()
        return portal

    def call(self, batch: CommandBatch) -> Flight:
        """Send commands that are marked as being sent, and wait for the answers."""
        portal, now = self._take_client(), self._deps.clock.now()
        answers = InlineCalls().start(lambda: _call_portal(portal, batch))
        self._idle.append(portal)
        return Flight(batch, portal, answers, threading.Event(), now)

    def forget_bot(self) -> None:
        """Let the application itself write what the turn still sends: its bot is gone."""
        self._row = replace(self._row, record=replace(self._row.record, bot_id=0))
        busy = [flight.portal for flight in self._flights]
        for portal in filter(None, [self._own, *self._idle, *busy]):
            portal.bot_id = 0

    def take_ended(self) -> list[Flight]:
        """Return the requests that were answered since, or failed, in the order they began."""
        ended = [flight for flight in self._flights if flight.answers.done()]
        self._flights = [flight for flight in self._flights if flight not in ended]
        self._idle += [flight.portal for flight in ended]
        return ended

    def wait(self) -> None:
        """Wait a little for an answer, and keep the lane meanwhile. Raises LaneLost."""
        self._wait(self._pending())

    def _wait(self, futures: Sequence[Future[Any]]) -> None:
        if self._lane.until is None or self._lane.until - self._deps.clock.now() < _RENEW_BEFORE:
            with write(self._deps.database) as conn:
                self._lane.keep(conn, CALL_LEASE_TTL)
        self._deps.calls.wait(futures, _WAIT_SECONDS)

    def wait_for_all(self) -> None:
        """Wait until no request is under way any more; each has a time limit of its own."""
        while self._pending():
            with suppress(LaneLost, SQLAlchemyError):  # whoever records the answers meets it again
                self.wait()

    def _pending(self) -> list[Future[Sequence[Answer | SyncError]]]:
        return [flight.answers for flight in self._flights if not flight.answers.done()]


def _call_portal(portal: Portal, batch: CommandBatch) -> Sequence[Answer | SyncError]:
    if batch.calls:
        return portal.batch(batch.calls)
    return [
        _create_task(portal, row.command, row.created_at)
        for row in batch.rows
        if isinstance(row.command, CreateTask)
    ]


def _create_task(portal: Portal, command: CreateTask, decided_at: datetime) -> Answer | SyncError:
    """By 3.0, which makes it once; an early 3.0 that refuses has made nothing: then by 2.0.

    Asked for before in other words it is there already.
    """
    try:
        return tasks_create.create_task_v3(portal, command)
    except (Refused, Denied) as error:
        if tasks_create.KEY_REUSED not in error.code:
            return portal.batch([tasks_create.create_call(command)])[0]
        by_key = tasks_create.find_created_task(
            portal, command, decided_at - tasks_create.IDEMPOTENCY_WINDOW
        )
        return Answer(by_key) if by_key else error
