"""The bot that writes messages in chats in the application's place: its registration and calls.

https://apidocs.bitrix24.com/api-reference/chat-bots/chat-bots-v2/index.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sync.bitrix24.rest.batch import Call, Reference, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.core.model.commands import Place
from sync.errors import Refused

CODE = "b24bridge"
NAME = "GitLab"
SEND, UPDATE = "imbot.v2.Chat.Message.send", "imbot.v2.Chat.Message.update"
GONE = "BOT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class BotAuthor:
    """Our bot on a portal: `bot_id` 0 for none.

    `joined`: places in which it has written. `closed`: places in which the portal lets it write
    nothing. `wrote`: message ids → the bot that wrote them, 0 for the application itself.
    """

    bot_id: int = 0
    joined: frozenset[Place] = frozenset()
    closed: frozenset[Place] = frozenset()
    wrote: Mapping[int, int] = field(default_factory=dict)

    def writes(self, place: Place, message_id: int | None) -> bool:
        """Whether the bot writes this message; only who wrote a message may edit it."""
        if not self.bot_id:
            return False
        if message_id is not None:
            return self.wrote.get(message_id, 0) == self.bot_id
        return place not in self.closed


def register(portal: Portal) -> int:
    """Register the bot, or find it registered, and return its id. Raises SyncError.

    The same code answers with the same bot. It is told of nothing that people write: by default
    its events wait to be fetched, and nobody fetches them.
    https://apidocs.bitrix24.com/api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-register.html
    """
    fields = {
        "code": CODE,
        "properties": {"name": NAME},
        "type": "bot",
        "eventMode": "fetch",
        "isReactionsEnabled": False,
    }
    answer = portal.call("imbot.v2.Bot.register", {"fields": fields}, write=True)
    bot_id = as_int(as_mapping(as_mapping(answer.get("result")).get("bot")).get("id"))
    if not bot_id:
        raise Refused("The portal does not say which bot it registered", code="no_bot")
    return bot_id


def unregister(portal: Portal, bot_id: int) -> None:
    """Remove the bot; one that is gone already is no error. Raises SyncError.

    https://apidocs.bitrix24.com/api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-unregister.html
    """
    try:
        portal.call("imbot.v2.Bot.unregister", {"botId": bot_id}, write=True)
    except Refused as error:
        if error.code != GONE:
            raise


def message_calls(
    author: BotAuthor, place: Place, chat_id: int, text: str, message_id: int | None
) -> list[Call]:
    """Return the calls of a message of the bot: a new one, for which it joins first, or an edit.

    Only a member of a chat may add the bot to it, and `botToken` is for webhooks alone.
    https://apidocs.bitrix24.com/api-reference/chats/chat-users/im-chat-user-add.html
    """
    fields = {"message": text, "urlPreview": "N"}
    if message_id is not None:
        edit = {"botId": author.bot_id, "messageId": message_id, "fields": fields}
        return [Call(UPDATE, edit)]
    finding, chat, dialog = _chat_of(place, chat_id)
    new = {"botId": author.bot_id, "dialogId": dialog, "fields": fields}
    joining = {"CHAT_ID": chat, "USERS": [author.bot_id], "HIDE_HISTORY": "Y"}
    if place in author.joined:
        return [*finding, Call(SEND, new)]
    return [*finding, Call("im.chat.user.add", joining), Call(SEND, new)]


def _chat_of(place: Place, chat_id: int) -> tuple[list[Call], int | Reference, str | Reference]:
    """Return the calls that find a chat, its number, and its dialog.

    Bots know no `sg10`: the portal itself puts in the number of the workgroup's chat. Of several
    messages in one batch the chat is asked for once, as the calls have one name.
    https://apidocs.bitrix24.com/api-reference/chats/im-chat-get.html
    """
    if not place.dialog.startswith("sg"):
        return [], chat_id, f"chat{chat_id}"
    entity = {"ENTITY_TYPE": "SONET_GROUP", "ENTITY_ID": place.dialog.removeprefix("sg")}
    finding = Call("im.chat.get", entity, write=False, name=place.dialog)
    number = Reference(place.dialog, ("ID",))
    return [finding], number, Reference(place.dialog, ("ID",), "chat")


def sent_by(calls: Sequence[Call]) -> int:
    """Return the bot that a command's calls are made as, 0 for none."""
    last = calls[-1] if calls else None
    return as_int(last.params.get("botId")) if last and last.method in (SEND, UPDATE) else 0
