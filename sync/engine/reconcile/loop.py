"""Dirty subjects become commands: desired minus applied, decided purely, recorded with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.core.model.plans import PlannedCommand, Records
from sync.core.model.tasks import Step
from sync.core.plan import Plan
from sync.engine.deliver.refusals import is_refused, refused_of
from sync.engine.deliver.smart_commits import record_results
from sync.engine.deps import ALERT, NOTIFICATION, PORTAL_LANE, TASK, Deps, build_scope
from sync.engine.lanes import Lane, final_transaction, lane_transaction
from sync.engine.load.scope import Scope
from sync.engine.load.tasks import LoadedTasks
from sync.engine.reconcile import alerts, notifications
from sync.engine.reconcile.tasks import (
    PlanningTurn,
    TaskPlans,
    load_for_plan,
    plan_tasks,
    refuse_for_missing_tasks,
    save_answers,
)
from sync.engine.reconcile.turn import Reconciler, ReconcileTurn, Recorder, Rows
from sync.errors import Denied, Later
from sync.store import agenda, links, logs, messages, outbox, subjects, tasks
from sync.store.db.database import read
from sync.store.portals import PortalRow
from sync.store.rows import DecisionRow, SubjectRow

BATCH = 200  # subjects decided in a round, and recorded in one transaction of a kind
REPLAYED = "replayed"  # the cause that sync.store.subjects gives
COALESCE = timedelta(seconds=2)  # as long a subject waits for more to be heard of it


def reconcile(deps: Deps, lane: Lane, row: PortalRow, portal: Portal) -> int:
    """Decide anew about the dirty subjects of the portal and return about how many.

    Raises Later and Denied where another system cannot be asked: of that kind nothing is decided.
    """
    with read(deps.database) as conn:
        scope = build_scope(deps, conn, row)
        turn = ReconcileTurn(deps, lane, scope, portal)
        dirty = _ready_subjects(conn, scope)
        rows_by_kind = {
            kind: rows
            for kind in RECONCILERS
            if (rows := [subject for subject in dirty if subject.kind == kind])
        }
        kinds = list(rows_by_kind)
        loaded = _load(conn, turn, kinds[0], rows_by_kind[kinds[0]]) if kinds else None
    for kind in kinds:
        if kind != kinds[0]:  # it sees what those before it recorded
            with read(deps.database) as conn:
                loaded = _load(conn, turn, kind, rows_by_kind[kind])
        record = RECONCILERS[kind].plan(turn, rows_by_kind[kind], loaded)
        with _transaction(turn, is_last=kind == kinds[-1]) as conn:
            record(conn)
    return len(dirty)


def _load(conn: Connection, turn: ReconcileTurn, kind: str, rows: Rows) -> Any:
    return RECONCILERS[kind].load(conn, turn, rows)


def _transaction(turn: ReconcileTurn, *, is_last: bool) -> AbstractContextManager[Connection]:
    """A transaction on the lane; the last one also leaves the agenda of the next round."""
    if is_last:
        return final_transaction(turn.deps, turn.lane, turn.scope.portal_id)
    return lane_transaction(turn.deps, turn.lane)


def _load_tasks(
    conn: Connection, turn: ReconcileTurn, dirty: Rows
) -> tuple[PlanningTurn, LoadedTasks]:
    replayed = frozenset(
        int(subject_row.key) for subject_row in dirty if subject_row.cause == REPLAYED
    )
    planning_turn = PlanningTurn(turn.deps, turn.scope, turn.portal, turn.lane, replayed)
    return planning_turn, load_for_plan(
        conn, planning_turn, [int(subject_row.key) for subject_row in dirty]
    )


def _plan_tasks(
    turn: ReconcileTurn, dirty: Rows, loaded: tuple[PlanningTurn, LoadedTasks]
) -> Recorder:
    planning_turn, loaded_tasks = loaded
    try:
        planned = plan_tasks(planning_turn, loaded_tasks)
    except (Later, Denied):
        _save_answers(planning_turn, turn.lane)
        raise

    def record(conn: Connection) -> None:
        save_answers(conn, planning_turn)
        _record(conn, turn.deps, turn.scope, dirty, planned)

    return record


RECONCILERS: Mapping[str, Reconciler[Any]] = {  # by kind of subject, in the order of work
    TASK: Reconciler(_load_tasks, _plan_tasks),
    ALERT: Reconciler(alerts.load, alerts.plan),
    NOTIFICATION: Reconciler(notifications.load, notifications.plan),
}


def _save_answers(planning_turn: PlanningTurn, lane: Lane) -> None:
    """What was answered before the other side failed is not asked for again."""
    if planning_turn.unsaved:
        with lane_transaction(planning_turn.deps, lane) as conn:
            save_answers(conn, planning_turn)


def _ready_subjects(conn: Connection, scope: Scope) -> tuple[SubjectRow, ...]:
    """The dirty subjects, once nothing more is being heard or the oldest has waited enough.

    A subject with a command in flight waits until that is settled.
    """
    dirty, more_to_come = agenda.next_subjects(conn, scope.portal_id, BATCH, scope.now)
    young = bool(dirty) and scope.now - dirty[0].dirty_at < COALESCE
    return () if young and more_to_come else dirty


def _record(
    conn: Connection, deps: Deps, scope: Scope, piece: Sequence[SubjectRow], planned: TaskPlans
) -> None:
    portal_id = scope.portal_id
    ids = {int(subject_row.key) for subject_row in piece}
    plans = {task_id: planned.plans[task_id] for task_id in ids & planned.plans.keys()}
    stored = outbox.waiting_and_refused(conn, portal_id, TASK, map(str, ids))
    refused = refused_of(stored)
    settings = {
        task_id: [
            planned_command
            for planned_command in plan.commands
            if not is_refused(refused, str(task_id), planned_command)
        ]
        for task_id, plan in plans.items()
    }
    now, missing = deps.clock.now(), ids & planned.missing
    commands: dict[int, Sequence[PlannedCommand]] = {task_id: () for task_id in missing}
    if missing:
        commands |= refuse_for_missing_tasks(conn, scope, missing, now)
    commands |= settings
    by_subject = {
        (TASK, str(task_id)): planned_commands for task_id, planned_commands in commands.items()
    }
    outbox.replace_waiting(conn, portal_id, PORTAL_LANE, by_subject, now, stored=stored)
    logs.save_decisions(conn, list(_decision_rows(portal_id, ids, planned, now)))
    _record_without_command(conn, portal_id, plans, settings, now)
    tasks.set_steps(conn, portal_id, _steps_without_move(plans, settings, planned.recorded_steps))
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
            text = f"task {task_id} does not exist, or the application may not see it"
            yield DecisionRow(portal_id, TASK, str(task_id), now, text)


def _has_commands(plan: Plan) -> bool:
    return bool(plan.commands or plan.problems or plan.finished_smart_commits)


def _record_without_command(
    conn: Connection,
    portal_id: int,
    plans: Mapping[int, Plan],
    subject_keys: Mapping[int, Sequence[PlannedCommand]],
    now: datetime,
) -> None:
    """Record what no command carries; the rest is recorded when its command ends."""
    remaining: list[tuple[int, Records]] = []
    for task_id, plan in plans.items():
        recordss = {planned.records for planned in subject_keys[task_id]}
        remaining += [(task_id, records) for records in plan.records if records not in recordss]
    events = [(*entry.review_event, task_id) for task_id, entry in remaining if entry.review_event]
    links.set_review_events(conn, [(key, task_id, event) for key, event, task_id in events])
    states = [entry.notified for _, entry in remaining if entry.notified]
    messages.save_notified_states(conn, portal_id, states, now)


def _steps_without_move(
    plans: Mapping[int, Plan],
    subject_keys: Mapping[int, Sequence[PlannedCommand]],
    before: Mapping[int, Step | None],
) -> dict[int, Step | None]:
    """Steps that ask for no move: recorded at once. The others are when the task has moved."""
    return {
        task_id: plan.step
        for task_id, plan in plans.items()
        if plan.step is not before[task_id]
        and not any(planned.records.step for planned in subject_keys[task_id])
    }


def _settle_subjects(
    conn: Connection, deps: Deps, portal_id: int, piece: Sequence[SubjectRow], planned: TaskPlans
) -> None:
    fine = [subject_row for subject_row in piece if int(subject_row.key) not in planned.failures]
    subjects.clean_many(
        conn,
        portal_id,
        [(subject_row.kind, subject_row.key, subject_row.version) for subject_row in fine],
    )
    for subject_row in piece:
        error = planned.failures.get(int(subject_row.key))
        if error is None:
            continue
        notifications.retry_later(
            conn, deps, portal_id, subject_row, error=error, now=deps.clock.now()
        )
