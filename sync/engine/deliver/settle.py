"""Commands whose answer never came: what became of them is found out before anything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import create as tasks_create
from sync.bitrix24.tasks import queries as tasks_queries
from sync.bitrix24.tasks.transitions import Done
from sync.core.model.commands import LogTime, OpenTask, Post, PutCard, PutMessage, task_of
from sync.core.model.common import Task
from sync.engine.audit.recording import recording
from sync.engine.deliver.outcomes import Refusal, decide_again, doubt, record_done, record_refused
from sync.engine.deps import LANE, Deps
from sync.engine.lanes import CALLING, Lane
from sync.errors import Refused
from sync.store import outbox, tasks
from sync.store.db.database import read
from sync.store.rows import CommandRow

# A message may still be on its way into the discussion when nobody waits for its answer any more.
GRACE = timedelta(seconds=10)
LOOK_BACK = timedelta(minutes=5)  # the portal's clock may be behind ours


def settle(deps: Deps, lane: Lane, portal_id: int, portal: Portal) -> int:
    """Settles the lane's commands in flight and returns how many.

    Moves, edits, fields and notifications may be repeated: their subject is decided anew. A new
    card, task or entry of the time log is looked for on the portal, and only written again if it is
    not there. Raises Later and Denied where the portal cannot be asked: those commands stay as
    they are.
    """
    with read(deps.database) as conn:
        rows = outbox.in_flight(conn, portal_id, LANE)
    if not rows:
        return 0
    cards = [row for row in rows if _creates(row)]
    _repeat(deps, lane, portal_id, [row for row in rows if row not in cards])
    oldest = deps.clock.now() - GRACE
    ready = [row for row in cards if row.sent_at is None or row.sent_at <= oldest]
    for row in ready:
        _look_up(deps, lane, portal_id, portal, row)
    return len(rows) - len(cards) + len(ready)


def _creates(row: CommandRow) -> bool:
    effect = row.effect
    new = isinstance(effect, PutCard | PutMessage | Post) and effect.message_id is None
    return new or isinstance(effect, LogTime | OpenTask)


def _repeat(deps: Deps, lane: Lane, portal_id: int, rows: Sequence[CommandRow]) -> None:
    if not rows:
        return
    with recording(deps) as conn:
        lane.keep(conn)
        now = deps.clock.now()
        outbox.drop(conn, [row.id for row in rows], now, "no answer: decided anew")
        doubt(conn, portal_id, rows, now)
        decide_again(conn, portal_id, rows, "the answer to a write was lost", now)


def _look_up(deps: Deps, lane: Lane, portal_id: int, portal: Portal, row: CommandRow) -> None:
    task_id = task_of(row.effect)
    with recording(deps) as conn:
        lane.keep(conn, CALLING)
        known = tasks.get(conn, portal_id, {task_id} - {0})
    body = known[task_id].body if task_id in known else None
    try:
        done = _found(portal, body, row)
    except Refused as error:
        done = _unseen(row, error)
    with recording(deps) as conn:
        lane.keep(conn)
        now = deps.clock.now()
        match done:
            case Done():
                record_done(conn, portal_id, [(row, done)], now)
            case Refusal():
                record_refused(conn, portal_id, [done], now)
    if done is None:
        _repeat(deps, lane, portal_id, [row])


def _found(portal: Portal, task: Task | None, row: CommandRow) -> Done | None:
    """Our own message of that text, our task, or our entry in a task's log. Raises Refused."""
    since = (row.sent_at or row.created_at) - LOOK_BACK
    match row.effect:
        case LogTime() as entry:
            return Done() if tasks_queries.find_time(portal, entry) else None
        case OpenTask() as wanted:
            found = tasks_create.find(portal, wanted, since)
            return Done(task=tasks_create.made(found)) if found else None
        case Post(dialog, _, text):
            number = tasks_queries.find_post(portal, dialog, text, since)
        case _:
            text = row.payload["text"]
            number = tasks_queries.find_message(portal, task, text, since) if task else None
    return Done(message_id=number) if number is not None else None


def _unseen(row: CommandRow, error: Refused) -> Refusal | None:
    """A message of a chat that is closed to us is written again; time is never logged twice."""
    if not isinstance(row.effect, LogTime):
        return None
    return Refusal(
        row, f"It is not known whether the time was logged, and it is not repeated. {error}"
    )
