"""Changes of tasks and discussions, whoever makes them: history, dates, events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.emulators.bitrix24.records import (
    AWAITING_CONTROL,
    COMPLETED,
    IN_PROGRESS,
    Chat,
    Comment,
    Elapsed,
    HistoryRow,
    Message,
    Notification,
    Task,
)

if TYPE_CHECKING:
    from tests.emulators.bitrix24.state import Portal

TITLE_LIMIT = 255
MESSAGE_LIMIT = 20_000
UNDEFINED = "undefined"
_HISTORY_NAMES = {"task_control": "TASK_CONTROL", "stage_id": "STAGE", "responsible_id": ""}


def create_task(
    portal: Portal,
    title: str,
    *,
    id: int | None = None,
    created_by: int = 1,
    responsible_id: int = 1,
    by: int | None = None,
    **fields: Any,
) -> Task:
    """A new task, with its chat where the portal has the new card; fires ONTASKADD."""
    now = portal.now()
    number = portal.take_id("task", id)
    task = Task(number, clean_title(title), created_by, responsible_id, now, now, **fields)
    task.activity, task.changed_by = now, by or created_by
    if portal.card == "new":
        entity = ("TASKS_TASK", str(number))
        task.chat_id = portal.add_chat(
            "tasksTask", task.title, created_by, members=(), entity=entity
        ).id
        portal.post(portal.chats[task.chat_id], 0, "The task has been created.", code="TASK_ADD")
    portal.tasks[number] = task
    remember(portal, task, "NEW", None, None, task.changed_by)
    portal.emit(
        "ONTASKADD", changed_ids(before=UNDEFINED, after={"ID": number}, seen="N"), task.changed_by
    )
    return task


def change_task(portal: Portal, task: Task, by: int, **changes: Any) -> Task:
    """Apply the changes that differ; any call at all is an update and fires ONTASKUPDATE."""
    now = portal.now()
    if "title" in changes:
        changes["title"] = clean_title(changes["title"])
    if changes.get("group_id", task.group_id) != task.group_id:
        changes.setdefault("stage_id", 0)  # the columns of one workgroup are not another's
    for name, value in changes.items():
        before = getattr(task, name)
        if before != value:
            remember(portal, task, name, before, value, by)
            setattr(task, name, value)
    task.changed = task.activity = now
    task.changed_by = by
    data = changed_ids(before={"ID": task.id}, after={"ID": task.id})
    portal.emit("ONTASKUPDATE", data, by)
    return task


def set_status(portal: Portal, task: Task, by: int, status: int) -> Task:
    """Completion under control by anyone but the creator waits for approval (status 4)."""
    if status == COMPLETED and task.task_control and by != task.created_by:
        status = AWAITING_CONTROL
    now, changes = portal.now(), {"status": status}
    extra: dict[str, Any] = {}
    if status != task.status:
        extra = {"status_changed": now, "status_changed_by": by}
    if status == IN_PROGRESS:
        extra["started"] = now
    closed = status in (COMPLETED, AWAITING_CONTROL)
    extra |= {"closed": now if closed else None, "closed_by": by if closed else 0}
    for name, value in extra.items():
        setattr(task, name, value)
    chat = portal.chats.get(task.chat_id)
    if chat is not None and status != task.status:
        portal.post(chat, 0, "The status of the task has been changed.", code="TASK_STATUS")
    return change_task(portal, task, by, **changes)


def force_approval(portal: Portal, task: Task, by: int) -> Task:
    """Approval completes, whoever of those allowed to approves."""
    now = portal.now()
    task.closed, task.closed_by = now, by
    task.status_changed, task.status_changed_by = now, by
    return change_task(portal, task, by, status=COMPLETED)


def delete_task(portal: Portal, task: Task, by: int) -> None:
    del portal.tasks[task.id]
    portal.chats.pop(task.chat_id, None)
    data = changed_ids(before={"ID": task.id}, after=UNDEFINED, seen_after="N")
    portal.emit("ONTASKDELETE", data, by)


def post(portal: Portal, chat: Chat, author_id: int, text: str, *, code: str = "") -> Message:
    """A message; in a task's chat it is a comment and fires ONTASKCOMMENTADD.

    https://apidocs.bitrix24.com/api-reference/tasks/comment-item/events-comment/
    """
    number, now = portal.next_id("message"), portal.now()
    message = Message(number, chat.id, author_id, clean_message(text), now, code=code)
    portal.messages[number] = message
    portal.chat_messages[chat.id].append(message)
    task = portal.task_of_chat(chat)
    if task is not None:
        task.activity = now
        if author_id or portal.quirks.system_messages_fire:
            after = {"ID": 0, "TASK_ID": task.id, "MESSAGE_ID": number}
            data = changed_ids(before=UNDEFINED, after=after)
            portal.emit("ONTASKCOMMENTADD", data, author_id or None)
    return message


def add_comment(portal: Portal, task: Task, author_id: int, text: str) -> Comment:
    """A comment of the old card."""
    comment = Comment(portal.next_id("comment"), task.id, author_id, text.strip(), portal.now())
    portal.comments[comment.id] = comment
    task.activity = portal.now()
    remember(portal, task, "COMMENT", None, comment.id, author_id)
    after = {"ID": comment.id, "TASK_ID": task.id}
    portal.emit("ONTASKCOMMENTADD", changed_ids(before=UNDEFINED, after=after), author_id)
    return comment


def notify(
    portal: Portal,
    user_id: int,
    text: str,
    *,
    from_user: int = 0,
    tag: str = "",
    sub_tag: str = "",
) -> Notification:
    """A notification; one that has the same tag and the same reader is replaced."""
    rows = portal.notifications
    if tag:
        for old in [n.id for n in rows.values() if (n.tag, n.user_id) == (tag, user_id)]:
            del rows[old]
    number = portal.next_id("notification")
    made = Notification(number, user_id, from_user, text.strip(), portal.now(), tag, sub_tag)
    rows[number] = made
    return made


def log_time(
    portal: Portal, task: Task, user_id: int, seconds: int, text: str, created: datetime
) -> Elapsed:
    """Writes history, fires nothing: REST has no event for time."""
    before = sum(row.seconds for row in portal.elapsed.values() if row.task_id == task.id)
    number = portal.next_id("elapsed")
    made = Elapsed(number, task.id, user_id, seconds, text, created, portal.now())
    portal.elapsed[number] = made
    remember(portal, task, "TIME_SPENT_IN_LOGS", before, before + seconds, user_id)
    return made


def remember(portal: Portal, task: Task, name: str, before: Any, after: Any, by: int) -> None:
    label = _HISTORY_NAMES.get(name) or name.upper()
    row = HistoryRow(
        portal.next_id("history"), task.id, by, label, _said(before), _said(after), portal.now()
    )
    portal.history.append(row)


def changed_ids(
    *, before: Any, after: Any, seen: str = UNDEFINED, seen_after: str = UNDEFINED
) -> dict[str, Any]:
    """The `data` of a task event: ids only, and the word 'undefined'."""
    return {
        "FIELDS_BEFORE": before,
        "FIELDS_AFTER": after,
        "IS_ACCESSIBLE_BEFORE": seen,
        "IS_ACCESSIBLE_AFTER": seen_after,
    }


def clean_title(text: str) -> str:
    """What the portal stores of a title."""
    return text.strip()[:TITLE_LIMIT]


def clean_message(text: str) -> str:
    """What the portal stores of a chat message."""
    text = text.strip()
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + " (...)"


def may_edit_message(portal: Portal, message: Message, user_id: int) -> bool:
    """Author only, three days."""
    young = portal.now() - message.date <= timedelta(days=3)
    return message.author_id == user_id and young and not message.deleted


def _said(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return ("Y" if value else "N") if isinstance(value, bool) else str(value)
