"""Sends waiting commands, up to fifty calls in a request, and records what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate

from sqlalchemy import Connection

from sync.bitrix24.rest.client import BATCH_SIZE, Answer, Call, Portal
from sync.bitrix24.rest.errors import EDIT_CLOSED
from sync.bitrix24.tasks import create as tasks_create
from sync.bitrix24.tasks.commands import calls_for, read_outcome
from sync.bitrix24.tasks.transitions import CommandResult
from sync.core.model.commands import CreateTask, task_id_of
from sync.core.model.tasks import Task
from sync.engine import backoff
from sync.engine.audit.recording import recording_transaction
from sync.engine.deliver.outcomes import (
    MESSAGE_KINDS,
    Refusal,
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
_COMMANDS_LOADED = 2 * BATCH_SIZE  # commands looked at, to find as many whole tasks as fit
REREAD_SECONDS = 3.0  # a refused move waits that long for its task to be read anew


@dataclass(frozen=True)
class CommandBatch:
    """Commands that go in one request, each with its calls, and the tasks they are about."""

    commands: Sequence[tuple[CommandRow, Sequence[Call]]]
    tasks: Mapping[int, Task]

    @property
    def rows(self) -> list[CommandRow]:
        return [row for row, _ in self.commands]

    @property
    def calls(self) -> list[Call]:
        return [call for _, calls in self.commands for call in calls]


@dataclass
class BatchOutcome:
    """The outcomes of a request, by what is to be done about them."""

    done: list[tuple[CommandRow, CommandResult]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    reread: list[CommandRow] = field(default_factory=list)
    edit_closed: list[CommandRow] = field(default_factory=list)
    foreign_time: list[CommandRow] = field(default_factory=list)
    postponed: list[tuple[CommandRow, Later]] = field(default_factory=list)
    denied: list[tuple[CommandRow, Denied]] = field(default_factory=list)


def deliver(deps: Deps, lane: Lane, portal_id: int, portal: Portal) -> int:
    """Sends one request of commands and returns how many it dealt with.

    Raises Later where the portal cannot take more now and Denied where it is closed to us; the
    commands are then waiting again, or, where they may have been carried out, to be settled.
    """
    now = deps.clock.now()
    with write(deps.database) as conn:
        lane.keep(conn, CALL_LEASE_TTL)
        rows = outbox.waiting(conn, portal_id, PORTAL_LANE, _COMMANDS_LOADED, now)
        known = tasks.get(conn, portal_id, {task_id_of(row.command) for row in rows} - {0})
        bodies = {task_id: row.body for task_id, row in known.items() if row.body}
        aimless = [row for row in rows if task_id_of(row.command) not in {0, *bodies}]
        if aimless or not rows:
            _drop(conn, portal_id, aimless, now)
            return len(aimless)
        parcel = _choose(rows, bodies, portal)
        outbox.mark_sending(conn, [row.id for row in parcel.rows], now)
    return _send(deps, lane, portal_id, portal, parcel)


def _choose(rows: Sequence[CommandRow], bodies: Mapping[int, Task], portal: Portal) -> CommandBatch:
    """Choose what goes in one request: by REST 3.0 a new task goes alone."""
    new = [row for row in rows if isinstance(row.command, CreateTask)]
    if new and portal.features.get("v3"):
        return CommandBatch([(new[0], [])], bodies)
    return _pack(rows, bodies, portal.user_id)


def _drop(conn: Connection, portal_id: int, rows: Sequence[CommandRow], now: datetime) -> None:
    """Drop commands for tasks that were deleted since: their subjects say what is to be done."""
    if rows:
        outbox.drop(conn, [row.id for row in rows], now, "the task is not there any more")
        decide_again(conn, portal_id, rows, "its task is not there any more", now)


def _pack(rows: Sequence[CommandRow], bodies: Mapping[int, Task], user_id: int) -> CommandBatch:
    """Commands, in order, whose calls fit into one request: all of a task's, or thing's, together.

    The portal tells of every change of ours too. Of a task with commands left over that would
    make those be decided anew, and the task be read once more.
    """
    of_task: dict[object, list[tuple[CommandRow, Sequence[Call]]]] = {}
    for row in rows:
        task_id = task_id_of(row.command)
        calls = calls_for(row.command, bodies.get(task_id), user_id)
        of_task.setdefault(task_id or row.subject, []).append((row, calls))
    if len(rows) == _COMMANDS_LOADED and len(of_task) > 1:
        of_task.popitem()  # there may be more of it
    chosen: list[tuple[CommandRow, Sequence[Call]]] = []
    room = BATCH_SIZE
    for commands in of_task.values():
        fitting = commands if _size(commands) <= room else []
        if not chosen:  # even one task may have too many
            fitting = commands[: _count_fitting(commands)]
        room -= _size(fitting)
        chosen += fitting
    return CommandBatch(chosen, bodies)


def _size(commands: Sequence[tuple[CommandRow, Sequence[Call]]]) -> int:
    return sum(len(calls) for _, calls in commands)


def _count_fitting(commands: Sequence[tuple[CommandRow, Sequence[Call]]]) -> int:
    """How many of the first commands fit into one request."""
    sizes = accumulate(len(calls) for _, calls in commands)
    return sum(size <= BATCH_SIZE for size in sizes)


def _send(deps: Deps, lane: Lane, portal_id: int, portal: Portal, parcel: CommandBatch) -> int:
    """Send commands that are marked as being sent, and record what became of each."""
    try:
        answers = _call_portal(portal, parcel)
    except Refused as error:
        if len(parcel.commands) == 1:
            answers = [error] * max(1, len(parcel.calls))
        else:
            return _send_separately(deps, lane, portal_id, portal, parcel)
    except (Later, Denied) as error:
        _put_back(deps, lane, parcel.rows, error)
        raise
    _record(deps, lane, portal_id, _sort_answers(parcel, answers))
    return len(parcel.commands)


def _call_portal(portal: Portal, parcel: CommandBatch) -> Sequence[Answer | SyncError]:
    if parcel.calls:
        return portal.batch(parcel.calls)
    return [_create_task(portal, row) for row in parcel.rows]


def _create_task(portal: Portal, row: CommandRow) -> Answer | SyncError:
    """By 3.0, which makes it once; an early 3.0 that refuses has made nothing: then by 2.0.

    Asked for before in other words it is there already.
    """
    try:
        return tasks_create.create_task_v3(portal, row.command)
    except (Refused, Denied) as error:
        if tasks_create.KEY_REUSED not in error.code:
            return portal.batch([tasks_create.create_call(row.command)])[0]
        found = tasks_create.find_created_task(
            portal, row.command, row.created_at - tasks_create.IDEMPOTENCY_WINDOW
        )
        return Answer(found) if found else error


def _send_separately(
    deps: Deps, lane: Lane, portal_id: int, portal: Portal, parcel: CommandBatch
) -> int:
    """One command spoils the request for all: each goes alone, and only that one is refused."""
    for command in parcel.commands:
        with write(deps.database) as conn:
            lane.keep(conn, CALL_LEASE_TTL)
            outbox.mark_sending(conn, [command[0].id], deps.clock.now())
        _send(deps, lane, portal_id, portal, CommandBatch([command], parcel.tasks))
    return len(parcel.commands)


def _put_back(deps: Deps, lane: Lane, rows: Sequence[CommandRow], error: Later | Denied) -> None:
    """Back to waiting, except what the portal may have carried out: that is settled first."""
    with recording_transaction(deps) as conn:
        lane.keep(conn)
        if not (isinstance(error, Later) and error.sent):
            for row in rows:
                _postpone(conn, deps, row, error)


def _postpone(conn: Connection, deps: Deps, row: CommandRow, error: Later | Denied) -> None:
    """Waiting again: for as long as asked, or longer with every failure. Denied: no time heals."""
    wait = 0.0
    if isinstance(error, Later):
        usual = backoff.delay(row.attempts + 1, deps.jitter())
        wait = usual if error.after is None else max(MIN_WAIT_SECONDS, error.after)
    next_at = deps.clock.now() + timedelta(seconds=wait)
    outbox.postpone(conn, row.id, next_at, str(error))


def _sort_answers(parcel: CommandBatch, answers: Sequence[Answer | SyncError]) -> BatchOutcome:
    """The outcome of every command. Commands about one task see what those before them did."""
    found, bodies, rest = BatchOutcome(), dict(parcel.tasks), list(answers)
    for row, calls in parcel.commands:
        count = 1 if isinstance(row.command, CreateTask) else len(calls)
        own, rest = rest[:count], rest[count:]
        match read_outcome(row.command, own, bodies.get(task_id_of(row.command))):
            case CommandResult() as done:
                found.done.append((row, done))
                if done.task:
                    bodies[done.task.id] = done.task
            case Later() as later:
                found.postponed.append((row, later))
            case Denied() as denied:
                found.denied.append((row, denied))
            case error:
                _sort_refused(found, row, error)
    return found


def _sort_refused(found: BatchOutcome, row: CommandRow, error: SyncError) -> None:
    """A closed message is written anew; a first refusal of a move may be due to old knowledge.

    Time that is refused as another's is logged in our own name: whose time an application may log
    is not documented.
    """
    if error.code == EDIT_CLOSED and row.kind in MESSAGE_KINDS and row.payload["message_id"]:
        found.edit_closed.append(row)
    elif row.kind in ("move_task", "set_stage") and row.attempts == 0:
        found.reread.append(row)
    elif row.kind == "log_time" and row.payload["user_id"]:
        found.foreign_time.append(row)
    else:
        found.refused.append(Refusal(row, str(error)))


def _record(deps: Deps, lane: Lane, portal_id: int, found: BatchOutcome) -> None:
    now = deps.clock.now()
    with final_transaction(deps, lane, portal_id) as conn:
        record_done(conn, portal_id, found.done, now)
        record_refused(conn, portal_id, found.refused, now)
        for row, error in (*found.postponed, *found.denied):
            if not (isinstance(error, Later) and error.sent):
                _postpone(conn, deps, row, error)
        for row in found.reread:
            later = now + timedelta(seconds=REREAD_SECONDS)
            outbox.postpone(conn, row.id, later, "refused once: the task is read anew")
        forget_base(
            conn, portal_id, found.reread, now
        )  # a move of two calls may have failed half-way
        decide_again(conn, portal_id, found.reread, "a move was refused", now)
        for row in found.edit_closed:
            forget_message(conn, portal_id, row)
        outbox.drop(
            conn, [row.id for row in found.edit_closed], now, "the message is closed to edits"
        )
        decide_again(conn, portal_id, found.edit_closed, "its card can be edited no more", now)
        log_as_app(conn, found.foreign_time)
        outbox.drop(
            conn, [row.id for row in found.foreign_time], now, "refused as the author's own"
        )
        decide_again(conn, portal_id, found.foreign_time, "its author's time was refused", now)
    for _, denied in found.denied:
        raise denied
