"""Transitions of a task between statuses: the portal's methods, and their results. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sync.bitrix24.rest.batch import Call
from sync.bitrix24.tasks import fields as tasks_fields
from sync.core.model.commands import MoveTask
from sync.core.model.tasks import Task, TaskStatus
from sync.sentences import sentence

WAITING, IN_PROGRESS = TaskStatus.WAITING, TaskStatus.IN_PROGRESS
AWAITING_CONTROL, COMPLETED, DEFERRED = (
    TaskStatus.AWAITING_CONTROL, TaskStatus.COMPLETED, TaskStatus.DEFERRED,
)  # fmt: skip

MethodPath = tuple[str, ...]

# The portal's methods from one status to another, best first; the first path whose first step the
# task allows is taken. https://apidocs.bitrix24.com/api-reference/tasks/status/index.html
METHOD_PATHS: dict[tuple[TaskStatus, TaskStatus], tuple[MethodPath, ...]] = {
    (WAITING, IN_PROGRESS): (("start",),),
    (WAITING, AWAITING_CONTROL): (("complete",),),
    (WAITING, COMPLETED): (("complete",),),
    (WAITING, DEFERRED): (("defer",),),
    (IN_PROGRESS, WAITING): (("pause",),),
    (IN_PROGRESS, AWAITING_CONTROL): (("complete",),),
    (IN_PROGRESS, COMPLETED): (("complete",),),
    (IN_PROGRESS, DEFERRED): (("defer",), ("pause", "defer")),
    (AWAITING_CONTROL, WAITING): (("disapprove",), ("renew",)),
    (AWAITING_CONTROL, IN_PROGRESS): (("disapprove", "start"), ("renew", "start")),
    (AWAITING_CONTROL, COMPLETED): (("approve",),),
    (AWAITING_CONTROL, DEFERRED): (("disapprove", "defer"), ("renew", "defer")),
    (COMPLETED, WAITING): (("renew",),),
    (COMPLETED, IN_PROGRESS): (("renew", "start"),),
    (COMPLETED, AWAITING_CONTROL): (("renew", "complete"),),
    (COMPLETED, DEFERRED): (("renew", "defer"),),
    (DEFERRED, WAITING): (("renew",),),
    (DEFERRED, IN_PROGRESS): (("start",), ("renew", "start")),
    (DEFERRED, AWAITING_CONTROL): (("complete",), ("renew", "complete")),
    (DEFERRED, COMPLETED): (("complete",), ("renew", "complete")),
}

AWAITS_CONTROL = "its creator reviews the task: it is pending review now"
STAYS_IN_CONTROL = "the task is pending review: only its creator can complete it"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command.

    `message_id`: of a card or message. `task`: as the answer describes it, None where it does not.
    `note`: for people, where the result differs from what was asked for. `bot_id`: the bot that
    wrote the message, 0 for the application itself.
    """

    message_id: int | None = None
    task: Task | None = None
    note: str = ""
    bot_id: int = 0


def transition_calls(target: TaskStatus, task: Task) -> list[Call]:
    """Return the calls that bring `task` to the status `target`; none where that is forbidden."""
    if task.status is target:
        return []
    route = _find_path(target, task)
    if route is None:
        return _status_field_call(target, task)
    return [Call(f"tasks.task.{step}", {"taskId": task.id}) for step in route]


def _find_path(target: TaskStatus, task: Task) -> MethodPath | None:
    """Return the path by methods; None where the task's own actions forbid them all."""
    if target is AWAITING_CONTROL and not task.needs_control:
        return None  # completing would complete it
    routes = METHOD_PATHS[task.status, target]
    if task.actions is None:
        return routes[0]
    return next((route for route in routes if route[0] in task.actions), None)


def _status_field_call(target: TaskStatus, task: Task) -> list[Call]:
    """Write the status field, which the portal accepts where its methods do not apply.

    Approval is the creator's own decision: it is never bypassed.
    """
    if task.status is AWAITING_CONTROL and target is COMPLETED:
        return []
    return [update_call(task.id, {"STATUS": tasks_fields.STATUS_CODES[target]})]


def update_call(task_id: int, fields: dict[str, Any]) -> Call:
    """Build an update of a task's fields.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-update.html
    """
    return Call("tasks.task.update", {"taskId": task_id, "fields": dict(fields)})


def transition_result(effect: MoveTask, result: Any, task: Task) -> CommandResult:
    """Return what a transition resulted in, with a note where the status is another."""
    if task.status is effect.status:
        return CommandResult(task=task)
    if result is None:
        return CommandResult(task=task, note=STAYS_IN_CONTROL)
    now = task_in_answer(result, task) or replace(task, status=effect.status, actions=None)
    if effect.status is COMPLETED and now.status is AWAITING_CONTROL:
        return CommandResult(task=now, note=AWAITS_CONTROL)
    if now.status is not effect.status:
        return CommandResult(
            task=now,
            note=sentence("the portal left the task in the status {status}", status=now.status),
        )
    return CommandResult(task=now)


def task_in_answer(result: Any, task: Task) -> Task | None:
    """Return the task as the answer describes it; None where it does not."""
    row = tasks_fields.task_object(result)
    return tasks_fields.merge_answer(task, row) if row else None
