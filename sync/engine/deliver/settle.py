"""Commands whose answer never came: what became of them is found out before anything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import create as tasks_create
from sync.bitrix24.tasks import queries as tasks_queries
from sync.bitrix24.tasks.transitions import CommandResult
from sync.core.clock import TOLERANCE, is_due
from sync.core.model.commands import (
    CreateTask,
    LogTime,
    Place,
    PutMessage,
    task_id_of,
)
from sync.core.model.tasks import Task
from sync.engine.audit.recording import recording_transaction
from sync.engine.deliver.flights import Flights
from sync.engine.deliver.outcomes import (
    Refusal,
    decide_again,
    forget_base,
    record_done,
    record_refused,
)
from sync.engine.deps import PORTAL_LANE, Deps, clock_lead
from sync.engine.lanes import CALL_LEASE_TTL, Lane
from sync.errors import Refused
from sync.sentences import sentence
from sync.store import outbox, tasks
from sync.store.db.database import select_only
from sync.store.rows import CommandRow

# A message may still be on its way into the discussion when nobody waits for its answer any more.
ANSWER_GRACE = timedelta(seconds=10)
LOOK_BACK = timedelta(minutes=5)  # the portal's clock may be behind ours
LOOK_FAR_BACK = timedelta(days=1)  # for what our clock dated ahead of now, before it was put back


def settle(deps: Deps, lane: Lane, portal_id: int, flights: Flights) -> int:
    """Settle the lane's commands of unknown outcome and return how many.

    Moves, edits, fields and notifications may be repeated: their subject is decided anew. A new
    message, task or entry of the time log is looked for on the portal, and only written again if
    it is not there. Raises Later and Denied where the portal cannot be asked: those commands stay
    as they are.
    """
    with select_only(deps.database) as conn:
        rows = outbox.in_flight(conn, portal_id, PORTAL_LANE)
    under_way = flights.command_ids
    rows = tuple(row for row in rows if row.id not in under_way)
    if not rows:
        return 0
    creating = [row for row in rows if _creates(row)]
    _decide_again(deps, lane, portal_id, [row for row in rows if row not in creating])
    now = deps.clock.now()
    ready = [row for row in creating if is_due(row.sent_at, ANSWER_GRACE, now)]
    for row in ready:
        _settle_created(deps, lane, portal_id, flights.portal, row)
    return len(rows) - len(creating) + len(ready)


def _creates(row: CommandRow) -> bool:
    command = row.command
    posts = isinstance(command, PutMessage) and command.message_id is None
    return posts or isinstance(command, LogTime | CreateTask)


def _decide_again(deps: Deps, lane: Lane, portal_id: int, rows: Sequence[CommandRow]) -> None:
    if not rows:
        return
    with recording_transaction(deps) as conn:
        lane.keep(conn)
        now = deps.clock.now()
        outbox.drop(conn, [row.id for row in rows], now, "no answer: decided anew")
        forget_base(conn, portal_id, rows, now)
        decide_again(conn, portal_id, rows, "the answer to a write was lost", now)


def _settle_created(
    deps: Deps, lane: Lane, portal_id: int, portal: Portal, row: CommandRow
) -> None:
    task_id = task_id_of(row.command)
    with recording_transaction(deps) as conn:
        lane.keep(conn, CALL_LEASE_TTL)
        rows = tasks.get(conn, portal_id, {task_id} - {0})
    task = rows[task_id].body if task_id in rows else None
    outcome: CommandResult | Refusal | None
    try:
        outcome = _find_written(portal, task, row, _written_since(deps, row))
    except Refused as error:
        outcome = _refusal_for_time_entry(row, error)
    with recording_transaction(deps) as conn:
        lane.keep(conn)
        now = deps.clock.now()
        match outcome:
            case CommandResult():
                record_done(conn, portal_id, [(row, outcome)], now)
            case Refusal():
                record_refused(conn, portal_id, [outcome], now)
    if outcome is None:
        _decide_again(deps, lane, portal_id, [row])


def _written_since(deps: Deps, row: CommandRow) -> datetime:
    """Return from when on, by the portal's clock, what was sent may be there."""
    now, at = deps.clock.now(), row.sent_at or row.created_at
    since = at - LOOK_BACK if at <= now + TOLERANCE else now - LOOK_FAR_BACK
    return since - clock_lead(deps)


def _find_written(
    portal: Portal, task: Task | None, row: CommandRow, since: datetime
) -> CommandResult | None:
    """Find our own message of that text, task, or entry in a task's log. Raises Refused."""
    match row.command:
        case LogTime() as entry:
            return CommandResult() if tasks_queries.find_time_entry(portal, entry) else None
        case CreateTask() as creation:
            created = tasks_create.find_created_task(portal, creation, since)
            return CommandResult(task=tasks_create.created_task(created)) if created else None
        case PutMessage(place, _, text):
            for bot_id in (portal.bot_id, 0) if portal.bot_id else (0,):
                message_id = _find_message(portal, task, place, text, since, bot_id)
                if message_id is not None:
                    return CommandResult(message_id=message_id, bot_id=bot_id)
    return None


def _find_message(
    portal: Portal, task: Task | None, place: Place, text: str, since: datetime, bot_id: int
) -> int | None:
    """Return the id of the bot's message; of the application's own where `bot_id` is 0."""
    if place.dialog:
        return tasks_queries.find_chat_message(portal, place.dialog, text, since, bot_id=bot_id)
    if task is None:
        return None
    return tasks_queries.find_task_message(portal, task, text, since, bot_id=bot_id)


def _refusal_for_time_entry(row: CommandRow, error: Refused) -> Refusal | None:
    """Refuse an entry that may be there: time is never logged twice. Messages are written again."""
    if not isinstance(row.command, LogTime):
        return None
    text = "It is not known whether the time was logged, and it is not repeated. {error}"
    return Refusal(row, sentence(text, error=error))
