"""A portal of one task that does what plans say at once: for histories of decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sync.core.model.commands import Command, MoveTask, Notify, PutCard, SetStage
from sync.core.model.tasks import Task, TaskStatus
from sync.core.plan import LinkView, Plan, TaskView, plan_task
from sync.core.rules.portal import DEFAULT_RULES, Rules
from tests.core.factories import NOW


def applied(view: TaskView, plan: Plan, now: datetime = NOW) -> TaskView:
    """The view after all of the plan's effects were carried out and its records made."""
    for _, effect, _ in plan.commands:
        view = _carried_out(view, effect, now)
    milestones = plan.review_events
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
        case PutCard():
            links = tuple(_shown(link, effect, now) for link in view.links)
            return replace(view, links=links)
    return view


def _moved(task: Task, status: TaskStatus) -> Task:
    if status is TaskStatus.COMPLETED and task.needs_control:
        status = TaskStatus.AWAITING_CONTROL
    return replace(task, status=status)


def _shown(link: LinkView, card: PutCard, now: datetime) -> LinkView:
    if link.merge_request.key != card.merge_request:
        return link
    if card.message_id is not None:
        return replace(link, message_text=card.text)
    return replace(link, message_id=1000, message_text=card.text, message_at=now)


class World:
    """`log` holds what each round wrote, shortly: `in_progress`, `stage 12`, `card`, `edit`, …"""

    def __init__(self, view: TaskView, rules: Rules = DEFAULT_RULES) -> None:
        self.view, self.rules, self.now = view, rules, NOW
        self.log: list[str] = []
        self.plan: Plan | None = None

    def round(self) -> str:
        self.plan = plan_task(self.view, self.rules, self.now)
        self.view = applied(self.view, self.plan, self.now)
        self.log.append(", ".join(brief(key, effect) for key, effect, _ in self.plan.commands))
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
        case PutCard(message_id=None):
            return f"card !{effect.merge_request.iid}"
        case PutCard():
            return f"edit !{effect.merge_request.iid}"
        case Notify(user_id=user):
            return f"{key.split(':')[2]} to {user}"
    return key
