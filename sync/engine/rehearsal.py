"""Rehearsal: what would be written for tasks now; nothing is decided, recorded or sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries as tasks_queries
from sync.core.model.commands import PlannedCommand
from sync.core.model.tasks import Task
from sync.engine.audit.recording import recording_transaction
from sync.engine.deliver.refusals import comparable_command, refused_before
from sync.engine.deps import TASK, Deps, read_scope
from sync.engine.reconcile.tasks import (
    PlanningTurn,
    TaskPlans,
    load_for_plan,
    plan_tasks,
    save_answers,
)
from sync.store import links, tasks
from sync.store import pipelines as store_pipelines
from sync.store import smart_commits as store_smart_commits
from sync.store.db.database import read, write


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would come of a task.

    `task`: None where the portal does not show it; then the rest is empty. `named`: whether
    anybody's work names it. `refused`: what the portal refused before, and is not asked for again.
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
    """By task id, in the order asked for. Raises Later and Denied where nothing can be read.

    The tasks are read anew, and what was read is remembered, as by any look at them.
    """
    wanted = list(dict.fromkeys(task_ids))
    began_at = deps.clock.now()
    answers = tasks_queries.read_tasks(portal, wanted)
    with write(deps.database) as conn:
        tasks.save_read(conn, portal_id, answers, began_at)
    there = [task_id for task_id in wanted if answers.get(task_id) is not None]
    with read(deps.database) as conn:
        scope = read_scope(deps, conn, portal_id)
        asking = PlanningTurn(deps, scope, portal, None, tasks_read=frozenset(answers))
        loaded = load_for_plan(conn, asking, there)
    try:
        planned = plan_tasks(asking, loaded)
    finally:
        with recording_transaction(deps) as conn:
            save_answers(conn, asking)
    with read(deps.database) as conn:
        named = {*links.by_tasks(conn, portal_id, there)}
        named |= store_pipelines.tasks_with_commits(
            conn, portal_id, there
        ) | store_smart_commits.tasks_waiting(conn, portal_id, there)
        dead = refused_before(conn, portal_id, TASK, map(str, there))
    return {
        task_id: _build_rehearsal(task_id, answers, planned, task_id in named, dead)
        for task_id in wanted
    }


def _build_rehearsal(
    task_id: int,
    answers: Mapping[int, Task | None],
    planned: TaskPlans,
    named: bool,
    dead: frozenset[tuple[str, str, object]],
) -> Rehearsal:
    task, plan = answers.get(task_id), planned.plans.get(task_id)
    if task is None or plan is None:
        return Rehearsal(task, named, error=planned.failures.get(task_id, ""))
    again = [
        (str(task_id), key, comparable_command(effect)) in dead for key, effect, _ in plan.commands
    ]
    pairs = list(zip(plan.commands, again, strict=True))
    return Rehearsal(
        task,
        named,
        commands=tuple(one for one, is_dead in pairs if not is_dead),
        refused_commands=tuple(one for one, is_dead in pairs if is_dead),
        decision=plan.decision,
    )
