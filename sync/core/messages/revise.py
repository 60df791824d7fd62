"""Whether a sent message may still be edited. Pure."""

from __future__ import annotations

from datetime import timedelta

# The portal takes edits of a message for three days; an hour is left for the way there.
# https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-update.html
EDIT_WINDOW = timedelta(hours=71)
