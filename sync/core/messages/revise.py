"""Whether a sent message is edited or another one posted, and what it is known by. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sync.core.model.commands import Place, PutMessage
from sync.core.model.plans import PlannedCommand
from sync.core.model.task_view import SentMessage

# The portal takes edits of a message for three days; an hour is left for the way there.
# https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-update.html
EDIT_WINDOW = timedelta(hours=71)
MAX_TAG_LENGTH = 200  # characters of what the portal knows a notification by


def editable_id(sent: SentMessage, now: datetime) -> int | None:
    """Return the number of the message while it may be edited, else None."""
    if sent.at is None or not sent.message_id or now - sent.at >= EDIT_WINDOW:
        return None
    return sent.message_id


def plan_message(
    place: Place, subject_key: str, text: str, message_id: int | None, reason: str
) -> PlannedCommand:
    """Return the command that posts the message, or edits the one of that number."""
    command = PutMessage(place, subject_key, text, message_id)
    return PlannedCommand(message_key(place, subject_key), command, reason)


def message_key(place: Place, subject_key: str) -> str:
    """Return the key of the command that writes the message."""
    return f"message:{place}:{subject_key}"


def notification_tag(name: str) -> str:
    """Return a tag that is short, and of this name alone: long names differ at their ends."""
    tag = f"b24bridge:{name}"
    return tag if len(tag) <= MAX_TAG_LENGTH else f"b24bridge:{sha256(name.encode()).hexdigest()}"
