"""What an alert asks for beside its messages: a task, its end told there, and who is told. Pure.

Invariants. One task an alert; applying the effects and deciding again gives none. Who is assigned
is told once. A task is never closed by us: people end it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sync.core.alerts.messages import (
    AlertContext,
    build_task_title,
    render_assignment,
    render_end_message,
    render_task_text,
)
from sync.core.alerts.model import AlertState
from sync.core.i18n.translate import translate
from sync.core.messages.revise import EDIT_WINDOW
from sync.core.model.commands import CreateTask, Notify, PlannedCommand, PutMessage
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import Task
from sync.core.rules.portal import Rules

NO_MESSAGE = SentMessage()


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert and what was agreed of it.

    `author`: of the commit that broke the line. `task_id`: opened for the alert, `task`: as last
    read, `said`: in it. `told`: who was told last of being assigned.
    """

    context: AlertContext
    author_id: int | None = None
    administrator_id: int | None = None
    task_id: int | None = None
    task: Task | None = None
    end_message: SentMessage = NO_MESSAGE
    notified_assignee: str | None = None

    @property
    def subject_key(self) -> str:
        return self.context.key.subject_key


def assignment_key(about: str) -> str:
    """The name of the news that somebody is assigned."""
    return f"{about}>assigned"


def end_message_key(about: str) -> str:
    """The name of the message that tells an alert's task of its end."""
    return f"{about}>end"


def plan_alert(view: AlertView, rules: Rules, now: datetime) -> tuple[PlannedCommand, ...]:
    return (
        *_plan_task(view, rules),
        *_plan_assignment_notification(view, rules),
        *_plan_end_message(view, rules, now),
    )


def _plan_task(view: AlertView, rules: Rules) -> Iterator[PlannedCommand]:
    news, group_id = view.context, rules.group_of(view.context.project.path)
    wanted = rules.alerts_of(news.project.path).open_task
    assigned = news.assignee.portal_user_id if news.assignee else None
    responsible = assigned or view.author_id or view.administrator_id
    if view.task_id is not None or news.alert.state.ended or not responsible:
        return
    if not 0 < wanted <= news.alert.in_a_row:
        return
    effect = CreateTask(
        view.subject_key,
        task_marker(view.subject_key),
        build_task_title(news, rules.language),
        render_task_text(news, rules.language),
        responsible,
        group_id,
    )
    reason = translate(
        rules.language, "alert task opened", branch=news.display_ref, count=news.alert.in_a_row
    )
    yield f"task:{view.subject_key}", effect, reason


def task_marker(about: str) -> str:
    """Plain ASCII of a fixed length, whatever branches are called."""
    return f"b24bridge-{sha256(about.encode()).hexdigest()[:40]}"


def _plan_assignment_notification(view: AlertView, rules: Rules) -> Iterator[PlannedCommand]:
    news = view.context
    if not news.assignee or not news.assignee.portal_user_id or news.alert.state.ended:
        return
    user = news.assignee.portal_user_id
    if view.notified_assignee == str(user):
        return
    about = assignment_key(view.subject_key)
    text = render_assignment(news, rules.language)
    effect = Notify(0, user, text, tag=f"b24bridge:{task_marker(about)}")
    yield (
        f"tell:{user}:{about}>{user}",
        effect,
        translate(rules.language, "alert assignee notified"),
    )


def _plan_end_message(view: AlertView, rules: Rules, now: datetime) -> Iterator[PlannedCommand]:
    """Said once it is resolved; one that fails again after all was never over."""
    news, said = view.context, view.end_message
    if view.task is None or news.alert.state is not AlertState.RESOLVED:
        return
    text = render_end_message(news, rules.language)
    editable = said.at is not None and said.message_id and now - said.at < EDIT_WINDOW
    if said.text == text or (said.at is not None and not editable):
        return
    number = said.message_id if editable else None
    reason = translate(
        rules.language, "alert task end posted", task=view.task.id, branch=news.display_ref
    )
    yield (
        f"end:{view.subject_key}",
        PutMessage(view.task.id, end_message_key(view.subject_key), text, number),
        reason,
    )
