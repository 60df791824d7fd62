"""Plans many tasks at once, asking the portal in bulk for what the plans lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries as tasks_queries
from sync.core.model.pipelines import Pipeline
from sync.core.model.tasks import KanbanStage, Step, Task
from sync.core.plan import Plan, TaskView, plan_task
from sync.engine.backoff import format_traceback
from sync.engine.deps import Deps
from sync.engine.ingest import notifications as ingest_notifications
from sync.engine.lanes import CALL_LEASE_TTL, Lane
from sync.engine.load import tasks as load_tasks
from sync.engine.load.scope import Scope
from sync.engine.load.task_views import Answers, LoadedTasks
from sync.engine.reconcile.fetch import fetch_failed_jobs
from sync.errors import Refused
from sync.store import pipelines as store_pipelines
from sync.store import tasks
from sync.store.db.database import select_only, write

log = structlog.get_logger()

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

    `retry_missing`: tasks that are to be asked for although they were missing when last asked.
    `tasks_read`: those just read and stored. `unsaved`: answers that are not stored yet.
    """

    deps: Deps
    scope: Scope
    portal: Portal
    lane: Lane | None
    retry_missing: frozenset[int] = frozenset()
    tasks_read: frozenset[int] = frozenset()
    unsaved: list[FetchedAnswers] = field(default_factory=list)


@dataclass(frozen=True)
class FetchedAnswers:
    """Answers to be stored: `stages` those the portal gave now, `pipelines` those with new jobs."""

    answers: Answers
    stages: Mapping[int, tuple[KanbanStage, ...]]
    pipelines: Sequence[Pipeline]
    began_at: datetime


def load_for_plan(
    conn: Connection, planning_turn: PlanningTurn, task_ids: Iterable[int]
) -> LoadedTasks:
    """Load what the plans of the tasks see."""
    return load_tasks.load(
        conn,
        planning_turn.scope,
        task_ids,
        just_read=planning_turn.tasks_read,
        retry_missing=planning_turn.retry_missing,
    )


def plan_tasks(planning_turn: PlanningTurn, loaded: LoadedTasks) -> TaskPlans:
    """Plan the tasks. Raises Later and Denied where the portal cannot be asked."""
    done = TaskPlans()
    needs = _plan_loaded(planning_turn, loaded, loaded.views.keys(), done)
    for _ in range(_MAX_ROUNDS - 1):
        if not needs:
            break
        answers = _fetch_needs(planning_turn, needs, loaded.views)
        done.newly_missing |= {t for t, task in answers.tasks.items() if task is None}
        loaded = loaded.with_answers(answers)
        needs = _plan_loaded(planning_turn, loaded, needs.keys(), done)
    for task_id in needs:
        del done.plans[task_id]
        done.failures[task_id] = "the plan needs more than can be read"
    return done


def _plan_loaded(
    planning_turn: PlanningTurn, loaded: LoadedTasks, task_ids: Iterable[int], done: TaskPlans
) -> dict[int, frozenset[str]]:
    """Plans the tasks that are not missing; what the plans of some need before they are plans."""
    planned = set(task_ids)
    done.missing |= loaded.missing & planned
    for task_id in sorted(planned):
        done.plans.pop(task_id, None)
        if task_id not in loaded.missing:
            view = loaded.views[task_id]
            done.recorded_steps[task_id] = view.step
            _plan_task(planning_turn, task_id, view, done)
    plans = {task_id: done.plans[task_id] for task_id in planned & done.plans.keys()}
    return {task_id: plan.needs for task_id, plan in plans.items() if plan.needs}


def _plan_task(planning_turn: PlanningTurn, task_id: int, view: TaskView, done: TaskPlans) -> None:
    try:
        done.plans[task_id] = plan_task(
            view, planning_turn.scope.rules, planning_turn.deps.clock.now()
        )
    except Exception as error:
        log.exception("plan_failed", portal_id=planning_turn.scope.portal_id, task_id=task_id)
        done.failures[task_id] = format_traceback(error)


def _fetch_needs(
    planning_turn: PlanningTurn, needs: Mapping[int, frozenset[str]], views: Mapping[int, TaskView]
) -> Answers:
    """Asks for tasks, columns and jobs, outside any transaction; the answers are to be saved."""
    keep = _lease_keeper(planning_turn)
    keep()
    began_at = planning_turn.deps.clock.now()
    keys = sorted(task_id for task_id, need in needs.items() if "task" in need)
    answers = tasks_queries.read_tasks(planning_turn.portal, keys) if keys else {}
    boards = {
        task.group_id
        for task_id, need in needs.items()
        if "stages" in need and (task := views[task_id].task)
    }
    columns = {
        group_id: _read_stages(planning_turn.portal, group_id) for group_id in sorted(boards)
    }
    lacking = [
        run for t, need in needs.items() if "jobs" in need for run in views[t].branch_pipelines
    ]
    jobs = fetch_failed_jobs(planning_turn.deps, lacking, keep)
    pipelines = [
        run.pipeline for run in lacking if store_pipelines.pipeline_id(run.pipeline) in jobs
    ]
    known_stages = _stored_stages(planning_turn, answers)
    answer = Answers(answers, {**known_stages, **columns}, jobs)
    planning_turn.unsaved.append(FetchedAnswers(answer, columns, pipelines, began_at))
    return answer


def _stored_stages(
    planning_turn: PlanningTurn, answers: Mapping[int, Task | None]
) -> dict[int, tuple[KanbanStage, ...]]:
    """Return the columns that are known for the workgroups of tasks just read."""
    groups = {task.group_id for task in answers.values() if task}
    if not load_tasks.moves_to_stages(planning_turn.scope.rules) or not groups:
        return {}
    with select_only(planning_turn.deps.database) as conn:
        return load_tasks.recent_stages(conn, planning_turn.scope, groups)


def save_answers(conn: Connection, planning_turn: PlanningTurn) -> None:
    """Store what was asked for, and mark pipelines whose messages may name their jobs now."""
    portal_id, now = planning_turn.scope.portal_id, planning_turn.deps.clock.now()
    for fetched in planning_turn.unsaved:
        store_pipelines.save_failed_jobs(conn, fetched.answers.failed_jobs)
        if planning_turn.lane and fetched.pipelines:
            ingest_notifications.mark_dirty(
                conn, portal_id, fetched.pipelines, planning_turn.scope.rules, now
            )
        tasks.save_read(conn, portal_id, fetched.answers.tasks, fetched.began_at)
        for group_id, stages in fetched.stages.items():
            tasks.save_stages(conn, portal_id, group_id, stages, fetched.began_at)
    planning_turn.unsaved.clear()


def _lease_keeper(planning_turn: PlanningTurn) -> Callable[[], None]:
    """Return what keeps the lane for the call that follows; a young lease is left alone."""

    def keep() -> None:
        if planning_turn.lane and not planning_turn.lane.is_kept_for_calls():
            with write(planning_turn.deps.database) as conn:
                planning_turn.lane.keep(conn, CALL_LEASE_TTL)

    return keep


def _read_stages(portal: Portal, group_id: int) -> tuple[KanbanStage, ...]:
    """Read a board's columns; none where it may not be seen: the plan says what it looked for."""
    try:
        return tasks_queries.read_stages(portal, group_id)
    except Refused:
        return ()
