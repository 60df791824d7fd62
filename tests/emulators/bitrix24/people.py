"""What people do in the portal's own pages, not through REST. Each fires its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.emulators.bitrix24.records import Comment, Elapsed, Message, Task

if TYPE_CHECKING:
    from tests.emulators.bitrix24.state import Portal


def user_moves_task(portal: Portal, user_id: int, task_id: int, status: int) -> Task:
    """A person presses a status button: 2 waiting, 3 in progress, 4, 5 completed, 6 deferred."""
    with portal.lock:
        return portal.set_status(portal.tasks[task_id], user_id, status)


def user_places_task(portal: Portal, user_id: int, task_id: int, stage_id: int) -> Task:
    """A person drags the card to another column."""
    with portal.lock:
        return portal.change_task(portal.tasks[task_id], user_id, stage_id=stage_id)


def user_edits_task(portal: Portal, user_id: int, task_id: int, **changes: Any) -> Task:
    """Changes by the row's own names: title, description, responsible_id, task_control, uf."""
    with portal.lock:
        return portal.change_task(portal.tasks[task_id], user_id, **changes)


def user_deletes_task(portal: Portal, user_id: int, task_id: int) -> None:
    with portal.lock:
        portal.delete_task(portal.tasks[task_id], user_id)


def user_comments(
    portal: Portal, user_id: int, task_id: int, text: str, files: Mapping[str, bytes] | None = None
) -> Message | Comment:
    """A message in the task's chat, with files; or a comment where the card is the old one."""
    with portal.lock:
        task = portal.tasks[task_id]
        if portal.card == "old":
            return portal.add_comment(task, user_id, text)
        message = portal.post(portal.chats[task.chat_id], user_id, text)
        message.files = [
            portal.parts.store(name, 0, user_id, portal.now(), content).id
            for name, content in (files or {}).items()
        ]
        return message


def user_attaches(portal: Portal, user_id: int, task_id: int, name: str, content: bytes) -> int:
    """A person adds a file to the task; the attachment's number is returned."""
    with portal.lock:
        made = portal.parts.store(name, 0, user_id, portal.now(), content)
        row = portal.parts.attach(made.id, task_id, user_id, portal.now())
        portal.change_task(portal.tasks[task_id], user_id)
        return row.id


def user_edits_message(portal: Portal, user_id: int, message_id: int, text: str) -> Message:
    """No event: https://apidocs.bitrix24.com/api-reference/tasks/tasks-new.html"""
    with portal.lock:
        message = portal.messages[message_id]
        message.text, message.edited = text.strip(), True
        return message


def user_deletes_message(portal: Portal, user_id: int, message_id: int) -> Message:
    with portal.lock:
        message = portal.messages[message_id]
        message.deleted = True
        return message


def user_logs_time(
    portal: Portal, user_id: int, task_id: int, seconds: int, text: str = ""
) -> Elapsed:
    with portal.lock:
        return portal.log_time(portal.tasks[task_id], user_id, seconds, text, portal.now())


def dismiss_user(portal: Portal, user_id: int) -> None:
    """The tokens of somebody who left stop working."""
    with portal.lock:
        portal.users[user_id].active = False


def discussion(portal: Portal, task_id: int) -> list[Message | Comment]:
    """What a person reads under the task, oldest first; without the portal's own notes."""
    with portal.lock:
        task = portal.tasks[task_id]
        if portal.card == "old":
            return [c for c in portal.comments.values() if c.task_id == task_id]
        return [m for m in portal.dialog_messages(task.chat_id) if m.author_id]
