"""What an alert asks for beside its messages: a task, a message at its end, a notification. Pure.

Invariants. One task an alert; applying the commands and planning again gives none. Who is assigned
is notified once. A task is never closed by us: people end it.
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
from sync.core.messages.revise import editable_id, notification_tag, plan_message
from sync.core.model.commands import CreateTask, Notify, Place
from sync.core.model.plans import NotifiedState, Part, PlannedCommand, Records
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import Task
from sync.core.rules.portal import Rules

NO_MESSAGE = SentMessage()


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert and what was agreed of it.

    `author_id`: of the commit that broke the line. `task_id`: opened for the alert, `task`: as
    last read, `end_message`: in it. `notified_assignee`: who was notified last of being assigned.
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
        """Return the subject key of the alert."""
        return self.context.key.subject_key


def assignment_key(subject_key: str) -> str:
    """Return the subject key of the notification that somebody is assigned."""
    return f"{subject_key}>assigned"


def end_message_key(subject_key: str) -> str:
    """Return the subject key of the message in an alert's task at its end."""
    return f"{subject_key}>end"


def plan_alert(view: AlertView, rules: Rules, now: datetime) -> Part:
    """Plan the alert's task, the notification of who is assigned, and the message at its end."""
    return Part(
        (
            *_plan_task(view, rules),
            *_plan_assignment_notification(view, rules),
            *_plan_end_message(view, rules, now),
        )
    )


def _plan_task(view: AlertView, rules: Rules) -> Iterator[PlannedCommand]:
    context, group_id = view.context, rules.group_of(view.context.project.path)
    least_failures = rules.alerts_of(context.project.path).open_task
    assignee_id = context.assignee.portal_user_id if context.assignee else None
    responsible_id = assignee_id or view.author_id or view.administrator_id
    if view.task_id is not None or context.alert.state.ended or not responsible_id:
        return
    if not 0 < least_failures <= context.alert.in_a_row:
        return
    command = CreateTask(
        view.subject_key,
        task_marker(view.subject_key),
        build_task_title(context, rules.language),
        render_task_text(context, rules.language),
        responsible_id,
        group_id,
    )
    reason = translate(
        rules.language,
        "alert task opened",
        branch=context.display_ref,
        count=context.alert.in_a_row,
    )
    yield PlannedCommand(f"task:{view.subject_key}", command, reason)


def task_marker(subject_key: str) -> str:
    """Return plain ASCII of a fixed length, whatever branches are called."""
    return f"b24bridge-{sha256(subject_key.encode()).hexdigest()[:40]}"


def _plan_assignment_notification(view: AlertView, rules: Rules) -> Iterator[PlannedCommand]:
    context = view.context
    user_id = context.assignee.portal_user_id if context.assignee else None
    if not user_id or context.alert.state.ended or view.notified_assignee == str(user_id):
        return
    subject_key = assignment_key(view.subject_key)
    text = render_assignment(context, rules.language)
    command = Notify(0, user_id, text, tag=notification_tag(task_marker(subject_key)))
    reason = translate(rules.language, "alert assignee notified")
    records = Records(notified=NotifiedState(subject_key, str(user_id)))
    yield PlannedCommand(f"notify:{user_id}:{subject_key}", command, reason, records)


def _plan_end_message(view: AlertView, rules: Rules, now: datetime) -> Iterator[PlannedCommand]:
    """Plan the message once it is resolved; one that fails again after all was never over."""
    context, sent = view.context, view.end_message
    if view.task is None or context.alert.state is not AlertState.RESOLVED:
        return
    text = render_end_message(context, rules.language)
    message_id = editable_id(sent, now)
    if sent.text == text or (sent.at is not None and not message_id):
        return
    reason = translate(
        rules.language, "alert task end posted", task=view.task.id, branch=context.display_ref
    )
    subject_key = end_message_key(view.subject_key)
    yield plan_message(Place(view.task.id), subject_key, text, message_id, reason)
