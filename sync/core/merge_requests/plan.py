"""Which cards are to be written: a new message, an edit in place, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.i18n.translate import LANGUAGES, translate
from sync.core.merge_requests.messages import (
    build_card,
    build_removed_card,
    build_review_notification,
    card_summary,
    describe_merge_request,
    render_card,
)
from sync.core.merge_requests.review_events import event_to_notify, next_review_event
from sync.core.messages.revise import EDIT_WINDOW
from sync.core.model.commands import Notify, PlannedCommand, PutCard
from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.task_view import LinkView, TaskView
from sync.core.model.tasks import LinkKind, Task
from sync.core.rules.portal import Rules


@dataclass(frozen=True, slots=True)
class CardPart:
    commands: tuple[PlannedCommand, ...] = ()
    needs: frozenset[str] = frozenset()


def plan_cards(view: TaskView, rules: Rules, now: datetime) -> CardPart:
    """A task only has to be known, not fresh: its discussion never changes."""
    due = [card for link in view.ordered_links() if (card := _plan_card(view, link, rules, now))]
    if due and view.task is None:
        return CardPart(needs=frozenset({"task"}))
    return CardPart(tuple(_put_card(view, rules, *card) for card in due))


# A card that is due: its link, the text, the message to edit, the reason's phrase.
_PlannedCard = tuple[LinkView, str, int | None, str]


def _plan_card(view: TaskView, link: LinkView, rules: Rules, now: datetime) -> _PlannedCard | None:
    if link.silent:
        return None
    editable = link.message_at is not None and now - link.message_at < EDIT_WINDOW
    if not link.live:
        return _plan_removed_card(link, rules) if editable else None
    text = _card_text(view, link, rules.language)
    if link.message_id is None:
        return link, text, None, "card new"
    if link.message_text == text:
        return None
    if editable:
        return link, text, link.message_id, "card edit"
    return (link, text, None, "card repeated") if _summary_changed(view, link) else None


def _plan_removed_card(link: LinkView, rules: Rules) -> _PlannedCard | None:
    text = render_card(build_removed_card(link.merge_request, rules.language))
    if link.message_id is None or link.message_text == text:
        return None
    return link, text, link.message_id, "card removed"


def _summary_changed(view: TaskView, link: LinkView) -> bool:
    """Whether title, state or approvals differ from the old card, in whichever language it is."""
    shown = card_summary(link.message_text or "")
    return all(shown != card_summary(_card_text(view, link, language)) for language in LANGUAGES)


def _card_text(view: TaskView, link: LinkView, language: str) -> str:
    users = view.users_of(link.merge_request.project)
    return render_card(build_card(link.merge_request, language, users, link.kind))


def _put_card(
    view: TaskView, rules: Rules, link: LinkView, text: str, message_id: int | None, phrase: str
) -> PlannedCommand:
    key = link.merge_request.key
    effect = PutCard(view.task.id, key, text, message_id)
    reason = translate(
        rules.language, phrase, mr=describe_merge_request(link.merge_request, rules.language)
    )
    return f"card:{key}", effect, reason


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
    if not link.visible or link.kind in (LinkKind.MENTION, LinkKind.DENY):
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
        rules.language,
        "responsible notified",
        mr=describe_merge_request(merge_request, rules.language),
    )
    return f"notify:{merge_request.key}:{event}:{user}", effect, reason
