"""The portal's answers as values: tasks, messages, columns. Pure."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

WAITING, IN_PROGRESS, AWAITING_CONTROL, COMPLETED = 2, 3, 4, 5

# The portal takes edits for three days; an hour is left for the way there.
# https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-update.html
EDIT_WINDOW = timedelta(hours=71)


@dataclass(frozen=True)
class Task:
    """`chat_id` 0: a portal with the old card. `actions`: what the webhook's user may do now."""

    id: int
    title: str = ""
    status: int = 0
    chat_id: int = 0
    group_id: int = 0
    stage_id: int = 0
    field: str = ""
    members: frozenset[int] = frozenset()
    actions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Message:
    id: int
    author_id: int
    text: str
    editable: bool


def read_task(row: Mapping[str, object], field: str) -> Task:
    """A `task` of tasks.task.get. https://apidocs.bitrix24.com/api-reference/tasks/"""
    people = [row.get("createdBy"), row.get("responsibleId")]
    for name in ("accomplices", "auditors"):
        people += listed(row.get(name))
    actions = row.get("action")
    allowed = [name for name, may in actions.items() if may] if isinstance(actions, dict) else []
    return Task(
        id=whole(row.get("id")),
        title=html.unescape(str(row.get("title") or "")),
        status=whole(row.get("status")),
        chat_id=whole(row.get("chatId")),
        group_id=whole(row.get("groupId")),
        stage_id=whole(row.get("stageId")),
        field=str(row.get(camel(field)) or ""),
        members=frozenset(map(whole, people)),
        actions=frozenset(allowed),
    )


def read_messages(result: object, now: datetime) -> list[Message]:
    """Of im.dialog.messages.get, or of task.commentitem.getlist; newest first, by id."""
    rows = listed(result.get("messages") if isinstance(result, dict) else result)
    found = [read_message(row, now) for row in rows if isinstance(row, dict)]
    return sorted(found, key=lambda message: -message.id)


def read_message(row: Mapping[str, object], now: datetime) -> Message:
    old_card = "POST_MESSAGE" in row
    return Message(
        id=whole(row.get("ID" if old_card else "id")),
        author_id=whole(row.get("AUTHOR_ID" if old_card else "author_id")),
        text=str(row.get("POST_MESSAGE" if old_card else "text") or ""),
        editable=old_card or is_young(str(row.get("date") or ""), now),
    )


def is_young(date: str, now: datetime) -> bool:
    try:
        moment = datetime.fromisoformat(date.replace("Z", "+00:00"))
    except ValueError:
        return False
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return now - moment < EDIT_WINDOW


def find_stage(result: object, wanted: str) -> int:
    """The id of the column with that title or system type, 0 if there is none."""
    rows = [row for row in listed(result) if isinstance(row, dict)]
    for row in sorted(rows, key=lambda row: whole(row.get("SORT"))):
        names = {str(row.get("TITLE") or ""), str(row.get("SYSTEM_TYPE") or "")}
        if wanted.casefold() in {name.strip().casefold() for name in names if name}:
            return whole(row.get("ID"))
    return 0


def camel(name: str) -> str:
    """UF_CI_STATUS → ufCiStatus, as the portal spells a field in its answers."""
    head, *rest = name.lower().split("_")
    return head + "".join(part.capitalize() for part in rest)


def whole(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def listed(value: object) -> list:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
