"""Reconciles tasks: loads and plans them in bulk, and says what is recorded of each plan."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from sync.core.model.task_view import TaskView
from sync.core.model.tasks import Step
from sync.core.plan import Plan
from sync.core.smart_commits.plan import notify_missing_task, refuse_missing_task
from sync.engine.lanes import lane_transaction
from sync.engine.load.task_views import LoadedTasks
from sync.engine.reconcile.tasks import (
    PlanningTurn,
    TaskPlans,
    load_for_plan,
    plan_tasks,
    save_answers,
)
from sync.engine.reconcile.turn import (
    CommandsByKey,
    KindPlan,
    ReconcileTurn,
    Rows,
    SubjectPlan,
)
from sync.errors import Denied, Later
from sync.sentences import join_sentences, sentence
from sync.store import tasks

REPLAYED = "replayed"  # the cause that sync.store.subjects gives

PlanningTasks = tuple[PlanningTurn, LoadedTasks]


def load(conn: Connection, turn: ReconcileTurn, rows: Rows) -> PlanningTasks:
    """Load what the plans of the tasks see; those replayed are asked for although missing."""
    replayed = frozenset(int(row.key) for row in rows if row.cause == REPLAYED)
    planning_turn = PlanningTurn(turn.deps, turn.scope, turn.portal, turn.lane, replayed)
    return planning_turn, load_for_plan(conn, planning_turn, [int(row.key) for row in rows])


def plan(turn: ReconcileTurn, rows: Rows, loaded: PlanningTasks) -> KindPlan:
    """Plan the tasks. Raises Later and Denied where the portal cannot be asked.

    What was answered before it failed is stored and not asked for again.
    """
    planning_turn, loaded_tasks = loaded
    try:
        planned = plan_tasks(planning_turn, loaded_tasks)
    except (Later, Denied):
        if planning_turn.unsaved:
            with lane_transaction(turn.deps, turn.lane) as conn:
                save_answers(conn, planning_turn)
        raise

    def save_rest(conn: Connection, commands: CommandsByKey) -> None:
        steps = _steps_without_move(planned, commands)
        tasks.set_steps(conn, turn.scope.portal_id, steps)

    subject_plans = {
        row.key: _subject_plan(int(row.key), planned, loaded_tasks.views, turn.scope.rules.language)
        for row in rows
    }
    return KindPlan(
        subject_plans, save=lambda conn: save_answers(conn, planning_turn), save_rest=save_rest
    )


def _subject_plan(
    task_id: int, planned: TaskPlans, views: Mapping[int, TaskView], language: str
) -> SubjectPlan:
    if error := planned.failures.get(task_id):
        return SubjectPlan(error=error)
    if task_id in planned.missing:
        return _refuse_missing(task_id, planned, views[task_id], language)
    task_plan = planned.plans[task_id]
    # A look that changes nothing leaves no line.
    is_news = _has_commands(task_plan) or task_plan.step is not planned.recorded_steps[task_id]
    return SubjectPlan(
        task_plan.commands,
        (task_plan.decision,) if is_news else (),
        task_plan.records,
        task_plan.finished_smart_commits,
    )


def _has_commands(task_plan: Plan) -> bool:
    return bool(task_plan.commands or task_plan.problems or task_plan.finished_smart_commits)


def _refuse_missing(task_id: int, planned: TaskPlans, view: TaskView, language: str) -> SubjectPlan:
    """Refuse smart commits for a task that the portal does not show, and notify their authors.

    A command whose author is notified ends with the notification, which is then never lost.
    """
    refusals = {
        pending.key: refuse_missing_task(pending, language) for pending in view.smart_commits
    }
    commands = [
        command
        for pending in view.smart_commits
        if (command := notify_missing_task(pending, language))
    ]
    notified = {command.records.smart_commit for command in commands}
    refused = [refusal.reason for refusal in refusals.values()]
    reasons = [join_sentences("; ", refused)] if refused else []
    if task_id in planned.newly_missing:
        text = "task {id} does not exist, or the application may not see it"
        reasons.append(sentence(text, id=task_id))
    return SubjectPlan(
        commands,
        reasons,
        finished_smart_commits={
            key: refusal for key, refusal in refusals.items() if key not in notified
        },
    )


def _steps_without_move(planned: TaskPlans, commands: CommandsByKey) -> dict[int, Step | None]:
    """Return the steps that ask for no move: recorded at once, the others when it has moved."""
    return {
        task_id: task_plan.step
        for task_id, task_plan in planned.plans.items()
        if str(task_id) in commands
        and task_plan.step is not planned.recorded_steps[task_id]
        and not any(command.records.step for command in commands[str(task_id)])
    }
