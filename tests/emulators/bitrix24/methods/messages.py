"""im.message.*, im.dialog.messages.get: https://apidocs.bitrix24.com/api-reference/chats/"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, intval, method
from tests.emulators.bitrix24.dialogs import NO_ACCESS, dialog
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Message, User
from tests.emulators.bitrix24.work import clean_message, may_edit_message

PAGE, MOST = 20, 50
RANKS = ("member", "manager", "owner")
TEXTS = "ATTACH KEYBOARD MENU URL_PREVIEW"
NO_MESSAGE = RestError(400, "MESSAGE_ID_ERROR", "Message ID can't be empty")
EMPTY = RestError(400, "MESSAGE_EMPTY", "Message can't be empty")
CANNOT = RestError(
    400, "CANT_EDIT_MESSAGE", "Time has expired for modification or you don't have access"
)


@method(
    "im.message.add",
    "im",
    accepts=f"DIALOG_ID MESSAGE {TEXTS} SYSTEM REPLY_ID",
    writes=True,
    folded=True,
)
def add(call: Call) -> int:
    chat = dialog(call)
    if RANKS.index(chat.role_of(call.user.id)) < RANKS.index(chat.can_post):
        raise NO_ACCESS
    if not call.text("MESSAGE").strip() and not call.params.get("ATTACH"):
        raise EMPTY
    author = 0 if call.text("SYSTEM") == "Y" else call.user.id
    return call.portal.post(chat, author, call.text("MESSAGE")).id


@method(
    "im.message.update",
    "im",
    accepts=f"MESSAGE_ID MESSAGE {TEXTS} IS_EDITED",
    writes=True,
    folded=True,
)
def update(call: Call) -> bool:
    """The author's, for three days; an empty text deletes the message."""
    message = _message(call)
    if not may_edit_message(call.portal, message, call.user.id):
        raise CANNOT
    if "MESSAGE" in call.params:
        text = clean_message(call.text("MESSAGE"))
        message.text, message.deleted = text, not text
        message.edited = True
    return True


@method("im.message.delete", "im", accepts="MESSAGE_ID", writes=True, folded=True)
def delete(call: Call) -> bool:
    """By the author or the owner of a group chat."""
    message = _message(call)
    chat = call.portal.chats[message.chat_id]
    mine = message.author_id == call.user.id
    if message.deleted or not message.author_id or not (mine or chat.owner == call.user.id):
        raise CANNOT
    message.deleted = True
    return True


@method("im.dialog.messages.get", "im", accepts="DIALOG_ID FIRST_ID LAST_ID LIMIT", folded=True)
def messages_get(call: Call) -> dict[str, Any]:
    """The newest; after FIRST_ID; or before LAST_ID. Newest first in the answer."""
    chat = dialog(call)
    rows = call.portal.dialog_messages(chat.id)
    if call.portal.quirks.deleted_stay:
        rows = call.portal.chat_messages[chat.id]
    limit = min(max(call.number("LIMIT") or PAGE, 1), MOST) + call.portal.quirks.unread
    if call.params.get("FIRST_ID") is not None:
        rows = [m for m in rows if m.id > call.number("FIRST_ID")][:limit]
    elif call.number("LAST_ID"):
        rows = [m for m in rows if m.id < call.number("LAST_ID")][-limit:]
    else:
        rows = rows[-limit:]
    authors = [call.portal.users[a] for a in sorted({m.author_id for m in rows if m.author_id})]
    return {
        "chat_id": chat.id,
        "messages": [_shown(call, message) for message in reversed(rows)],
        "users": [show_person(call, user) for user in authors],
        "files": [_file(call, message, number) for message in rows for number in message.files],
    }


def _message(call: Call) -> Message:
    number = intval(call.params.get("MESSAGE_ID"))
    if not number:
        raise NO_MESSAGE
    message = call.portal.messages.get(number)
    if message is None or message.chat_id not in call.portal.chats:
        raise CANNOT
    if call.user.id not in call.portal.members_of(call.portal.chats[message.chat_id]):
        raise CANNOT
    return message


def _shown(call: Call, message: Message) -> dict[str, Any]:
    params: dict[str, Any] = {"CODE": [message.code], "NOTIFY": "N"} if message.code else {}
    params |= {"FILE_ID": message.files} if message.files else {}
    params |= {"IS_EDITED": "Y"} if message.edited else {}
    params |= {"IS_DELETED": "Y"} if message.deleted else {}
    return {
        "id": message.id,
        "chat_id": message.chat_id,
        "author_id": message.author_id,
        "date": call.portal.iso(message.date),
        "text": "" if message.deleted else message.text,
        "unread": False,
        "uuid": None,
        "replaces": [],
        "params": params or [],
        "disappearing_date": None,
    }


def _file(call: Call, message: Message, number: int) -> dict[str, Any]:
    """A file of a message, as the messenger shows it; here the sizes are numbers."""
    entry = call.portal.parts.drive[number]
    address = f"{call.portal.url()}/bitrix/services/main/ajax.php?fileId={number}"
    return {
        "id": number,
        "chatId": message.chat_id,
        "date": call.portal.iso(message.date),
        "type": "file",
        "name": entry.name,
        "extension": entry.name.rpartition(".")[2],
        "size": len(entry.content or b""),
        "image": False,
        "status": "done",
        "progress": 100,
        "authorId": message.author_id,
        "authorName": call.portal.users[message.author_id].shown,
        "urlPreview": "",
        "urlShow": "",
        "urlDownload": address,
    }


def show_person(call: Call, user: User) -> dict[str, Any]:
    """A person as the messenger shows one."""
    plain = dict.fromkeys(
        (
            "extranet",
            "network",
            "bot",
            "connector",
            "idle",
            "mobile_last_date",
            "desktop_last_date",
            "absent",
            "phones",
        ),
        False,
    )
    return plain | {
        "id": user.id,
        "active": user.active,
        "name": user.shown,
        "first_name": user.name,
        "last_name": user.last_name,
        "work_position": user.position,
        "color": "#4ba984",
        "avatar": "",
        "avatar_hr": "",
        "gender": "M",
        "birthday": "",
        "external_auth_id": "default",
        "status": "online",
        "last_activity_date": call.portal.iso(call.portal.now()),
        "departments": [1],
        "bot_data": None,
        "type": "user",
        "website": "",
        "email": user.email,
    }
