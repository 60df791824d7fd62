"""im.recent.list: https://apidocs.bitrix24.com/api-reference/chats/im-recent-list.html"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, method
from tests.emulators.bitrix24.methods.im import last_id, show_chat
from tests.emulators.bitrix24.methods.messages import show_person
from tests.emulators.bitrix24.records import Chat

FILTERS = (
    "SKIP_OPENLINES SKIP_DIALOG SKIP_CHAT UNREAD_ONLY PARSE_TEXT GET_ORIGINAL_TEXT ONLY_COPILOT "
    "SKIP_UNDISTRIBUTED_OPENLINES ONLY_CHANNEL CAN_MANAGE_MESSAGES LAST_MESSAGE_DATE OFFSET LIMIT"
)


@method("im.recent.list", "im", accepts=FILTERS, folded=True)
def recent(call: Call) -> dict[str, Any]:
    """Private dialogs stand by their person's number; the chats of tasks are not among them."""
    start, limit = call.number("OFFSET"), min(call.number("LIMIT") or 50, 200)
    rows = sorted(_mine(call), key=lambda chat: -last_id(call, chat))
    page = rows[start : start + limit]
    more = start + limit < len(rows)
    return {
        "items": [_item(call, chat) for chat in page],
        "hasMorePages": more,
        "hasMore": more,
        "copilot": {"chats": None, "messages": None},
        "messagesAutoDeleteConfigs": [],
    }


def _mine(call: Call) -> list[Chat]:
    portal = call.portal
    skipped = {"tasksTask"} | ({"private"} if call.text("SKIP_DIALOG") == "Y" else set())
    return [
        chat
        for chat in portal.chats.values()
        if call.user.id in portal.members_of(chat)
        and chat.kind not in skipped
        and (chat.kind == "private" or call.text("SKIP_CHAT") != "Y")
    ]


def _item(call: Call, chat: Chat) -> dict[str, Any]:
    rows = call.portal.dialog_messages(chat.id)
    last, moment = (rows[-1] if rows else None), call.portal.iso(chat.created)
    item = {
        "chat_id": chat.id,
        "avatar": {"url": "", "color": "#4ba984"},
        "message": _last_message(call, chat),
        "counter": 0,
        "last_id": last.id if last else 0,
        "pinned": False,
        "unread": False,
        "has_reminder": False,
        "date_update": call.portal.iso(last.date) if last else moment,
        "date_last_activity": call.portal.iso(last.date) if last else moment,
        "options": [],
    }
    if chat.kind == "private":
        return item | _person(call, chat)
    shown = show_chat(call, chat) | {"manager_list": [], "contains_collaber": False}
    item |= {"id": f"chat{chat.id}", "type": "chat", "title": chat.title, "chat": shown}
    author = call.portal.users.get(last.author_id) if last else None
    return item | ({"user": show_person(call, author)} if author else {})


def _person(call: Call, chat: Chat) -> dict[str, Any]:
    """The one at the other end; oneself where nobody else is there."""
    other = next((one for one in sorted(chat.members) if one != call.user.id), call.user.id)
    person = call.portal.users[other]
    plain = {"text_field_enabled": True, "background_id": None, "mute_list": []}
    return {
        "id": other,
        "type": "user",
        "title": person.shown,
        "user": show_person(call, person),
        "chat": plain,
    }


def _last_message(call: Call, chat: Chat) -> dict[str, Any]:
    rows = call.portal.dialog_messages(chat.id)
    last = rows[-1] if rows else None
    return {
        "id": last.id if last else 0,
        "text": last.text if last else "",
        "file": False,
        "author_id": last.author_id if last else 0,
        "attach": False,
        "sticker": None,
        "date": call.portal.iso(last.date if last else chat.created),
        "status": "received",
        "uuid": None,
    }
