"""DIALOG_ID -> chat: `chat12`, `sg3`, `7` (a person), as the messenger reads it."""

from __future__ import annotations

from tests.emulators.bitrix24.calls import Call
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Chat

EMPTY = RestError(400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
NO_ACCESS = RestError(403, "ACCESS_ERROR", "You do not have access to the specified dialog")


def dialog(call: Call) -> Chat:
    """The chat the caller takes part in; ACCESS_ERROR if there is none."""
    name = call.text("DIALOG_ID").strip()
    if not name:
        raise EMPTY
    chat = _chat(call, name)
    if chat is None or call.user.id not in call.portal.members_of(chat):
        raise NO_ACCESS
    return chat


def _chat(call: Call, name: str) -> Chat | None:
    portal = call.portal
    if name.startswith("chat") and name[4:].isdigit():
        return portal.chats.get(int(name[4:]))
    if name.startswith("sg") and name[2:].isdigit():
        return portal.chat_of("SONET_GROUP", name[2:])
    if name.isdigit() and int(name) in portal.users:
        return _private(call, int(name))
    raise EMPTY


def _private(call: Call, other: int) -> Chat:
    pair = sorted((call.user.id, other))
    key = f"{pair[0]}|{pair[1]}"
    found = call.portal.chat_of("PRIVATE", key)
    if found is not None:
        return found
    title = call.portal.users[other].shown
    return call.portal.add_chat(
        "private", title, call.user.id, members=pair, entity=("PRIVATE", key)
    )
