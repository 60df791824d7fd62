"""What a task is shown of its merge requests, and what its people are notified of. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync.core.i18n.translate import LANGUAGES, translate
from sync.core.merge_requests.messages import (
    build_card,
    build_removed_card,
    build_review_notification,
    card_summary,
    describe_merge_request,
)
from sync.core.merge_requests.review_events import event_to_notify, next_review_event
from sync.core.messages.message import render
from sync.core.messages.revise import editable_id, notification_tag, plan_message
from sync.core.model.commands import Notify, Place
from sync.core.model.merge_requests import ReviewEvent
from sync.core.model.plans import Part, PlannedCommand, Records
from sync.core.model.task_view import LinkView, TaskView
from sync.core.model.tasks import LinkKind, Task
from sync.core.rules.portal import Rules


@dataclass(frozen=True, slots=True)
class _Card:
    """A card to be written. `message_id`: the one to edit. `phrase`: the key of the reason."""

    link: LinkView
    text: str
    message_id: int | None
    phrase: str


def plan_cards(view: TaskView, rules: Rules, now: datetime) -> Part:
    """Plan a message for each merge request: a new one, or an edit in place.

    A task only has to be known, not fresh: its discussion never changes.
    """
    cards = [card for link in view.ordered_links() if (card := _plan_card(view, link, rules, now))]
    if not cards:
        return Part()
    if view.task is None:
        return Part(needs=frozenset({"task"}))
    place = Place(task_id=view.task.id)
    return Part(tuple(_put_card(place, card, rules.language) for card in cards))


def _plan_card(view: TaskView, link: LinkView, rules: Rules, now: datetime) -> _Card | None:
    if link.silent:
        return None
    sent = view.sent_message(link.merge_request.subject_key)
    message_id = editable_id(sent, now)
    if not link.live:
        text = render(build_removed_card(link.merge_request, rules.language))
        editable = message_id is not None and sent.text != text
        return _Card(link, text, message_id, "card removed") if editable else None
    text = _card_text(view, link, rules.language)
    if sent.message_id is None:
        return _Card(link, text, None, "card new")
    if sent.text == text:
        return None
    if message_id is not None:
        return _Card(link, text, message_id, "card edit")
    changed = _summary_changed(view, link, sent.text or "")
    return _Card(link, text, None, "card repeated") if changed else None


def _summary_changed(view: TaskView, link: LinkView, sent_text: str) -> bool:
    """Tell whether title, state or approvals differ from the old card, whatever its language."""
    sent = card_summary(sent_text)
    return all(sent != card_summary(_card_text(view, link, language)) for language in LANGUAGES)


def _card_text(view: TaskView, link: LinkView, language: str) -> str:
    users = view.users_of(link.merge_request.project)
    return render(build_card(link.merge_request, language, users, link.kind))


def _put_card(place: Place, card: _Card, language: str) -> PlannedCommand:
    merge_request = card.link.merge_request
    reason = translate(language, card.phrase, mr=describe_merge_request(merge_request, language))
    return plan_message(place, merge_request.subject_key, card.text, card.message_id, reason)


def plan_review_notifications(view: TaskView, rules: Rules) -> Part:
    """Notify the responsible person of review events; never of mentions or their own doing."""
    changed = [(link, event) for link in view.ordered_links() if (event := _changed_event(link))]
    records = {
        link.merge_request.key: Records(review_event=(link.merge_request.key, event))
        for link, event in changed
    }
    notifiable = [
        (link, event) for link, reached in changed if (event := _notifiable_event(link, reached))
    ]
    if not notifiable:
        return Part(records=tuple(records.values()))
    if view.fresh_task is None:
        return Part(needs=frozenset({"task"}))
    commands = (
        _plan_notification(
            view, view.fresh_task, rules, link=link, event=event,
            records=records[link.merge_request.key],
        )
        for link, event in notifiable
    )  # fmt: skip
    return Part(
        tuple(planned_command for planned_command in commands if planned_command),
        records=tuple(records.values()),
    )


def _changed_event(link: LinkView) -> ReviewEvent | None:
    """Return the event to record, None where it stays. A dead link keeps what it had."""
    if not link.live:
        return None
    reached = next_review_event(link.merge_request, link.review_event)
    return reached if reached is not link.review_event else None


def _notifiable_event(link: LinkView, reached: ReviewEvent) -> ReviewEvent | None:
    """Return what people are notified of, which (reopened) may be another event than recorded."""
    if not link.visible or link.kind in (LinkKind.MENTION, LinkKind.DENY):
        return None
    return event_to_notify(link.review_event, reached)


def _plan_notification(
    view: TaskView,
    task: Task,
    rules: Rules,
    *,
    link: LinkView,
    event: ReviewEvent,
    records: Records,
) -> PlannedCommand | None:
    user_id, merge_request = task.responsible_id, link.merge_request
    actor = merge_request.actor
    if not user_id or event not in rules.for_group(task.group_id).notify:
        return None
    users = view.users_of(merge_request.project)
    if actor and users.get(actor.id) == user_id:
        return None
    document = build_review_notification(
        event, merge_request, task, language=rules.language, users=users
    )
    tag = notification_tag(f"{task.id}:{merge_request.key}")
    reason = translate(
        rules.language,
        "responsible notified",
        mr=describe_merge_request(merge_request, rules.language),
    )
    return PlannedCommand(
        f"review:{merge_request.key}:{event}:{user_id}",
        Notify(task.id, user_id, render(document), tag),
        reason,
        records,
    )
