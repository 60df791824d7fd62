"""Calls of the audit log one by one: those inside a batch too, with their task and result. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sync.bitrix24.rest.batch import as_mapping
from sync.bitrix24.rest.errors import UNKNOWN_OUTCOME
from sync.core.audit import PROBE
from sync.store.rows import ApiCallRow

_TASK_KEYS = frozenset({"taskid", "task_id"})
# Methods whose own `id` is a task's.
# https://apidocs.bitrix24.com/api-reference/tasks/stages/task-stages-move-task.html
_TASK_METHODS = ("task.stages.movetask", "tasks.task.", "api/tasks.task.")
_READING = re.compile(r"(?i)(?:.*\.)?(?:get\w*|list|profile|scope|time|info)")
# What names a message, and what a chat: `DIALOG_ID` of im.message.add, `dialogId` of
# imbot.v2.Chat.Message.send, and the number alone of im.chat.user.add.
_MESSAGE_KEYS = frozenset({"message_id", "messageid"})
_CHAT_KEYS = (
    (frozenset({"dialog_id", "dialogid"}), re.compile(r"chat(\d+)")),
    (frozenset({"chat_id", "chatid"}), re.compile(r"(\d+)")),
)
# The bot joins a chat before it writes there: who is in already is refused, and the message tells.
# https://apidocs.bitrix24.com/api-reference/chats/chat-users/im-chat-user-add.html
_HARMLESS = frozenset({("im.chat.user.add", "WRONG_REQUEST")})
# Of a request that was too long to be kept whole, what is there.
_COMMAND = re.compile(r'"(c\d+)": ("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class TaskPlaces:
    """Tasks by the chats of their discussions, and by our messages there."""

    by_chat: Mapping[int, int]
    by_message: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One call: alone, or inside the batch of `row`. `task` is None where none is concerned.

    `result`: "ok", why it failed, or what is known instead. `inner`: it was part of a batch.
    """

    row: ApiCallRow
    method: str
    task: int | None
    result: str
    failed: bool
    inner: bool = False


def list_entries(row: ApiCallRow, of: TaskPlaces) -> Iterator[CallEntry]:
    """Yield the request, and the calls inside it if it is a batch."""
    failed = row.status == 0 or row.status >= 400 or bool(row.error)
    failed = failed and not row.error.startswith(PROBE)
    result = row.error or ("no answer" if not row.status else "ok")
    body = _json(row.request)
    task = None if row.method == "batch" else _task_of(row.method, body, of)
    is_batch = row.method == "batch" and row.system == "bitrix24"
    inner = list(_inner_entries(row, of)) if is_batch else []
    refused = [entry for entry in inner if entry.result not in ("ok", "not kept")]
    if refused and not any(entry.failed for entry in refused):
        failed = False
    yield CallEntry(row, row.method, task, result, failed)
    yield from inner


def _inner_entries(row: ApiCallRow, of: TaskPlaces) -> Iterator[CallEntry]:
    answer = as_mapping(as_mapping(_json(row.answer)).get("result"))
    results, errors = as_mapping(answer.get("result")), as_mapping(answer.get("result_error"))
    for match in _COMMAND.finditer(row.request):
        key, command = match[1], str(json.loads(match[2]))
        method, _, query = command.partition("?")
        error = errors.get(key)
        if error is not None:
            result, failed = _error_text(error), (method, _code(error)) not in _HARMLESS
        elif key in results:
            result, failed = "ok", False
        elif row.status == HTTPStatus.OK:
            result, failed = "not kept", False
        else:
            result, failed = _unanswered_result(row, method), not row.error.startswith(PROBE)
        task = _task_of(method, dict(parse_qsl(query)), of)
        yield CallEntry(row, method, task, result, failed, inner=True)


def _unanswered_result(row: ApiCallRow, method: str) -> str:
    """Say what became of a call in a batch without an answer: a write may have been done."""
    if UNKNOWN_OUTCOME not in row.error:
        return "not done"
    return "no answer" if _READING.fullmatch(method) else UNKNOWN_OUTCOME


def _code(error: Any) -> str:
    return str(as_mapping(error).get("error", error))


def _error_text(error: Any) -> str:
    details = as_mapping(error)
    code = _code(error)
    description = str(details.get("error_description") or "")
    return f"{code}: {description}" if description and description != code else code


def _task_of(method: str, body: Any, of: TaskPlaces) -> int | None:
    """Return the task that a request names, by its number, its chat, or a message there."""
    keys = _TASK_KEYS | ({"id"} if method.startswith(_TASK_METHODS) else set())
    for key, value in _pairs(body):
        name = re.split(r"[\[\].]", key.lower())
        if keys & set(name) and str(value).isdigit():
            return int(value)
        if _MESSAGE_KEYS & set(name) and str(value).isdigit():
            return of.by_message.get(int(value))
        kinds = [pattern for key_names, pattern in _CHAT_KEYS if key_names & set(name)]
        chat = kinds[0].fullmatch(str(value)) if kinds else None
        if chat and int(chat[1]) in of.by_chat:
            return of.by_chat[int(chat[1])]
    return None


def _pairs(body: Any) -> Iterator[tuple[str, Any]]:
    """Yield keys and plain values, those of inner mappings too."""
    for key, value in as_mapping(body).items():
        if isinstance(value, dict):
            yield from _pairs(value)
        else:
            yield str(key), value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
