"""Who is told of what has newly happened to a task's merge requests. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.core.i18n.translate import translate
from sync.core.merge_requests.messages import build_review_notification, render_card
from sync.core.merge_requests.milestones import event_to_notify, next_review_event
from sync.core.model.commands import Notify, PlannedCommand
from sync.core.model.common import LinkKind, MergeRequestKey, ReviewEvent, Task
from sync.core.model.task_view import LinkView, TaskView
from sync.core.rules.portal import Rules
from sync.core.tasks.transitions import describe_merge_request


@dataclass(frozen=True, slots=True)
class ReviewEventPart:
    """The notifications, the milestones that change, and what must be read first."""

    commands: tuple[PlannedCommand, ...] = ()
    review_events: Mapping[MergeRequestKey, ReviewEvent] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


def plan_review_notifications(view: TaskView, rules: Rules) -> ReviewEventPart:
    """The responsible person is told of milestones; never of mentions, never of their own doing."""
    changed = [(link, now) for link in view.ordered_links() if (now := _changed_event(link))]
    told = [(link, new) for link, now in changed if (new := _notifiable_event(link, now))]
    milestones = {link.merge_request.key: now for link, now in changed}
    if not told:
        return ReviewEventPart(review_events=milestones)
    if view.fresh_task is None:
        return ReviewEventPart(needs=frozenset({"task"}))
    effects = (
        _plan_notification(view, view.fresh_task, rules, link=link, event=new) for link, new in told
    )
    return ReviewEventPart(tuple(effect for effect in effects if effect), milestones)


def _changed_event(link: LinkView) -> ReviewEvent | None:
    """The milestone to record, None where it stays. A dead link keeps what it had."""
    now = (
        next_review_event(link.merge_request, link.review_event) if link.live else link.review_event
    )
    return now if now is not link.review_event else None


def _notifiable_event(link: LinkView, now: ReviewEvent) -> ReviewEvent | None:
    if not link.visible or link.kind is LinkKind.MENTION:
        return None
    return event_to_notify(link.review_event, now)


def _plan_notification(
    view: TaskView, task: Task, rules: Rules, *, link: LinkView, event: ReviewEvent
) -> PlannedCommand | None:
    user, merge_request = task.responsible_id, link.merge_request
    actor = merge_request.actor
    if not user or event not in rules.for_group(task.group_id).notify:
        return None
    users = view.users_of(merge_request.project)
    if actor and users.get(actor.id) == user:
        return None
    document = build_review_notification(
        event, merge_request, task, language=rules.language, users=users
    )
    effect = Notify(
        task.id, user, render_card(document), tag=f"b24bridge:{task.id}:{merge_request.key}"
    )
    reason = translate(
        rules.language, "told", mr=describe_merge_request(merge_request, rules.language)
    )
    return f"notify:{merge_request.key}:{event}:{user}", effect, reason
