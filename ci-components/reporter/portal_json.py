"""The portal's answers as values: tasks, messages, columns. Pure."""

from __future__ import annotations

import datetime
import time
from typing import NamedTuple

from reporter.ci_variables import number
from reporter.errors import Problem
from reporter.gitlab_client import Row
from reporter.gitlab_json import text

WAITING, AWAITING_CONTROL, COMPLETED = 2, 4, 5
# The portal takes edits for three days; an hour is left for the way there.
# https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-update.html
EDIT_WINDOW = 71 * 3600


class Task(NamedTuple):
    """`chat_id` 0: a portal with the old card. `row`: the portal's answer, for what few ask for."""

    id: int
    title: str
    chat_id: int
    group_id: int
    field: str
    members: frozenset[int]
    row: Row


class Message(NamedTuple):
    id: int
    author_id: int
    text: str
    editable: bool


class Portal(NamedTuple):
    """What was read of the portal. `me`: our user id, 0 where it is not known.

    `messages`: by task id, the newest first. `results`: answers by the key of their question.
    `problems`: what people should know.
    """

    address: str
    me: int
    tasks: dict[int, Task]
    results: dict[str, object]
    messages: dict[int, list[Message]]
    problems: list[Problem]


def read_task(row: Row, field: str) -> Task:
    """Read a `task` of tasks.task.get. https://apidocs.bitrix24.com/api-reference/tasks/"""
    people = [row.get("createdBy"), row.get("responsibleId")]
    people += listed(row.get("accomplices")) + listed(row.get("auditors"))
    head, *rest = field.lower().split("_")  # UF_CI_STATUS is ufCiStatus here
    return Task(
        number(row.get("id")),
        plain(text(row, "title")),
        number(row.get("chatId")),
        number(row.get("groupId")),
        text(row, head + "".join(map(str.capitalize, rest))),
        frozenset(map(number, people)),
        row,
    )


def plain(title: str) -> str:
    """Return a title as people wrote it: the portal gives it with the entities of HTML."""
    if "&" not in title:
        return title
    import html  # takes as long as the rest of this module

    return html.unescape(title)


def dialog_of(task: Task) -> str:
    return f"chat{task.chat_id}" if task.chat_id else ""


def read_messages(result: object) -> list[Message]:
    """Read im.dialog.messages.get, or task.commentitem.getlist; newest first, by id."""
    rows = listed(result.get("messages") if isinstance(result, dict) else result)
    messages = [read_message(row) for row in rows if isinstance(row, dict)]
    return sorted(messages, key=lambda message: -message.id)


def read_message(row: Row) -> Message:
    if "POST_MESSAGE" in row:  # of the old card
        of, author, body, young = "ID", "AUTHOR_ID", "POST_MESSAGE", True
    else:
        of, author, body, young = "id", "author_id", "text", is_young(text(row, "date"))
    return Message(number(row.get(of)), number(row.get(author)), text(row, body), young)


def is_young(date: str) -> bool:
    try:
        moment = datetime.datetime.fromisoformat(date.replace("Z", "+00:00"))
    except ValueError:
        return False
    return time.time() - moment.timestamp() < EDIT_WINDOW


def find_stage(result: object, wanted: str) -> int:
    """Return the id of the column with that title or system type, 0 if there is none."""
    rows = [row for row in listed(result) if isinstance(row, dict)]
    for row in sorted(rows, key=lambda row: number(row.get("SORT"))):
        names = (text(row, "TITLE"), text(row, "SYSTEM_TYPE"))
        if wanted.casefold() in [name.strip().casefold() for name in names]:
            return number(row.get("ID"))
    return 0


def listed(value: object) -> list[object]:
    """Return the values of what PHP gives as a list or as an object."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
