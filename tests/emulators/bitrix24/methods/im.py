"""im.notify.*, im.chat.*, im.search.*, im.recent.*: the messenger beside its messages."""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, Page, ids, method
from tests.emulators.bitrix24.dialogs import dialog
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.methods.messages import show_person
from tests.emulators.bitrix24.records import Chat

NOTIFY = "USER_ID MESSAGE MESSAGE_OUT TAG SUB_TAG ATTACH"
FILTERS = (
    "SKIP_OPENLINES SKIP_DIALOG SKIP_CHAT UNREAD_ONLY PARSE_TEXT GET_ORIGINAL_TEXT ONLY_COPILOT "
    "SKIP_UNDISTRIBUTED_OPENLINES ONLY_CHANNEL CAN_MANAGE_MESSAGES LAST_MESSAGE_DATE OFFSET LIMIT"
)
CAN = {
    "manage_users_add": "member",
    "manage_users_delete": "manager",
    "manage_ui": "member",
    "manage_settings": "owner",
    "manage_messages": "member",
    "can_post": "member",
}
RESTRICTIONS = (
    "avatar",
    "rename",
    "extend",
    "call",
    "mute",
    "leave",
    "leave_owner",
    "send",
    "user_list",
)


@method("im.notify.personal.add", "im", accepts=NOTIFY, writes=True, folded=True)
def personal(call: Call) -> int | bool:
    return _notify(call, call.user.id)


@method("im.notify.system.add", "im", accepts=NOTIFY, writes=True, folded=True)
def system(call: Call) -> int | bool:
    return _notify(call, 0)


def _notify(call: Call, from_user: int) -> int | bool:
    """The same TAG replaces the older one; somebody unknown gets nothing: false."""
    user_id = call.number("USER_ID")
    if user_id <= 0:
        raise RestError(400, "USER_ID_EMPTY", "User ID can't be empty")
    if not call.text("MESSAGE").strip():
        raise RestError(400, "MESSAGE_EMPTY", "Message can't be empty")
    if user_id not in call.portal.users:
        return False
    made = call.portal.notify(
        user_id,
        call.text("MESSAGE"),
        from_user=from_user,
        tag=call.text("TAG"),
        sub_tag=call.text("SUB_TAG"),
    )
    return made.id


@method("im.chat.get", "im", accepts="ENTITY_TYPE ENTITY_ID", folded=True)
def chat_get(call: Call) -> dict[str, int] | None:
    """https://apidocs.bitrix24.com/api-reference/chats/im-chat-get.html"""
    kind, number = call.text("ENTITY_TYPE"), call.text("ENTITY_ID")
    if not kind or not number:
        raise RestError(403, "INVALID_CREDENTIALS", "Invalid request credentials")
    chat = call.portal.chat_of(kind, number)
    return {"ID": chat.id} if chat else None


@method("im.dialog.get", "im", accepts="DIALOG_ID", folded=True)
def dialog_get(call: Call) -> dict[str, Any]:
    """https://apidocs.bitrix24.com/api-reference/chats/im-dialog-get.html"""
    chat = dialog(call)
    return _found(call, chat) | {
        "readed_list": [],
        "manager_list": [chat.owner],
        "last_message_views": {
            "message_id": _last_id(call, chat),
            "first_viewers": [],
            "count_of_viewers": 0,
        },
        "dialog_id": call.text("DIALOG_ID"),
    }


@method("im.chat.user.add", "im", accepts="CHAT_ID USERS HIDE_HISTORY", writes=True, folded=True)
def chat_user_add(call: Call) -> bool:
    if not call.number("CHAT_ID"):
        raise RestError(400, "CHAT_ID_EMPTY", "Chat ID can't be empty")
    chat = call.portal.chats.get(call.number("CHAT_ID"))
    if chat is None or call.user.id not in call.portal.members_of(chat):
        raise RestError(
            400, "WRONG_REQUEST", "You don't have access or user already member in chat"
        )
    chat.members.update(user for user in ids(call.params.get("USERS")) if user in call.portal.users)
    return True


@method("im.search.chat.list", "im", accepts="FIND OFFSET LIMIT", folded=True)
def search(call: Call) -> Page:
    find = call.text("FIND").strip().lower()
    if len(find) < 2:
        raise RestError(400, "FIND_SHORT", "Too short a search phrase.")
    found = [chat for chat in _mine(call) if find in chat.title.lower()]
    start = call.number("OFFSET")
    page = found[start : start + min(call.number("LIMIT") or 10, 50)]
    return Page([_found(call, chat) for chat in page], len(found))


@method("im.recent.list", "im", accepts=FILTERS, folded=True)
def recent(call: Call) -> dict[str, Any]:
    start, limit = call.number("OFFSET"), min(call.number("LIMIT") or 50, 200)
    rows = sorted(_mine(call), key=lambda chat: -_last_id(call, chat))
    page = rows[start : start + limit]
    more = start + limit < len(rows)
    return {
        "items": [_recent_item(call, chat) for chat in page],
        "hasMorePages": more,
        "hasMore": more,
        "copilot": {"chats": None, "messages": None},
        "messagesAutoDeleteConfigs": [],
    }


def _mine(call: Call) -> list[Chat]:
    portal = call.portal
    mine = [chat for chat in portal.chats.values() if call.user.id in portal.members_of(chat)]
    return [chat for chat in mine if chat.kind not in ("private", "tasksTask")]


def _last_id(call: Call, chat: Chat) -> int:
    rows = call.portal.dialog_messages(chat.id)
    return rows[-1].id if rows else 0


def _recent_item(call: Call, chat: Chat) -> dict[str, Any]:
    rows = call.portal.dialog_messages(chat.id)
    last, moment = (rows[-1] if rows else None), call.portal.iso(chat.created)
    author = call.portal.users.get(last.author_id) if last else None
    item = {
        "id": f"chat{chat.id}",
        "chat_id": chat.id,
        "type": "chat",
        "avatar": {"url": "", "color": "#4ba984"},
        "title": chat.title,
        "message": _last_message(call, chat),
        "counter": 0,
        "last_id": last.id if last else 0,
        "pinned": False,
        "unread": False,
        "has_reminder": False,
        "date_update": call.portal.iso(last.date) if last else moment,
        "date_last_activity": call.portal.iso(last.date) if last else moment,
        "chat": _shown(call, chat) | {"manager_list": [], "contains_collaber": False},
        "options": [],
    }
    return item | ({"user": show_person(call, author)} if author else {})


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


def _shown(call: Call, chat: Chat) -> dict[str, Any]:
    """A chat as both lists show it."""
    return {
        "id": chat.id,
        "parent_chat_id": 0,
        "parent_message_id": 0,
        "name": chat.title,
        "owner": chat.owner,
        "extranet": False,
        "avatar": "",
        "color": "#4ba984",
        "type": chat.kind,
        "user_counter": len(call.portal.members_of(chat)),
        "restrictions": dict.fromkeys(RESTRICTIONS, True),
        "entity_type": chat.entity_type,
        "entity_id": chat.entity_id,
        "entity_data_1": "",
        "entity_data_2": "",
        "entity_data_3": "",
        "mute_list": [],
        "date_create": call.portal.iso(chat.created),
        "message_type": "C",
        "public": "",
        "role": chat.role_of(call.user.id),
        "entity_link": {"type": chat.entity_type, "url": "", "id": chat.entity_id},
        "text_field_enabled": True,
        "background_id": None,
        "permissions": CAN | {"can_post": chat.can_post},
    }


def _found(call: Call, chat: Chat) -> dict[str, Any]:
    """A chat as the search shows it."""
    last, count = _last_id(call, chat), len(call.portal.dialog_messages(chat.id))
    return _shown(call, chat) | {
        "description": None,
        "counter": 0,
        "message_count": count,
        "unread_id": 0,
        "last_message_id": last,
        "last_id": last,
        "marked_id": 0,
        "disk_folder_id": 0,
        "is_new": False,
    }
