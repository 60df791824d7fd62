"""imbot.v2.*: https://apidocs.bitrix24.com/api-reference/chat-bots/chat-bots-v2/index.html"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, intval, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Bot, Chat, User
from tests.emulators.bitrix24.work import clean_message

TYPES = ("bot", "network", "openline", "supervisor", "personal")
CODE_REQUIRED = RestError(400, "BOT_CODE_REQUIRED", "Bot code is required")
PROPERTIES_REQUIRED = RestError(400, "BOT_PROPERTIES_REQUIRED", "Bot properties are required")
INVALID_TYPE = RestError(400, "BOT_INVALID_TYPE", "Invalid bot type")
ID_REQUIRED = RestError(400, "BOT_ID_REQUIRED", "Bot ID is required")
NOT_FOUND = RestError(400, "BOT_NOT_FOUND", "Bot not found")
FOREIGN = RestError(403, "BOT_OWNERSHIP_ERROR", "Bot is registered by another application")
NO_TOKEN = RestError(400, "BOT_TOKEN_NOT_SPECIFIED", "Bot token is not specified")
DENIED = RestError(403, "ACCESS_DENIED", "Access denied")
EMPTY = RestError(400, "EMPTY_MESSAGE", "Message is empty")
NO_BOTS = RestError(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


@method("imbot.v2.Bot.register", "imbot", accepts="fields", writes=True)
def register(call: Call) -> dict[str, Any]:
    """The same code of the same application answers with the same bot, unchanged."""
    _require_bots(call)
    fields = _fields(call)
    if call.access in call.portal.webhooks and not fields.get("botToken"):
        raise NO_TOKEN
    if not str(fields.get("code") or ""):
        raise CODE_REQUIRED
    properties = fields.get("properties")
    if not isinstance(properties, dict) or not properties.get("name"):
        raise PROPERTIES_REQUIRED
    if fields.get("type", "bot") not in TYPES:
        raise INVALID_TYPE
    code, portal = str(fields["code"]), call.portal
    bot = next((bot for bot in portal.bots.values() if bot.code == code), None)
    if bot is None:
        number = max(portal.users) + 1
        portal.users[number] = User(number, str(properties["name"]), bot=True)
        bot = portal.bots[number] = Bot(number, code, portal.app.client_id)
    return {"bot": _shown(bot), "users": []}


@method("imbot.v2.Bot.unregister", "imbot", accepts="botId", writes=True)
def unregister(call: Call) -> dict[str, bool]:
    bot = _bot(call)
    del call.portal.bots[bot.id]
    call.portal.users[bot.id].active = False
    for chat in call.portal.chats.values():
        chat.members.discard(bot.id)
    return {"result": True}


@method("imbot.v2.Chat.Message.send", "imbot", accepts="botId dialogId fields", writes=True)
def send(call: Call) -> dict[str, Any]:
    """A group chat by `chat12`; a bot writes only where it is a member."""
    bot = _bot(call)
    chat = _chat(call, str(call.params.get("dialogId") or ""))
    if chat is None or bot.id not in call.portal.members_of(chat):
        raise DENIED
    text = str(_fields(call).get("message") or "")
    if not text.strip():
        raise EMPTY
    return {"id": call.portal.post(chat, bot.id, text).id, "uuidMap": {}}


@method("imbot.v2.Chat.Message.update", "imbot", accepts="botId messageId fields", writes=True)
def update(call: Call) -> dict[str, bool]:
    """Its own messages alone; those that do not exist are denied alike."""
    bot = _bot(call)
    message = call.portal.messages.get(intval(call.params.get("messageId")))
    if message is None or message.deleted or message.author_id != bot.id:
        raise DENIED
    fields = _fields(call)
    if "message" in fields:
        message.text, message.edited = clean_message(str(fields["message"])), True
    return {"result": True}


def _require_bots(call: Call) -> None:
    if call.portal.quirks.no_bots:
        raise NO_BOTS


def _fields(call: Call) -> dict[str, Any]:
    fields = call.params.get("fields")
    return fields if isinstance(fields, dict) else {}


def _bot(call: Call) -> Bot:
    _require_bots(call)
    number = intval(call.params.get("botId"))
    if not number:
        raise ID_REQUIRED
    bot = call.portal.bots.get(number)
    if bot is None:
        raise NOT_FOUND
    if bot.client_id != call.portal.app.client_id:
        raise FOREIGN
    return bot


def _chat(call: Call, name: str) -> Chat | None:
    return call.portal.chats.get(intval(name[4:])) if name.startswith("chat") else None


def _shown(bot: Bot) -> dict[str, Any]:
    return {
        "id": bot.id,
        "code": bot.code,
        "type": "bot",
        "isHidden": False,
        "isSupportOpenline": False,
        "isReactionsEnabled": False,
        "backgroundId": None,
        "language": "en",
        "moduleId": "rest",
        "eventMode": "fetch",
        "countMessage": 0,
        "countCommand": 0,
        "countChat": 0,
        "countUser": 0,
    }
