"""Whether the task moves: its computed step against the recorded one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.core.i18n.translate import translate
from sync.core.merge_requests.messages import describe_merge_request
from sync.core.model.commands import MoveTask, PlannedCommand, SetStage
from sync.core.model.merge_requests import MergeRequestState, is_open
from sync.core.model.task_view import LinkView, TaskView
from sync.core.model.tasks import KanbanStage, Step, Task, TaskStatus
from sync.core.rules.portal import Rules, StageRef, StepTarget
from sync.core.tasks.progress import step_of


@dataclass(frozen=True, slots=True)
class TransitionPart:
    """`step` to record, the effects, what else there is to say, and what must be read first."""

    step: Step | None
    commands: tuple[PlannedCommand, ...] = ()
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()


def plan_transition(view: TaskView, rules: Rules) -> TransitionPart:
    """Moves only on a change of step that a merge request heard of since the connection makes."""
    step = _step_of_links(link for link in view.links if link.decides_step)
    if step is view.step:
        return TransitionPart(step)
    if step is None:
        return TransitionPart(None, remarks=(translate(rules.language, "no merge requests"),))
    why = _explain_step(view, step, rules.language)
    loud = _step_of_links(link for link in view.links if link.decides_step and link.visible)
    if loud in (None, view.step):
        return TransitionPart(
            step, remarks=(translate(rules.language, "step recorded only", why=why),)
        )
    if view.fresh_task is None:
        return TransitionPart(view.step, needs=frozenset({"task"}))
    return _plan_target(view, view.fresh_task, rules, step=step, cause=why)


def _plan_target(
    view: TaskView, task: Task, rules: Rules, *, step: Step, cause: str
) -> TransitionPart:
    """The move to the step's target; nothing if the step before had the same one.

    A target asked for once is not asked for again: who finished the task by hand during the
    review does not see it reopened by an approval.
    """
    group = rules.for_group(task.group_id)
    target = group.target(step)
    if target == group.target(_step_asked_for(view)) or target == StepTarget():
        return TransitionPart(
            step, remarks=(translate(rules.language, "step without target", why=cause),)
        )
    status = _plan_status(task, target, step, language=rules.language, cause=cause)
    stage = _plan_stage(view, task, target, step=step, language=rules.language, cause=cause)
    effects = status + stage.commands
    said = (
        stage.remarks
        if effects or stage.remarks
        else (translate(rules.language, "status already reached", why=cause),)
    )
    return TransitionPart(step, effects, said, stage.problems, stage.needs)


def _step_asked_for(view: TaskView) -> Step | None:
    """Return the step that the task was brought to: one of before the connection it was not.

    A task that shows no card yet knows its step only from a history that was read in silence.
    """
    return view.step if any(link.message_id is not None for link in view.links) else None


def _plan_status(
    task: Task, target: StepTarget, step: Step, *, language: str, cause: str
) -> tuple[PlannedCommand, ...]:
    """Completing a task that its creator controls leaves it awaiting control.

    https://apidocs.bitrix24.com/api-reference/tasks/status/tasks-task-complete.html
    """
    wanted = target.status
    if wanted is None or wanted in reached_statuses(task):
        return ()
    key = (
        "status changed awaiting control"
        if wanted is TaskStatus.COMPLETED and task.needs_control
        else "status changed"
    )
    reason = translate(language, key, status=translate(language, f"status {wanted}"), why=cause)
    return (("status", MoveTask(task.id, wanted, step), reason),)


def reached_statuses(task: Task) -> set[TaskStatus]:
    """The statuses a task has as good as reached: only its creator ends its control."""
    awaiting = task.needs_control and task.status is TaskStatus.AWAITING_CONTROL
    return {task.status, TaskStatus.COMPLETED} if awaiting else {task.status}


def _plan_stage(
    view: TaskView, task: Task, target: StepTarget, *, step: Step, language: str, cause: str
) -> TransitionPart:
    """The column, looked up by id, system type or title; an unknown one is said, not guessed."""
    wanted = target.stage
    if wanted is None:
        return TransitionPart(step)
    if not task.group_id:
        return TransitionPart(
            step, remarks=(translate(language, "task without workgroup", stage=wanted),)
        )
    if view.stages is None and wanted.id is None:
        return TransitionPart(step, needs=frozenset({"stages"}))
    stage = find_stage(wanted, view.stages)
    if stage is None:
        problem = translate(language, "unknown stage", group=task.group_id, stage=wanted)
        return TransitionPart(step, remarks=(problem,), problems=(problem,))
    if stage.id == _current_stage_id(task, view.stages):
        return TransitionPart(step)
    reason = translate(language, "stage changed", stage=stage.title or stage.id, why=cause)
    return TransitionPart(step, commands=(("stage", SetStage(task.id, stage.id, step), reason),))


def find_stage(wanted: StageRef, stages: tuple[KanbanStage, ...] | None) -> KanbanStage | None:
    """The first column that `wanted` means; without knowledge an id is taken at its word."""
    if stages is None:
        return KanbanStage(wanted.id, "") if wanted.id is not None else None
    return next((one for one in sorted(stages, key=_by_sort) if _matches_stage(one, wanted)), None)


def _matches_stage(stage: KanbanStage, wanted: StageRef) -> bool:
    if wanted.id is not None:
        return stage.id == wanted.id
    if wanted.system_type is not None:
        return stage.system_type.casefold() == wanted.system_type.casefold()
    title = (wanted.title or "").strip().casefold()
    return bool(title) and stage.title.strip().casefold() == title


def _by_sort(stage: KanbanStage) -> tuple[int, int]:
    return stage.sort, stage.id


def _current_stage_id(task: Task, stages: tuple[KanbanStage, ...] | None) -> int:
    """The portal may say 0 for a task in its first column.

    https://apidocs.bitrix24.com/api-reference/tasks/stages/index.html
    """
    if task.stage_id or not stages:
        return task.stage_id
    return min(stages, key=_by_sort).id


def _step_of_links(links: Iterable[LinkView]) -> Step | None:
    return step_of(link.merge_request for link in links)


_DECIDES_STEP = {
    Step.DEVELOPMENT: lambda mr: is_open(mr),
    Step.REVIEW: lambda mr: is_open(mr) and not mr.draft and not mr.approved,
    Step.APPROVED: lambda mr: is_open(mr),
    Step.MERGED: lambda mr: mr.state is MergeRequestState.MERGED,
    Step.CLOSED: lambda mr: mr.state is MergeRequestState.CLOSED,
}


def _explain_step(view: TaskView, step: Step, language: str) -> str:
    """The step in words, by the merge request that shows it and changed last."""
    known = [link.merge_request for link in view.links if link.decides_step]
    telling = [mr for mr in known if _DECIDES_STEP[step](mr)] or [mr for mr in known if is_open(mr)]
    latest = max(telling, key=lambda mr: (mr.updated_at, mr.key))
    return translate(language, f"step {step}", mr=describe_merge_request(latest, language))
