"""Which cards are to be written: a new message, an edit in place, or nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.core.i18n.translate import LANGUAGES, say
from sync.core.merge_requests.messages import essence, merge_request_card, removed_card, rendered
from sync.core.model.commands import Due, PutCard
from sync.core.model.task_view import LinkView, TaskView
from sync.core.rules.portal import Rules
from sync.core.tasks.transitions import named

# The portal takes edits of a message for three days; an hour is left for the way there.
# https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-update.html
EDIT_WINDOW = timedelta(hours=71)


@dataclass(frozen=True, slots=True)
class Showing:
    effects: tuple[Due, ...] = ()
    needs: frozenset[str] = frozenset()


def decide(view: TaskView, rules: Rules, now: datetime) -> Showing:
    """A task only has to be known, not fresh: its discussion never changes."""
    due = [card for link in view.ordered() if (card := _card(view, link, rules, now))]
    if due and view.task is None:
        return Showing(needs=frozenset({"task"}))
    return Showing(tuple(_effect(view, rules, *card) for card in due))


# A card that is due: its link, the text, the message to edit, the reason's phrase.
_Due = tuple[LinkView, str, int | None, str]


def _card(view: TaskView, link: LinkView, rules: Rules, now: datetime) -> _Due | None:
    if link.silent:
        return None
    editable = link.message_at is not None and now - link.message_at < EDIT_WINDOW
    if not link.live:
        return _farewell(link, rules) if editable else None
    text = _text(view, link, rules.language)
    if link.message_id is None:
        return link, text, None, "card new"
    if link.message_text == text:
        return None
    if editable:
        return link, text, link.message_id, "card edit"
    return (link, text, None, "card again") if _worth_telling(view, link) else None


def _farewell(link: LinkView, rules: Rules) -> _Due | None:
    text = rendered(removed_card(link.merge_request, rules.language))
    if link.message_id is None or link.message_text == text:
        return None
    return link, text, link.message_id, "card removed"


def _worth_telling(view: TaskView, link: LinkView) -> bool:
    """Whether title, state or approvals differ from the old card, in whichever language it is."""
    shown = essence(link.message_text or "")
    return all(shown != essence(_text(view, link, language)) for language in LANGUAGES)


def _text(view: TaskView, link: LinkView, language: str) -> str:
    users = view.users_of(link.merge_request.project)
    return rendered(merge_request_card(link.merge_request, language, users, link.kind))


def _effect(
    view: TaskView, rules: Rules, link: LinkView, text: str, message_id: int | None, phrase: str
) -> Due:
    key = link.merge_request.key
    effect = PutCard(view.task.id, key, text, message_id)
    reason = say(rules.language, phrase, mr=named(link.merge_request, rules.language))
    return f"card:{key}", effect, reason
