"""Queries of the engine to a portal: tasks, stages, users, and messages it may have sent before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any

from sync.bitrix24.rest.batch import BATCH_SIZE, Answer, Call, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.error_codes import NOT_MEMBER
from sync.bitrix24.tasks import fields
from sync.bitrix24.tasks.commands import calls_for
from sync.bitrix24.tasks.outcomes import read_outcome
from sync.bitrix24.tasks.transitions import CommandResult
from sync.core.model.commands import LogTime
from sync.core.model.common import PortalUser
from sync.core.model.tasks import KanbanStage, Task
from sync.errors import Denied, Refused, SyncError

__all__ = [
    "CommandResult",
    "calls_for",
    "find_chat_message",
    "find_task_message",
    "find_time_entry",
    "may_post",
    "read_outcome",
    "read_stages",
    "read_task_fields",
    "read_tasks",
    "read_users",
]  # fmt: skip

TASKS_PER_REQUEST = 50  # rows and messages the portal gives at most
TASKS_PER_REQUEST_V3 = 1000
MESSAGE_LIMIT = 20_000  # the portal cuts longer messages and appends TRUNCATION_MARK
TRUNCATION_MARK = " (...)"
_MAX_USER_PAGES = 400
_MAX_MESSAGE_PAGES = 10


def read_tasks(portal: Portal, ids: Iterable[int]) -> dict[int, Task | None]:
    """Return tasks by id; None for one that does not exist or is not visible to us.

    50 tasks a request by 2.0; 1,000 where more are wanted and the portal has REST 3.0
    (`portal.features["v3"]`). Raises Later or Denied.
    """
    unique_ids = list(dict.fromkeys(ids))
    if len(unique_ids) > BATCH_SIZE and portal.features.get("v3"):
        try:
            return _read_tasks_v3(portal, unique_ids)
        except (Refused, Denied):
            pass  # an early REST 3.0, or no right to it any more: 2.0 answers, or says why not
    tasks_by_id: dict[int, Task | None] = {}
    for part in _chunks(unique_ids, BATCH_SIZE):
        answers = portal.batch([_task_call(task_id) for task_id in part])
        tasks_by_id.update(zip(part, map(_parse_answer, answers), strict=True))
    return tasks_by_id


def _task_call(task_id: int) -> Call:
    params = {"taskId": task_id, "select": list(fields.TASK_FIELDS)}
    return Call("tasks.task.get", params, write=False)


def _parse_answer(answer: Answer | SyncError) -> Task | None:
    match answer:
        case Answer():
            return fields.parse_task(fields.task_object(answer.result))
        case Refused():
            return None
        case _:
            raise answer


def _read_tasks_v3(portal: Portal, task_ids: Sequence[int]) -> dict[int, Task | None]:
    """Read tasks by REST 3.0.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list-rest-v3.html
    """
    tasks_by_id: dict[int, Task | None] = dict.fromkeys(task_ids)
    for part in _chunks(task_ids, TASKS_PER_REQUEST_V3):
        params = {
            "select": list(fields.TASK_FIELDS_V3),
            "filter": [["id", "in", list(part)]],
            "pagination": {"page": 1, "limit": TASKS_PER_REQUEST_V3},
        }
        body = portal.call_v3("tasks.task.list", params)
        rows = as_mapping(body["result"]).get("items") or ()
        read = (fields.parse_task(row) for row in rows if isinstance(row, dict))
        tasks_by_id.update(
            {task.id: task for task in read if task is not None and task.id in tasks_by_id}
        )
    return tasks_by_id


def read_stages(portal: Portal, group_id: int) -> tuple[KanbanStage, ...]:
    """Return the kanban columns of a workgroup. Raises SyncError (Refused: not visible).

    `isAdmin` lets an administrator see the columns of groups without being their member:
    https://apidocs.bitrix24.com/api-reference/tasks/stages/task-stages-get.html
    """
    params = {"entityId": group_id, "isAdmin": True}
    body = portal.call("task.stages.get", params, write=False)
    return fields.parse_stages(body["result"])


def read_task_fields(portal: Portal) -> frozenset[str]:
    """Return the names of the portal's own fields of tasks. Raises SyncError (Refused: no admin).

    https://apidocs.bitrix24.com/api-reference/tasks/user-field/
    """
    params = {"ORDER": {"ID": "asc"}}
    rows = portal.call("task.item.userfield.getlist", params, write=False)["result"] or ()
    items = rows.values() if isinstance(rows, dict) else rows
    return frozenset(str(row.get("FIELD_NAME")) for row in items if isinstance(row, dict))


def read_users(portal: Portal) -> tuple[PortalUser, ...]:
    """Return all users of the portal: the first page has the count, batches read the rest.

    Raises SyncError. https://apidocs.bitrix24.com/api-reference/user/user-get.html
    """
    first = portal.call("user.get", {"start": 0}, write=False)
    users = {user.id: user for user in fields.parse_users(first["result"])}
    starts = range(
        TASKS_PER_REQUEST,
        min(as_int(first.get("total")), TASKS_PER_REQUEST * _MAX_USER_PAGES),
        TASKS_PER_REQUEST,
    )
    for part in _chunks(list(starts), BATCH_SIZE):
        answers = portal.batch([Call("user.get", {"start": at}, write=False) for at in part])
        for answer in answers:
            users.update({user.id: user for user in fields.parse_users(_result_or_raise(answer))})
    return tuple(users.values())


# Roles in a chat, the least first.
NO_CHAT = NOT_MEMBER | {"DIALOG_ID_EMPTY"}
_RANKS = ("guest", "member", "manager", "owner")


def may_post(portal: Portal, dialog: str) -> bool:
    """Return whether the employee in whose name we write is in a chat and may write there.

    Raises SyncError where that cannot be known.
    https://apidocs.bitrix24.com/api-reference/chats/im-dialog-get.html
    """
    try:
        dialog_data = as_mapping(
            portal.call("im.dialog.get", {"DIALOG_ID": dialog}, write=False)["result"]
        )
    except Refused as error:
        if error.code in NO_CHAT:
            return False
        raise
    return allows_posting(dialog_data)


def allows_posting(dialog_data: Mapping[str, Any]) -> bool:
    """Return whether a dialog, as im.dialog.get describes it, lets its reader write there."""
    needed = str(as_mapping(dialog_data.get("permissions")).get("can_post") or "member")
    role = str(dialog_data.get("role") or "member")
    ranked = needed not in _RANKS or role not in _RANKS or _rank_at_least(role, needed)
    sends = as_mapping(dialog_data.get("restrictions")).get("send", True) is not False
    return ranked and sends and dialog_data.get("text_field_enabled", True) is not False


def _rank_at_least(role: str, needed: str) -> bool:
    return _RANKS.index(role) >= _RANKS.index(needed)


def find_task_message(
    portal: Portal, task: Task, text: str, since: datetime, *, bot_id: int = 0
) -> int | None:
    """Return the id of our newest message or comment in a task that says `text`; None if missing.

    `bot_id`: look for a message of that bot instead; comments are never its.

    Looks back to `since`, within 500 messages. Raises SyncError; Refused where the employee in
    whose name we write is not in the discussion.
    """
    if task.chat_id is None:
        return None if bot_id else _find_comment(portal, task, as_stored(text), since)
    return find_chat_message(portal, f"chat{task.chat_id}", text, since, bot_id=bot_id)


def find_chat_message(
    portal: Portal, dialog: str, text: str, since: datetime, *, bot_id: int = 0
) -> int | None:
    """Return the id of our newest message in a chat that says `text`; None if missing.

    Limits and errors as for `find_task_message`.
    """
    expected, last, writer = as_stored(text), None, bot_id or portal.user_id
    for _ in range(_MAX_MESSAGE_PAGES):
        page = _read_messages(portal, dialog, last)
        own = [row for row in page if _is_message_of(writer, row, "author_id", "text", expected)]
        if matching_rows := [row for row in own if not _is_older(row.get("date"), since)]:
            return max(as_int(row["id"]) for row in matching_rows)
        if not page or all(_is_older(row.get("date"), since) for row in page):
            return None
        last = min(as_int(row["id"]) for row in page)
    return None


def _read_messages(portal: Portal, dialog: str, before: int | None) -> list[dict[str, Any]]:
    """Read a page of a chat; filter by id, as LAST_ID is inclusive on some portals only.

    https://apidocs.bitrix24.com/api-reference/chats/messages/im-dialog-messages-get.html
    """
    params: dict[str, Any] = {"DIALOG_ID": dialog, "LIMIT": TASKS_PER_REQUEST}
    if before is not None:
        params["LAST_ID"] = before
    body = portal.call("im.dialog.messages.get", params, write=False)
    rows = as_mapping(body["result"]).get("messages") or []
    messages = [row for row in rows if isinstance(row, dict) and as_int(row.get("id"))]
    return [row for row in messages if before is None or as_int(row["id"]) < before]


def _find_comment(portal: Portal, task: Task, text: str, since: datetime) -> int | None:
    """Find a comment of the old card. Parameters go by position: TASKID, ORDER, FILTER."""
    params = {
        "TASKID": task.id,
        "ORDER": {"POST_DATE": "desc"},
        "FILTER": {"AUTHOR_ID": portal.user_id, ">=POST_DATE": since.isoformat()},
    }
    rows = portal.call("task.commentitem.getlist", params, write=False)["result"] or ()
    own = [
        as_int(row.get("ID"))
        for row in rows
        if isinstance(row, dict)
        and _is_message_of(portal.user_id, row, "AUTHOR_ID", "POST_MESSAGE", text)
        and not _is_older(row.get("POST_DATE"), since)
    ]  # fmt: skip
    return max(own, default=None)


def find_time_entry(portal: Portal, command: LogTime) -> int | None:
    """Return the id of the newest entry in a task's log of time that equals `command`.

    Looks at the last 50 entries of that person; the text belongs to one commit, so no date is
    needed. Parameters go by position: TASKID, ORDER, FILTER. Raises SyncError (Refused: not
    visible).
    https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/task-elapsed-item-get-list.html
    """
    user_id = command.user_id or portal.user_id
    params = {
        "TASKID": command.task_id,
        "ORDER": {"ID": "desc"},
        "FILTER": {"USER_ID": user_id},
    }
    rows = portal.call("task.elapseditem.getlist", params, write=False)["result"] or ()
    same = [
        as_int(row.get("ID"))
        for row in rows
        if isinstance(row, dict)
        and as_int(row.get("TASK_ID")) == command.task_id
        and as_int(row.get("USER_ID")) == user_id
        and as_int(row.get("SECONDS")) == command.seconds
        and unescape(str(row.get("COMMENT_TEXT") or "")).strip() == unescape(command.text).strip()
    ]
    return max(same, default=None)


def as_stored(text: str) -> str:
    """Return a message as the portal stores it: trimmed, and cut at its limit."""
    trimmed = text.replace("\r\n", "\n").strip()
    return trimmed if len(trimmed) <= MESSAGE_LIMIT else trimmed[:MESSAGE_LIMIT] + TRUNCATION_MARK


def _is_message_of(writer: int, row: dict[str, Any], author: str, text: str, expected: str) -> bool:
    return as_int(row.get(author)) == writer and as_stored(str(row.get(text) or "")) == expected


def _is_older(date: Any, since: datetime) -> bool:
    """Return whether a date is before `since`; an unreadable one is not: the text decides then."""
    try:
        moment = datetime.fromisoformat(str(date))
    except ValueError:
        return False
    return moment.tzinfo is not None and moment < since


def _result_or_raise(answer: Answer | SyncError) -> Any:
    if isinstance(answer, SyncError):
        raise answer
    return answer.result


def _chunks(items: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    return (items[at : at + size] for at in range(0, len(items), size))
