"""im.notify.*, im.chat.*, im.search.*: the messenger beside its messages."""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, Page, ids, method
from tests.emulators.bitrix24.dialogs import dialog
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Chat

NOTIFY = "USER_ID MESSAGE MESSAGE_OUT TAG SUB_TAG ATTACH CLIENT_ID"
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
    # An inbound webhook has to name the application that a tag is of; without it the tag is lost.
    # https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html
    tagged = "/" not in call.access or call.text("CLIENT_ID")
    made = call.portal.notify(
        user_id,
        call.text("MESSAGE"),
        from_user=from_user,
        tag=call.text("TAG") if tagged else "",
        sub_tag=call.text("SUB_TAG") if tagged else "",
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
    found = _found(call, chat)
    return found | {
        "restrictions": found["restrictions"] | {"path": "", "path_title": ""},
        "readed_list": [],
        "manager_list": [chat.owner],
        "last_message_views": {
            "message_id": last_id(call, chat),
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
    invited = [user for user in ids(call.params.get("USERS")) if user in call.portal.users]
    if any(call.portal.users[user].bot for user in invited) and not _may_bots_join(call, chat):
        raise RestError(400, "ACCESS_ERROR", "It is forbidden to add users to this chat")
    chat.members.update(invited)
    return True


def _may_bots_join(call: Call, chat: Chat) -> bool:
    """Whether bots may be added to a task's chat is documented nowhere."""
    quirks = call.portal.quirks
    in_task = call.portal.task_of_chat(chat) is not None
    return quirks.bots_join_tasks if in_task else not quirks.bots_stay_out


@method("im.chat.user.list", "im", accepts="CHAT_ID", folded=True)
def chat_user_list(call: Call) -> list[int]:
    """https://apidocs.bitrix24.com/api-reference/chats/chat-users/im-chat-user-list.html"""
    if not call.number("CHAT_ID"):
        raise RestError(400, "CHAT_ID_EMPTY", "Chat ID can't be empty")
    chat = call.portal.chats.get(call.number("CHAT_ID"))
    members = call.portal.members_of(chat) if chat else set()
    if call.user.id not in members:
        raise RestError(403, "ACCESS_ERROR", "You do not have access to the specified dialog")
    return sorted(members)


@method("im.search.chat.list", "im", accepts="FIND OFFSET LIMIT", folded=True)
def search(call: Call) -> Page:
    find = call.text("FIND").strip().lower()
    if len(find) < 2:
        raise RestError(400, "FIND_SHORT", "Too short a search phrase.")
    found = [chat for chat in _mine(call) if find in chat.title.lower()]
    start = call.number("OFFSET")
    page = found[start : start + min(call.number("LIMIT") or 10, 50)]
    return Page([_found(call, chat) for chat in page], len(found))


def _mine(call: Call) -> list[Chat]:
    portal = call.portal
    mine = [chat for chat in portal.chats.values() if call.user.id in portal.members_of(chat)]
    return [chat for chat in mine if chat.kind not in ("private", "tasksTask")]


def last_id(call: Call, chat: Chat) -> int:
    rows = call.portal.dialog_messages(chat.id)
    return rows[-1].id if rows else 0


def show_chat(call: Call, chat: Chat) -> dict[str, Any]:
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
    last, count = last_id(call, chat), len(call.portal.dialog_messages(chat.id))
    return show_chat(call, chat) | {
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
