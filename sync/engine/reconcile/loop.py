"""Dirty subjects become commands: desired minus applied, decided purely, recorded with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.core.model.plans import PlannedCommand, Records
from sync.core.model.tasks import Step
from sync.core.plan import Plan
from sync.engine.deliver.refusals import is_refused, refused_before
from sync.engine.deliver.smart_commits import record_results
from sync.engine.deps import ALERT, NOTIFICATION, PORTAL_LANE, TASK, Deps
from sync.engine.lanes import Lane
from sync.engine.reconcile import alerts, notifications
from sync.engine.reconcile.tasks import (
    PlanningTurn,
    TaskPlans,
    plan_tasks,
    refuse_for_missing_tasks,
)
from sync.store import inbox, links, logs, messages, outbox, subjects, tasks
from sync.store.db.database import read, write
from sync.store.db.upsert import chunks
from sync.store.rows import DecisionRow, SubjectRow

BATCH = 200
SUBJECTS_PER_TRANSACTION = 200  # subjects recorded in one transaction
REPLAYED = "replayed"  # the cause that sync.store.subjects gives
COALESCE = timedelta(seconds=2)  # as long a subject waits for more to be heard of it


def reconcile(deps: Deps, lane: Lane, portal_id: int, portal: Portal) -> int:
    """Decides anew about the dirty subjects of the portal and returns about how many.

    Raises Later and Denied where the portal cannot be read: then nothing is decided.
    """
    dirty = _ready_subjects(deps, portal_id)
    tasks_due = [one for one in dirty if one.kind == TASK]
    news_due = [one for one in dirty if one.kind == NOTIFICATION]
    if tasks_due:
        _reconcile_tasks(deps, lane, portal_id, portal, tasks_due)
    if alerts_due := [one for one in dirty if one.kind == ALERT]:
        alerts.reconcile(deps, lane, portal_id, portal, alerts_due)
    for piece in chunks(news_due, SUBJECTS_PER_TRANSACTION):
        notifications.reconcile(deps, lane, portal_id, piece)
    return len(dirty)


def _reconcile_tasks(
    deps: Deps, lane: Lane, portal_id: int, portal: Portal, dirty: Sequence[SubjectRow]
) -> None:
    replayed = frozenset(int(one.key) for one in dirty if one.cause == REPLAYED)
    asking = PlanningTurn(deps, portal_id, portal, lane, replayed)
    planned = plan_tasks(asking, [int(one.key) for one in dirty], deps.rules_for(portal_id))
    for piece in chunks(dirty, SUBJECTS_PER_TRANSACTION):
        with write(deps.database) as conn:
            lane.keep(conn)
            _record(conn, deps, portal_id, piece, planned)


def _ready_subjects(deps: Deps, portal_id: int) -> tuple[SubjectRow, ...]:
    """The dirty subjects, once nothing more is being heard or the oldest has waited enough.

    A subject with a command in flight waits until that is settled.
    """
    with read(deps.database) as conn:
        now = deps.clock.now()
        dirty = subjects.next_dirty(conn, portal_id, BATCH, now)
        if not dirty:
            return ()
        young = now - dirty[0].dirty_at < COALESCE
        if young and inbox.next_batch(conn, portal_id, 1, now):
            return ()
        unsettled = {row.subject for row in outbox.in_flight(conn, portal_id, PORTAL_LANE)}
        return tuple(one for one in dirty if (one.kind, one.key) not in unsettled)


def _record(
    conn: Connection, deps: Deps, portal_id: int, piece: Sequence[SubjectRow], planned: TaskPlans
) -> None:
    ids = {int(one.key) for one in piece}
    plans = {task_id: planned.plans[task_id] for task_id in ids & planned.plans.keys()}
    refused = refused_before(conn, portal_id, TASK, map(str, plans))
    wanted = {
        task_id: [one for one in plan.commands if not is_refused(refused, str(task_id), one)]
        for task_id, plan in plans.items()
    }
    now = deps.clock.now()
    rules, missing = deps.rules_for(portal_id), ids & planned.missing
    commands: dict[int, Sequence[PlannedCommand]] = {task_id: () for task_id in missing}
    commands |= refuse_for_missing_tasks(conn, portal_id, missing, rules, now)
    commands |= wanted
    by_subject = {(TASK, str(task_id)): ones for task_id, ones in commands.items()}
    outbox.replace_waiting(conn, portal_id, PORTAL_LANE, by_subject, now)
    logs.save_decisions(conn, list(_decision_rows(portal_id, ids, planned, now)))
    _record_without_command(conn, portal_id, plans, wanted, now)
    tasks.set_steps(conn, portal_id, _steps_without_move(plans, wanted, planned.recorded_steps))
    for plan in plans.values():
        record_results(conn, plan.finished_smart_commits)
    _settle_subjects(conn, deps, portal_id, piece, planned)


def _decision_rows(
    portal_id: int, ids: set[int], planned: TaskPlans, now: datetime
) -> Iterator[DecisionRow]:
    """Why something is done or not; a look that changes nothing leaves no line."""
    for task_id in sorted(ids):
        plan = planned.plans.get(task_id)
        if plan and (_has_commands(plan) or plan.step is not planned.recorded_steps[task_id]):
            yield DecisionRow(portal_id, TASK, str(task_id), now, plan.decision)
        elif task_id in planned.missing & planned.newly_missing:
            said = f"task {task_id} does not exist, or the application may not see it"
            yield DecisionRow(portal_id, TASK, str(task_id), now, said)


def _has_commands(plan: Plan) -> bool:
    return bool(plan.commands or plan.problems or plan.finished_smart_commits)


def _record_without_command(
    conn: Connection,
    portal_id: int,
    plans: Mapping[int, Plan],
    wanted: Mapping[int, Sequence[PlannedCommand]],
    now: datetime,
) -> None:
    """Record what no command carries; the rest is recorded when its command ends."""
    left: list[tuple[int, Records]] = []
    for task_id, plan in plans.items():
        carried = {planned.records for planned in wanted[task_id]}
        left += [(task_id, records) for records in plan.records if records not in carried]
    events = [(*one.review_event, task_id) for task_id, one in left if one.review_event]
    links.set_review_events(conn, [(key, task_id, event) for key, event, task_id in events])
    states = [one.notified for _, one in left if one.notified]
    messages.save_notified_states(conn, portal_id, states, now)


def _steps_without_move(
    plans: Mapping[int, Plan],
    wanted: Mapping[int, Sequence[PlannedCommand]],
    before: Mapping[int, Step | None],
) -> dict[int, Step | None]:
    """Steps that ask for no move: recorded at once. The others are when the task has moved."""
    return {
        task_id: plan.step
        for task_id, plan in plans.items()
        if plan.step is not before[task_id]
        and not any(planned.records.step for planned in wanted[task_id])
    }


def _settle_subjects(
    conn: Connection, deps: Deps, portal_id: int, piece: Sequence[SubjectRow], planned: TaskPlans
) -> None:
    fine = [one for one in piece if int(one.key) not in planned.failures]
    subjects.clean_many(conn, portal_id, [(one.kind, one.key, one.version) for one in fine])
    for one in piece:
        error = planned.failures.get(int(one.key))
        if error is None:
            continue
        notifications.retry_later(conn, deps, portal_id, one, error=error, now=deps.clock.now())
