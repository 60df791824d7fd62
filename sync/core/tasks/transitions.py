"""Whether the task moves: its computed step against the recorded one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.core.i18n.translate import say
from sync.core.merge_requests.milestones import is_open, step_of
from sync.core.model.commands import Due, MoveTask, PlaceTask
from sync.core.model.common import MergeRequest, MergeRequestState, Stage, Step, Task, TaskStatus
from sync.core.model.task_view import LinkView, TaskView
from sync.core.rules.portal import Rules, StageRef, StepTarget


@dataclass(frozen=True, slots=True)
class Moving:
    """`step` to record, the effects, what else there is to say, and what must be read first."""

    step: Step | None
    effects: tuple[Due, ...] = ()
    said: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()


def decide(view: TaskView, rules: Rules) -> Moving:
    """Moves only on a change of step that a merge request heard of since the connection makes."""
    step = _step(link for link in view.links if link.moves)
    if step is view.step:
        return Moving(step)
    if step is None:
        return Moving(None, said=(say(rules.language, "left"),))
    why = _why(view, step, rules.language)
    loud = _step(link for link in view.links if link.moves and link.loud)
    if loud in (None, view.step):
        return Moving(step, said=(say(rules.language, "recorded", why=why),))
    if view.current is None:
        return Moving(view.step, needs=frozenset({"task"}))
    return _towards(view, view.current, rules, step=step, why=why)


def _towards(view: TaskView, task: Task, rules: Rules, *, step: Step, why: str) -> Moving:
    """The move to the step's target; nothing if the step before had the same one.

    A target asked for once is not asked for again: who finished the task by hand during the
    review does not see it reopened by an approval.
    """
    group = rules.for_group(task.group_id)
    target = group.target(step)
    if target == group.target(view.step) or target == StepTarget():
        return Moving(step, said=(say(rules.language, "stays", why=why),))
    status = _status(task, target, step, language=rules.language, why=why)
    stage = _stage(view, task, target, step=step, language=rules.language, why=why)
    effects = status + stage.effects
    said = stage.said if effects or stage.said else (say(rules.language, "already", why=why),)
    return Moving(step, effects, said, stage.problems, stage.needs)


def _status(
    task: Task, target: StepTarget, step: Step, *, language: str, why: str
) -> tuple[Due, ...]:
    """Completing a task that its creator controls leaves it awaiting control.

    https://apidocs.bitrix24.com/api-reference/tasks/status/tasks-task-complete.html
    """
    wanted = target.status
    if wanted is None or wanted in reached(task):
        return ()
    key = "moved control" if wanted is TaskStatus.COMPLETED and task.needs_control else "moved"
    reason = say(language, key, status=say(language, f"status {wanted}"), why=why)
    return (("status", MoveTask(task.id, wanted, step), reason),)


def reached(task: Task) -> set[TaskStatus]:
    """The statuses a task has as good as reached: only its creator ends its control."""
    awaiting = task.needs_control and task.status is TaskStatus.AWAITING_CONTROL
    return {task.status, TaskStatus.COMPLETED} if awaiting else {task.status}


def _stage(
    view: TaskView, task: Task, target: StepTarget, *, step: Step, language: str, why: str
) -> Moving:
    """The column, looked up by id, system type or title; an unknown one is said, not guessed."""
    wanted = target.stage
    if wanted is None:
        return Moving(step)
    if not task.group_id:
        return Moving(step, said=(say(language, "no group", stage=wanted),))
    if view.stages is None and wanted.id is None:
        return Moving(step, needs=frozenset({"stages"}))
    stage = find_stage(wanted, view.stages)
    if stage is None:
        problem = say(language, "unknown stage", group=task.group_id, stage=wanted)
        return Moving(step, said=(problem,), problems=(problem,))
    if stage.id == _present_stage(task, view.stages):
        return Moving(step)
    reason = say(language, "placed", stage=stage.title or stage.id, why=why)
    return Moving(step, effects=(("stage", PlaceTask(task.id, stage.id, step), reason),))


def find_stage(wanted: StageRef, stages: tuple[Stage, ...] | None) -> Stage | None:
    """The first column that `wanted` means; without knowledge an id is taken at its word."""
    if stages is None:
        return Stage(wanted.id, "") if wanted.id is not None else None
    return next((one for one in sorted(stages, key=_by_sort) if _is(one, wanted)), None)


def _is(stage: Stage, wanted: StageRef) -> bool:
    if wanted.id is not None:
        return stage.id == wanted.id
    if wanted.system_type is not None:
        return stage.system_type.casefold() == wanted.system_type.casefold()
    title = (wanted.title or "").strip().casefold()
    return bool(title) and stage.title.strip().casefold() == title


def _by_sort(stage: Stage) -> tuple[int, int]:
    return stage.sort, stage.id


def _present_stage(task: Task, stages: tuple[Stage, ...] | None) -> int:
    """The portal may say 0 for a task in its first column.

    https://apidocs.bitrix24.com/api-reference/tasks/stages/index.html
    """
    if task.stage_id or not stages:
        return task.stage_id
    return min(stages, key=_by_sort).id


def _step(links: Iterable[LinkView]) -> Step | None:
    return step_of(link.merge_request for link in links)


_SHOWS = {
    Step.DEVELOPMENT: lambda mr: is_open(mr),
    Step.REVIEW: lambda mr: is_open(mr) and not mr.draft and not mr.approved,
    Step.APPROVED: lambda mr: is_open(mr),
    Step.MERGED: lambda mr: mr.state is MergeRequestState.MERGED,
    Step.CLOSED: lambda mr: mr.state is MergeRequestState.CLOSED,
}


def _why(view: TaskView, step: Step, language: str) -> str:
    """The step in words, by the merge request that shows it and changed last."""
    known = [link.merge_request for link in view.links if link.moves]
    telling = [mr for mr in known if _SHOWS[step](mr)] or [mr for mr in known if is_open(mr)]
    latest = max(telling, key=lambda mr: (mr.updated_at, mr.key))
    return say(language, f"why {step}", mr=named(latest, language))


def named(merge_request: MergeRequest, language: str) -> str:
    """A merge request in a reason: number and title."""
    return say(language, "mr", iid=merge_request.iid, title=merge_request.title)
