"""Whether the task moves: its computed step against the recorded one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from sync.core.i18n.translate import translate
from sync.core.merge_requests.messages import describe_merge_request
from sync.core.model.commands import MoveTask, SetStage
from sync.core.model.merge_requests import MergeRequest, MergeRequestState, is_open
from sync.core.model.plans import Part, PlannedCommand, Records
from sync.core.model.task_view import LinkView, TaskView
from sync.core.model.tasks import KanbanStage, Step, Task, TaskStatus
from sync.core.rules.portal import Rules, StageRef, StepTarget
from sync.core.tasks.progress import step_of


def plan_transition(view: TaskView, rules: Rules) -> Part:
    """Plan the move to the step of the task's merge requests, where that is another than before.

    Only what happened since the connection moves a task; `step` of the part is to be recorded.
    """
    step = _step_of_links(link for link in view.links if link.decides_step)
    if step is view.step:
        return Part(step=step)
    if step is None:
        return Part(remarks=(translate(rules.language, "no merge requests"),))
    cause = _explain_step(view, step, rules.language)
    visible = [link for link in view.links if link.visible]
    shown_step = _step_of_links(link for link in visible if link.decides_step)
    if shown_step in (None, view.step):
        remark = translate(rules.language, "step recorded only", why=cause)
        return Part(step=step, remarks=(remark,))
    if view.fresh_task is None:
        return Part(step=view.step, needs=frozenset({"task"}))
    return _plan_target(view, view.fresh_task, rules, step=step, cause=cause)


def _plan_target(view: TaskView, task: Task, rules: Rules, *, step: Step, cause: str) -> Part:
    """Plan the move to the step's target; nothing if the step before had the same one.

    A status asked for once is not asked for again: who finished the task by hand during the
    review does not see it reopened, nor put into another column, by an approval.
    """
    group = rules.for_group(task.group_id)
    target, before = group.target(step), group.target(_step_asked_for(view))
    if target == before or target == StepTarget():
        remark = translate(rules.language, "step without target", why=cause)
        return Part(step=step, remarks=(remark,))
    if target.status is before.status:
        target = replace(target, status=None)
    if _was_finished_by_hand(view, task) or _was_finished_since(task, target, before):
        remark = translate(rules.language, "step recorded only", why=cause)
        return Part(step=step, remarks=(remark,))
    status = _plan_status(task, target, step, language=rules.language, cause=cause)
    stage = _plan_stage(view, task, target, step=step, language=rules.language, cause=cause)
    commands = status + stage.commands
    remarks = stage.remarks
    if not commands and not remarks:
        remarks = (translate(rules.language, "status already reached", why=cause),)
    return replace(stage, commands=commands, remarks=remarks, step=step)


def _was_finished_by_hand(view: TaskView, task: Task) -> bool:
    """Tell whether somebody had ended the task before it was first brought to a step.

    What was open before the connection reopens it by no act; a merge request opened since does.
    """
    is_ended = task.status in (TaskStatus.COMPLETED, TaskStatus.AWAITING_CONTROL)
    opened = [link for link in view.links if link.decides_step and is_open(link.merge_request)]
    return (
        is_ended
        and _step_asked_for(view) is None
        and bool(opened)
        and all(link.opened_before for link in opened)
    )


def _was_finished_since(task: Task, target: StepTarget, before: StepTarget) -> bool:
    """Tell whether somebody ended the task after the step `before`, and nothing asks otherwise."""
    ended = (TaskStatus.COMPLETED, TaskStatus.AWAITING_CONTROL)
    return task.status in ended and target.status is None and before.status not in (None, *ended)


def _step_asked_for(view: TaskView) -> Step | None:
    """Return the step that the task was brought to: one of before the connection it was not.

    A task that shows no card yet knows its step only from a history that was read in silence.
    """
    cards = (view.sent_message(link.merge_request.subject_key) for link in view.links)
    return view.step if any(card.message_id is not None for card in cards) else None


def _plan_status(
    task: Task, target: StepTarget, step: Step, *, language: str, cause: str
) -> tuple[PlannedCommand, ...]:
    """Plan the change of status.

    Completing a task that its creator controls leaves it awaiting control.
    https://apidocs.bitrix24.com/api-reference/tasks/status/tasks-task-complete.html
    """
    status = target.status
    if status is None or status in reached_statuses(task):
        return ()
    controlled = status is TaskStatus.COMPLETED and task.needs_control
    phrase = "status changed awaiting control" if controlled else "status changed"
    reason = translate(language, phrase, status=translate(language, f"status {status}"), why=cause)
    return (PlannedCommand("status", MoveTask(task.id, status), reason, Records(step=step)),)


def reached_statuses(task: Task) -> set[TaskStatus]:
    """Return the statuses a task has as good as reached: only its creator ends its control."""
    awaiting = task.needs_control and task.status is TaskStatus.AWAITING_CONTROL
    return {task.status, TaskStatus.COMPLETED} if awaiting else {task.status}


def _plan_stage(
    view: TaskView, task: Task, target: StepTarget, *, step: Step, language: str, cause: str
) -> Part:
    """Plan the change of column, looked up by id, system type or title; none is guessed."""
    stage_ref = target.stage
    if stage_ref is None:
        return Part()
    if not task.group_id:
        return Part(remarks=(translate(language, "task without workgroup", stage=stage_ref),))
    if view.stages is None:  # a number alone would do, but people are told the column's title
        return Part(needs=frozenset({"stages"}))
    stage = find_stage(stage_ref, view.stages)
    if stage is None:
        problem = translate(language, "unknown stage", group=task.group_id, stage=stage_ref)
        return Part(remarks=(problem,), problems=(problem,))
    if stage.id == _current_stage_id(task, view.stages):
        return Part()
    reason = translate(language, "stage changed", stage=stage.title or stage.id, why=cause)
    command = SetStage(task.id, stage.id)
    return Part((PlannedCommand("stage", command, reason, Records(step=step)),))


def find_stage(stage_ref: StageRef, stages: tuple[KanbanStage, ...] | None) -> KanbanStage | None:
    """Return the first column that is meant; where none may be seen an id is taken as it is."""
    if not stages:
        return KanbanStage(stage_ref.id, "") if stage_ref.id is not None else None
    ordered = sorted(stages, key=_by_sort)
    return next((stage for stage in ordered if _matches_stage(stage, stage_ref)), None)


def _matches_stage(stage: KanbanStage, stage_ref: StageRef) -> bool:
    if stage_ref.id is not None:
        return stage.id == stage_ref.id
    if stage_ref.system_type is not None:
        return stage.system_type.casefold() == stage_ref.system_type.casefold()
    title = (stage_ref.title or "").strip().casefold()
    return bool(title) and stage.title.strip().casefold() == title


def _by_sort(stage: KanbanStage) -> tuple[int, int]:
    return stage.sort, stage.id


def _current_stage_id(task: Task, stages: tuple[KanbanStage, ...] | None) -> int:
    """Return the task's column; the portal may say 0 for a task in its first one.

    https://apidocs.bitrix24.com/api-reference/tasks/stages/index.html
    """
    if task.stage_id or not stages:
        return task.stage_id
    return min(stages, key=_by_sort).id


def _step_of_links(links: Iterable[LinkView]) -> Step | None:
    return step_of(link.merge_request for link in links)


_DECIDES_STEP: Mapping[Step, Callable[[MergeRequest], bool]] = {
    Step.DEVELOPMENT: lambda mr: is_open(mr),
    Step.REVIEW: lambda mr: is_open(mr) and not mr.draft and not mr.approved,
    Step.APPROVED: lambda mr: is_open(mr),
    Step.MERGED: lambda mr: mr.state is MergeRequestState.MERGED,
    Step.CLOSED: lambda mr: mr.state is MergeRequestState.CLOSED,
}


def _explain_step(view: TaskView, step: Step, language: str) -> str:
    """Put the step into words, by the merge request that shows it and changed last."""
    moving = [link.merge_request for link in view.links if link.decides_step]
    deciding = [mr for mr in moving if _DECIDES_STEP[step](mr)]
    candidates = deciding or [mr for mr in moving if is_open(mr)]
    latest = max(candidates, key=lambda mr: (mr.updated_at, mr.key))
    return translate(language, f"step {step}", mr=describe_merge_request(latest, language))
