"""Plans many tasks at once, asking the portal in bulk for what the plans lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries as tasks_queries
from sync.core.model.common import Stage, Step, Task
from sync.core.model.task_view import Run
from sync.core.plan import Plan, TaskView, plan_task
from sync.core.rules.portal import Rules
from sync.engine.audit.recording import recording
from sync.engine.deps import Deps
from sync.engine.ingest import notifications as ingest_notifications
from sync.engine.ingest.digest import explained
from sync.engine.lanes import CALLING, Lane
from sync.engine.load import pipelines as load_pipelines
from sync.engine.load import tasks as load_tasks
from sync.errors import Refused
from sync.store import pipelines as store_pipelines
from sync.store import tasks
from sync.store.db.database import read, write

log = structlog.get_logger()

YOUNG = timedelta(seconds=10)  # a lease is not renewed again so soon
_ROUNDS = 4  # the task, then its workgroup's stages; more would be a plan that never has enough


@dataclass
class Planned:
    """What was decided, by task id.

    `steps`: as recorded before. `missing`: the portal does not show the task; `unseen`: it was
    found out just now. `failures`: bugs, with their tracebacks.
    """

    plans: dict[int, Plan] = field(default_factory=dict)
    steps: dict[int, Step | None] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    unseen: set[int] = field(default_factory=set)
    failures: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asking:
    """One turn's questions to a portal; `lane` is None for a rehearsal.

    `again`: tasks that are to be asked for although they were missing when last asked.
    """

    deps: Deps
    portal_id: int
    portal: Portal
    lane: Lane | None
    again: frozenset[int] = frozenset()
    answered: dict[int, Task | None] = field(default_factory=dict)


def decide(asking: Asking, task_ids: Iterable[int], rules: Rules) -> Planned:
    """Plans the tasks. Raises Later and Denied where the portal cannot be asked."""
    done = Planned()
    left = set(task_ids)
    for _ in range(_ROUNDS):
        seen = _plan(asking, left, rules, done)
        left = {task_id for task_id in left & done.plans.keys() if done.plans[task_id].needs}
        if not left:
            return done
        _ask(asking, {task_id: done.plans[task_id].needs for task_id in left}, seen)
        done.unseen = {task_id for task_id, task in asking.answered.items() if task is None}
    for task_id in left:
        del done.plans[task_id]
        done.failures[task_id] = "the plan needs more than can be read"
    return done


def _plan(
    asking: Asking, task_ids: set[int], rules: Rules, done: Planned
) -> Mapping[int, TaskView]:
    now = asking.deps.clock.now()
    with read(asking.deps.database) as conn:
        loaded = load_tasks.load(
            conn,
            asking.portal_id,
            task_ids,
            rules,
            now=now,
            just_read=asking.answered,
            again=asking.again,
        )
    done.missing |= loaded.missing
    for task_id, view in loaded.views.items():
        done.plans.pop(task_id, None)
        if task_id not in loaded.missing:
            done.steps[task_id] = view.step
            _plan_one(asking, task_id, view, rules, done)
    return loaded.views


def _plan_one(asking: Asking, task_id: int, view: TaskView, rules: Rules, done: Planned) -> None:
    try:
        done.plans[task_id] = plan_task(view, rules, asking.deps.clock.now())
    except Exception as error:
        log.exception("plan_failed", portal_id=asking.portal_id, task_id=task_id)
        done.failures[task_id] = explained(error)


def _ask(asking: Asking, needs: Mapping[int, frozenset[str]], seen: Mapping[int, TaskView]) -> None:
    """Asks for tasks, columns and jobs, outside any transaction, and stores the answers."""
    keep = _keeper(asking)
    keep()
    began_at = asking.deps.clock.now()
    wanted = sorted(task_id for task_id, need in needs.items() if "task" in need)
    answers = tasks_queries.read_tasks(asking.portal, wanted) if wanted else {}
    boards = {
        task.group_id
        for task_id, need in needs.items()
        if "stages" in need and (task := seen[task_id].task)
    }
    columns = {group_id: _stages(asking.portal, group_id) for group_id in sorted(boards)}
    lacking = [run for t, need in needs.items() if "jobs" in need for run in seen[t].runs]
    jobs = load_pipelines.read_jobs(asking.deps, lacking, keep)
    with recording(asking.deps) as conn:
        if asking.lane:
            asking.lane.keep(conn)
        store_pipelines.save_jobs(conn, jobs)
        if asking.lane and jobs:
            _have_jobs_told(
                conn,
                asking,
                [run for run in lacking if store_pipelines.id_of(run.pipeline) in jobs],
            )
        tasks.save_read(conn, asking.portal_id, answers, began_at)
        for group_id, stages in columns.items():
            tasks.save_stages(conn, asking.portal_id, group_id, stages, began_at)
    asking.answered.update(answers)


def _have_jobs_told(conn: Connection, asking: Asking, found: Iterable[Run]) -> None:
    """Chats that were told of the pipelines are told of the jobs, too."""
    now, rules = asking.deps.clock.now(), asking.deps.rules_for(asking.portal_id)
    ingest_notifications.mark(conn, asking.portal_id, [run.pipeline for run in found], rules, now)


def _keeper(asking: Asking) -> Callable[[], None]:
    """What keeps the lane for the call that follows; while its lease is young, for nothing."""
    kept: datetime | None = None

    def keep() -> None:
        nonlocal kept
        now = asking.deps.clock.now()
        if asking.lane and (kept is None or now - kept >= YOUNG):
            with write(asking.deps.database) as conn:
                asking.lane.keep(conn, CALLING)
            kept = now

    return keep


def _stages(portal: Portal, group_id: int) -> tuple[Stage, ...]:
    """A board that may not be seen has no columns; the plan says which one it looked for."""
    try:
        return tasks_queries.read_stages(portal, group_id)
    except Refused:
        return ()
