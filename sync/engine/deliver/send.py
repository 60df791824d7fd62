"""Sends waiting commands, up to fifty calls in a request, and records what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.bitrix24.rest.batch import Answer
from sync.bitrix24.rest.client import Portal
from sync.core.model.commands import (
    PutMessage,
    task_id_of,
)
from sync.core.model.tasks import Task
from sync.engine import backoff
from sync.engine.audit.recording import recording_transaction
from sync.engine.deliver.answers import BatchOutcome, sort_answers
from sync.engine.deliver.batch import COMMANDS_LOADED, CommandBatch, choose_commands
from sync.engine.deliver.bot import is_bot_gone, read_author, record_bot_refusals
from sync.engine.deliver.flights import Flight, Flights
from sync.engine.deliver.outcomes import (
    decide_again,
    forget_base,
    forget_message,
    record_done,
    record_refused,
)
from sync.engine.deliver.smart_commits import log_as_app
from sync.engine.deps import PORTAL_LANE, Deps
from sync.engine.lanes import CALL_LEASE_TTL, Lane, final_transaction
from sync.errors import Denied, Later, Refused, SyncError
from sync.store import outbox, tasks
from sync.store.db.database import write
from sync.store.rows import CommandRow

MIN_WAIT_SECONDS = 0.5  # even where the portal asks for less
REREAD_SECONDS = 3.0  # a refused move waits that long for its task to be read anew


def deliver(deps: Deps, lane: Lane, portal_id: int, flights: Flights) -> int:
    """Begin one request of commands and return how many it dealt with.

    0 where what waits is about tasks with a request under way, or gathers more.
    """
    batch, lane.batch = lane.batch, None
    if batch is None:
        now = deps.clock.now()
        with write(deps.database) as conn:
            lane.keep(conn, CALL_LEASE_TTL)
            waiting = outbox.waiting(conn, portal_id, PORTAL_LANE, COMMANDS_LOADED, now)
            rows = [row for row in waiting if flights.is_free(row)]
            bodies = _load_tasks(conn, portal_id, rows)
            if aimless := _without_task(rows, bodies):
                _drop(conn, portal_id, aimless, now)
                return len(aimless)
            author = read_author(conn, portal_id, flights.portal, rows)
            batch = choose_commands(rows, bodies, flights.portal, author) if rows else None
            if batch is None or not flights.is_worth_it(batch, len(rows)):
                return 0
            outbox.mark_sending(conn, [row.id for row in batch.rows], now)
    flights.start(batch)
    return len(batch.commands)


def prepare(conn: Connection, portal_id: int, portal: Portal, now: datetime) -> CommandBatch | None:
    """Mark the next request's commands as being sent, for the `deliver` that follows at once.

    For a portal to which no request is under way. None where there is something to be done about
    the commands first.
    """
    rows = outbox.waiting(conn, portal_id, PORTAL_LANE, COMMANDS_LOADED, now)
    bodies = _load_tasks(conn, portal_id, rows)
    if not rows or _without_task(rows, bodies):
        return None
    batch = choose_commands(rows, bodies, portal, read_author(conn, portal_id, portal, rows))
    outbox.mark_sending(conn, [row.id for row in batch.rows], now)
    return batch


def _load_tasks(conn: Connection, portal_id: int, rows: Sequence[CommandRow]) -> dict[int, Task]:
    """Read the tasks that the commands are about, as far as they are there."""
    stored = tasks.get(conn, portal_id, {task_id_of(row.command) for row in rows} - {0})
    return {task_id: row.body for task_id, row in stored.items() if row.body}


def _without_task(rows: Sequence[CommandRow], bodies: Mapping[int, Task]) -> list[CommandRow]:
    return [row for row in rows if task_id_of(row.command) not in {0, *bodies}]


def land(deps: Deps, lane: Lane, portal_id: int, flights: Flights) -> int:
    """Record what became of the requests that have ended, and return of how many commands.

    Raises, once all of that is recorded, Later where the portal cannot take more now and Denied
    where it is closed to us; the commands are then waiting again, or, where they may have been
    carried out, to be settled.
    """
    count, failures = 0, list[Later | Denied]()
    for flight in flights.take_ended():
        count += len(flight.batch.commands)
        try:
            _record_answers(deps, lane, portal_id, flight.batch, flight, flights)
        except (Later, Denied) as error:
            failures.append(error)
    for failure in failures:
        raise failure
    return count


def land_all(deps: Deps, lane: Lane, portal_id: int, flights: Flights) -> None:
    """Wait for the requests under way and record what became of them, whatever that is."""
    flights.wait_for_all()
    with suppress(Later, Denied):
        land(deps, lane, portal_id, flights)


def _drop(conn: Connection, portal_id: int, rows: Sequence[CommandRow], now: datetime) -> None:
    """Drop commands for tasks that were deleted since: their subjects say what is to be done."""
    if rows:
        outbox.drop(conn, [row.id for row in rows], now, "the task is not there any more")
        decide_again(conn, portal_id, rows, "its task is not there any more", now)


def _record_answers(
    deps: Deps, lane: Lane, portal_id: int, batch: CommandBatch, flight: Flight, flights: Flights
) -> None:
    answers: Sequence[Answer | SyncError]
    try:
        answers = flight.answers.result()
    except Refused as error:
        if len(batch.commands) > 1:
            _send_separately(deps, lane, portal_id, batch, flights)
            return
        answers = [error] * max(1, len(batch.calls))
    except (Later, Denied) as error:
        _put_back(deps, lane, batch.rows, error)
        raise
    outcome = sort_answers(batch, answers)
    if is_bot_gone(outcome.bot_refused):
        flights.forget_bot()
    _record(deps, lane, portal_id, outcome)


def _send_separately(
    deps: Deps, lane: Lane, portal_id: int, batch: CommandBatch, flights: Flights
) -> None:
    """One command spoils the request for all: each goes alone, and only that one is refused."""
    for command in batch.commands:
        with write(deps.database) as conn:
            lane.keep(conn, CALL_LEASE_TTL)
            outbox.mark_sending(conn, [command[0].id], deps.clock.now())
        alone = CommandBatch([command], batch.tasks)
        flight = flights.call(alone)
        _record_answers(deps, lane, portal_id, alone, flight, flights)


def _put_back(deps: Deps, lane: Lane, rows: Sequence[CommandRow], error: Later | Denied) -> None:
    """Back to waiting, except what the portal may have carried out: that is settled first."""
    with recording_transaction(deps) as conn:
        lane.keep(conn)
        if not (isinstance(error, Later) and error.sent):
            for row in rows:
                _postpone(conn, deps, row, error)


def _postpone(conn: Connection, deps: Deps, row: CommandRow, error: Later | Denied) -> None:
    """Have it wait for as long as asked, or longer with every failure. Denied: no time heals."""
    wait = 0.0
    if isinstance(error, Later):
        usual = backoff.delay(row.attempts + 1, deps.jitter())
        wait = usual if error.after is None else max(MIN_WAIT_SECONDS, error.after)
    next_at = deps.clock.now() + timedelta(seconds=wait)
    outbox.postpone(conn, row.id, next_at, str(error))


def _record(deps: Deps, lane: Lane, portal_id: int, outcome: BatchOutcome) -> None:
    now = deps.clock.now()
    with final_transaction(deps, lane, portal_id) as conn:
        record_done(conn, portal_id, outcome.done, now)
        record_refused(conn, portal_id, outcome.refused, now)
        for row, later in outcome.postponed:
            if not later.sent:
                _postpone(conn, deps, row, later)
        for row, denied in outcome.denied:
            _postpone(conn, deps, row, denied)
        for row in outcome.reread:
            again_at = now + timedelta(seconds=REREAD_SECONDS)
            outbox.postpone(conn, row.id, again_at, "refused once: the task is read anew")
        # A move of two calls may have failed half-way.
        forget_base(conn, portal_id, outcome.reread, now)
        decide_again(conn, portal_id, outcome.reread, "a move was refused", now)
        _record_closed_edits(conn, portal_id, outcome.edit_closed, now)
        record_bot_refusals(conn, portal_id, outcome.bot_refused, now)
        log_as_app(conn, outcome.foreign_time)
        ids = [row.id for row in outcome.foreign_time]
        outbox.drop(conn, ids, now, "refused as the author's own")
        decide_again(conn, portal_id, outcome.foreign_time, "its author's time was refused", now)
    for _, denied in outcome.denied:
        raise denied


def _record_closed_edits(
    conn: Connection,
    portal_id: int,
    closed: Sequence[tuple[CommandRow, PutMessage]],
    now: datetime,
) -> None:
    for _, message in closed:
        forget_message(conn, portal_id, message)
    rows = [row for row, _ in closed]
    outbox.drop(conn, [row.id for row in rows], now, "the message is closed to edits")
    decide_again(conn, portal_id, rows, "its card can be edited no more", now)
