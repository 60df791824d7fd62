"""Which cards are to be written: a new message, an edit in place, or nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.core.i18n.translate import LANGUAGES, translate
from sync.core.merge_requests.messages import (
    build_card,
    build_removed_card,
    card_summary,
    render_card,
)
from sync.core.model.commands import PlannedCommand, PutCard
from sync.core.model.task_view import LinkView, TaskView
from sync.core.rules.portal import Rules
from sync.core.tasks.transitions import describe_merge_request

# The portal takes edits of a message for three days; an hour is left for the way there.
# https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-update.html
EDIT_WINDOW = timedelta(hours=71)


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
    return (link, text, None, "card again") if _summary_changed(view, link) else None


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
