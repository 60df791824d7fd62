"""Rehearsal: what would be written for tasks now; nothing is decided, recorded or sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries as tasks_queries
from sync.core.model.plans import PlannedCommand
from sync.core.model.tasks import Task
from sync.engine.audit.recording import recording_transaction
from sync.engine.deliver.refusals import RefusedCommand, is_refused, refused_before
from sync.engine.deps import TASK, Deps, read_scope
from sync.engine.reconcile.tasks import (
    PlanningTurn,
    TaskPlans,
    load_for_plan,
    plan_tasks,
    save_answers,
)
from sync.store import commit_tasks as store_commit_tasks
from sync.store import links, tasks
from sync.store import smart_commits as store_smart_commits
from sync.store.db.database import select_only, write


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would come of a task.

    `task`: None where the portal does not show it; then the rest is empty. `is_named`: whether
    anybody's work names it. `refused_commands`: what the portal refused before, and is not asked
    for again.
    `error`: a bug, with its traceback.
    """

    task: Task | None = None
    is_named: bool = False
    commands: tuple[PlannedCommand, ...] = ()
    refused_commands: tuple[PlannedCommand, ...] = ()
    decision: str = ""
    error: str = ""


def rehearse(
    deps: Deps, portal_id: int, task_ids: Iterable[int], portal: Portal
) -> dict[int, Rehearsal]:
    """Plan the tasks in the order asked for. Raises Later and Denied where nothing can be read.

    The tasks are read anew, and what was read is stored, as by any look at them.
    """
    keys = list(dict.fromkeys(task_ids))
    began_at = deps.clock.now()
    answers = tasks_queries.read_tasks(portal, keys)
    with write(deps.database) as conn:
        tasks.save_read(conn, portal_id, answers, began_at)
    visible = [task_id for task_id in keys if answers.get(task_id) is not None]
    with select_only(deps.database) as conn:
        scope = read_scope(deps, conn, portal_id)
        turn = PlanningTurn(deps, scope, portal, None, tasks_read=frozenset(answers))
        loaded = load_for_plan(conn, turn, visible)
    try:
        planned = plan_tasks(turn, loaded)
    finally:
        with recording_transaction(deps) as conn:
            save_answers(conn, turn)
    with select_only(deps.database) as conn:
        named = {*links.by_tasks(conn, portal_id, visible)}
        named |= store_commit_tasks.tasks_with_commits(conn, portal_id, visible)
        named |= store_smart_commits.tasks_waiting(conn, portal_id, visible)
        refused = refused_before(conn, portal_id, TASK, map(str, visible))
    return {
        task_id: _build_rehearsal(task_id, answers, planned, task_id in named, refused)
        for task_id in keys
    }


def _build_rehearsal(
    task_id: int,
    answers: Mapping[int, Task | None],
    planned: TaskPlans,
    is_named: bool,
    refused: frozenset[RefusedCommand],
) -> Rehearsal:
    task, plan = answers.get(task_id), planned.plans.get(task_id)
    if task is None or plan is None:
        return Rehearsal(task, is_named, error=planned.failures.get(task_id, ""))
    refused_commands = tuple(
        planned for planned in plan.commands if is_refused(refused, str(task_id), planned)
    )
    return Rehearsal(
        task,
        is_named,
        commands=tuple(x for x in plan.commands if x not in refused_commands),
        refused_commands=refused_commands,
        decision=plan.decision,
    )
