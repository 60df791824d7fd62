"""A portal of one task that does what plans say at once: for histories of decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sync.core.model.commands import Command, MoveTask, Notify, PutMessage, SetStage
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import Task, TaskStatus
from sync.core.plan import LinkView, Plan, TaskView, plan_task
from sync.core.rules.portal import DEFAULT_RULES, Rules
from tests.core.factories import NOW


def applied(view: TaskView, plan: Plan, now: datetime = NOW) -> TaskView:
    """The view after all of the plan's effects were carried out and its records made."""
    for planned in plan.commands:
        view = _carried_out(view, planned.command, now)
    milestones = dict(record.review_event for record in plan.records if record.review_event)
    links = (
        replace(link, review_event=milestones.get(link.merge_request.key, link.review_event))
        for link in view.links
    )
    return replace(view, step=plan.step, links=tuple(links), smart_commits=())


def _carried_out(view: TaskView, effect: Command, now: datetime) -> TaskView:
    match effect:
        case MoveTask(status=status):
            return replace(view, task=_moved(view.task, status))
        case SetStage(stage_id=stage_id):
            return replace(view, task=replace(view.task, stage_id=stage_id))
        case PutMessage():
            sent = view.sent_message(effect.subject_key)
            at = sent.at if effect.message_id else now
            shown = SentMessage(effect.message_id or 1000, effect.text, at)
            return replace(view, messages={**view.messages, effect.subject_key: shown})
    return view


def _moved(task: Task, status: TaskStatus) -> Task:
    if status is TaskStatus.COMPLETED and task.needs_control:
        status = TaskStatus.AWAITING_CONTROL
    return replace(task, status=status)


class World:
    """`log` holds what each round wrote, shortly: `in_progress`, `stage 12`, `card`, `edit`, …"""

    def __init__(self, view: TaskView, rules: Rules = DEFAULT_RULES) -> None:
        self.view, self.rules, self.now = view, rules, NOW
        self.log: list[str] = []
        self.plan: Plan | None = None

    def round(self) -> str:
        self.plan = plan_task(self.view, self.rules, self.now)
        self.view = applied(self.view, self.plan, self.now)
        self.log.append(
            ", ".join(brief(command.key, command.command) for command in self.plan.commands)
        )
        return self.log[-1]

    def link(self, number: int, change: Callable[[LinkView], LinkView]) -> None:
        links = list(self.view.links)
        links[number] = change(links[number])
        self.view = replace(self.view, links=tuple(links))

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


def brief(key: str, effect: Command) -> str:
    match effect:
        case MoveTask(status=status):
            return str(status)
        case SetStage(stage_id=stage_id):
            return f"stage {stage_id}"
        case PutMessage(subject_key=key, message_id=number) if key.startswith("merge_request:"):
            return f"{'card' if number is None else 'edit'} !{key.rpartition(':')[2]}"
        case Notify(user_id=user):
            return f"{key.split(':')[2]} to {user}"
    return key
