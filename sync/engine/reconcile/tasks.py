"""Plans many tasks at once, asking the portal in bulk for what the plans lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries as tasks_queries
from sync.core.model.plans import PlannedCommand
from sync.core.model.task_view import BranchPipeline
from sync.core.model.tasks import KanbanStage, Step, Task
from sync.core.plan import Plan, TaskView, plan_task
from sync.core.rules.portal import Rules
from sync.core.smart_commits.plan import notify_missing_task, refuse_missing_task
from sync.engine.audit.recording import recording_transaction
from sync.engine.backoff import format_traceback
from sync.engine.deliver.smart_commits import record_results
from sync.engine.deps import TASK, Deps
from sync.engine.ingest import notifications as ingest_notifications
from sync.engine.lanes import CALL_LEASE_TTL, Lane
from sync.engine.load import tasks as load_tasks
from sync.engine.load.smart_commits import load
from sync.engine.reconcile.fetch import fetch_failed_jobs
from sync.errors import Refused
from sync.store import logs, tasks
from sync.store import pipelines as store_pipelines
from sync.store.db.database import read, write
from sync.store.rows import DecisionRow

log = structlog.get_logger()

LEASE_IS_FRESH = timedelta(seconds=10)  # a lease is not renewed again so soon
_MAX_ROUNDS = 4  # the task, then its workgroup's stages; more would be a plan that never has enough


@dataclass
class TaskPlans:
    """What was decided, by task id.

    `steps`: as recorded before. `missing`: the portal does not show the task; `unseen`: it was
    found out just now. `failures`: bugs, with their tracebacks.
    """

    plans: dict[int, Plan] = field(default_factory=dict)
    recorded_steps: dict[int, Step | None] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    newly_missing: set[int] = field(default_factory=set)
    failures: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlanningTurn:
    """One turn's questions to a portal; `lane` is None for a rehearsal.

    `again`: tasks that are to be asked for although they were missing when last asked.
    """

    deps: Deps
    portal_id: int
    portal: Portal
    lane: Lane | None
    retry_missing: frozenset[int] = frozenset()
    tasks_read: dict[int, Task | None] = field(default_factory=dict)


def plan_tasks(asking: PlanningTurn, task_ids: Iterable[int], rules: Rules) -> TaskPlans:
    """Plans the tasks. Raises Later and Denied where the portal cannot be asked."""
    done = TaskPlans()
    left = set(task_ids)
    for _ in range(_MAX_ROUNDS):
        seen = _plan_round(asking, left, rules, done)
        left = {task_id for task_id in left & done.plans.keys() if done.plans[task_id].needs}
        if not left:
            return done
        _fetch_needs(asking, {task_id: done.plans[task_id].needs for task_id in left}, seen)
        done.newly_missing = {
            task_id for task_id, task in asking.tasks_read.items() if task is None
        }
    for task_id in left:
        del done.plans[task_id]
        done.failures[task_id] = "the plan needs more than can be read"
    return done


def _plan_round(
    asking: PlanningTurn, task_ids: set[int], rules: Rules, done: TaskPlans
) -> Mapping[int, TaskView]:
    now = asking.deps.clock.now()
    with read(asking.deps.database) as conn:
        loaded = load_tasks.load(
            conn,
            asking.portal_id,
            task_ids,
            rules,
            now=now,
            just_read=asking.tasks_read,
            retry_missing=asking.retry_missing,
        )
    done.missing |= loaded.missing
    for task_id, view in loaded.views.items():
        done.plans.pop(task_id, None)
        if task_id not in loaded.missing:
            done.recorded_steps[task_id] = view.step
            _plan_task(asking, task_id, view, rules, done)
    return loaded.views


def _plan_task(
    asking: PlanningTurn, task_id: int, view: TaskView, rules: Rules, done: TaskPlans
) -> None:
    try:
        done.plans[task_id] = plan_task(view, rules, asking.deps.clock.now())
    except Exception as error:
        log.exception("plan_failed", portal_id=asking.portal_id, task_id=task_id)
        done.failures[task_id] = format_traceback(error)


def _fetch_needs(
    asking: PlanningTurn, needs: Mapping[int, frozenset[str]], seen: Mapping[int, TaskView]
) -> None:
    """Asks for tasks, columns and jobs, outside any transaction, and stores the answers."""
    keep = _lease_keeper(asking)
    keep()
    began_at = asking.deps.clock.now()
    wanted = sorted(task_id for task_id, need in needs.items() if "task" in need)
    answers = tasks_queries.read_tasks(asking.portal, wanted) if wanted else {}
    boards = {
        task.group_id
        for task_id, need in needs.items()
        if "stages" in need and (task := seen[task_id].task)
    }
    columns = {group_id: _read_stages(asking.portal, group_id) for group_id in sorted(boards)}
    lacking = [
        run for t, need in needs.items() if "jobs" in need for run in seen[t].branch_pipelines
    ]
    jobs = fetch_failed_jobs(asking.deps, lacking, keep)
    with recording_transaction(asking.deps) as conn:
        if asking.lane:
            asking.lane.keep(conn)
        store_pipelines.save_failed_jobs(conn, jobs)
        if asking.lane and jobs:
            _mark_notifications(
                conn,
                asking,
                [run for run in lacking if store_pipelines.pipeline_id(run.pipeline) in jobs],
            )
        tasks.save_read(conn, asking.portal_id, answers, began_at)
        for group_id, stages in columns.items():
            tasks.save_stages(conn, asking.portal_id, group_id, stages, began_at)
    asking.tasks_read.update(answers)


def _mark_notifications(
    conn: Connection, asking: PlanningTurn, found: Iterable[BranchPipeline]
) -> None:
    """Chats that were told of the pipelines are told of the jobs, too."""
    now, rules = asking.deps.clock.now(), asking.deps.rules_for(asking.portal_id)
    ingest_notifications.mark_dirty(
        conn, asking.portal_id, [run.pipeline for run in found], rules, now
    )


def _lease_keeper(asking: PlanningTurn) -> Callable[[], None]:
    """What keeps the lane for the call that follows; while its lease is young, for nothing."""
    kept: datetime | None = None

    def keep() -> None:
        nonlocal kept
        now = asking.deps.clock.now()
        if asking.lane and (kept is None or now - kept >= LEASE_IS_FRESH):
            with write(asking.deps.database) as conn:
                asking.lane.keep(conn, CALL_LEASE_TTL)
            kept = now

    return keep


def _read_stages(portal: Portal, group_id: int) -> tuple[KanbanStage, ...]:
    """A board that may not be seen has no columns; the plan says which one it looked for."""
    try:
        return tasks_queries.read_stages(portal, group_id)
    except Refused:
        return ()


def refuse_for_missing_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int], rules: Rules, now: datetime
) -> dict[int, list[PlannedCommand]]:
    """Refuse smart commits for tasks that the portal does not show; return the notifications.

    A command whose author is notified ends with the notification, which is then never lost.
    """
    notifications: dict[int, list[PlannedCommand]] = {}
    for task_id, smart_commits in load(conn, portal_id, task_ids, rules).items():
        refusals = {one.key: refuse_missing_task(one, rules.language) for one in smart_commits}
        reasons = "; ".join(refusal.reason for refusal in refusals.values())
        logs.save_decisions(conn, [DecisionRow(portal_id, TASK, str(task_id), now, reasons)])
        notifications[task_id] = [
            planned
            for one in smart_commits
            if (planned := notify_missing_task(one, rules.language))
        ]
        notified = {planned.records.smart_commit for planned in notifications[task_id]}
        record_results(
            conn, {key: refusal for key, refusal in refusals.items() if key not in notified}
        )
    return notifications
