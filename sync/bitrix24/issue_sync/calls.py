"""The calls that read tasks and what belongs to them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.sharing import LISTED, NEWEST
from sync.bitrix24.issue_sync.values import select_fields
from sync.bitrix24.rest.batch import Call, Reference

PAGE = 50  # rows that the portal gives at once
FILES_AT_ONCE = 16  # attachments asked for in a batch, three calls each


def list_call(ids: Sequence[int] | int | Reference, side: ReadingSide) -> Call:
    """Build the call that lists up to fifty tasks, or one, with their fields.

    `tasks.task.get` does not show tags. https://github.com/bitrix24/b24restdocs/issues/189
    """
    params = {
        "order": {"ID": "asc"},
        "filter": {"ID": ids},
        "select": select_fields(side.options),
        "start": -1,
    }
    name = "" if isinstance(ids, list) else LISTED
    return Call("tasks.task.list", params, write=False, name=name)


def chat_call(task_id: int) -> Call:
    """Ask for a task's chat: the documentation promises it to this method alone."""
    params = {"taskId": task_id, "select": ["ID", "CHAT_ID"]}
    return Call("tasks.task.get", params, write=False, name="chat")


def messages_call(dialog: str | Reference, *, before: int = 0, limit: int = PAGE) -> Call:
    """Read a page of a chat, newest first; some portals include LAST_ID.

    https://apidocs.bitrix24.com/api-reference/chats/messages/im-dialog-messages-get.html
    """
    params: dict[str, Any] = {"DIALOG_ID": dialog, "LIMIT": limit}
    if before:
        params["LAST_ID"] = before
    return Call("im.dialog.messages.get", params, write=False, name="messages")


def newest_call(dialog: str | Reference) -> Call:
    """Read the newest messages of a chat, among them those that the batch writes."""
    params = {"DIALOG_ID": dialog, "LIMIT": 5}
    return Call("im.dialog.messages.get", params, write=False, name=NEWEST)


def old_comments_call(task_id: int) -> Call:
    """Read all comments of the old card; parameters go by position."""
    params = {"TASKID": task_id, "ORDER": {"ID": "asc"}}
    return Call("task.commentitem.getlist", params, write=False, name="comments")


def columns_call(group_id: int) -> Call:
    """Ask for the columns of a workgroup, also of one that we are not a member of.

    https://apidocs.bitrix24.com/api-reference/tasks/stages/task-stages-get.html
    """
    params = {"entityId": group_id, "isAdmin": 1}  # true, as PHP writes it in a query
    return Call("task.stages.get", params, write=False, name="columns")


def history_call(task_id: int) -> Call:
    """Ask who changed which field, the newest first.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-history-list.html
    """
    params = {"taskId": task_id, "order": {"createdDate": "desc"}}
    return Call("tasks.task.history.list", params, write=False, name="history")


def watch_call(task_id: int) -> Call:
    """Become an observer of a task, and so a member of its chat."""
    return Call("tasks.task.startwatch", {"taskId": task_id})


def time_call(task_id: int, page: int, *, name: str = "") -> Call:
    """Read a page of a task's logged work; parameters go by position.

    https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/task-elapsed-item-get-list.html
    """
    params = {
        "TASKID": task_id,
        "ORDER": {"ID": "asc"},
        "FILTER": {">ID": 0},
        "SELECT": ["*"],
        "PARAMS": {"NAV_PARAMS": {"nPageSize": PAGE, "iNumPage": page}},
    }
    return Call("task.elapseditem.getlist", params, write=False, name=name)


def newest_time_call(task_id: int, since: date) -> Call:
    """Read the newest page of the work that was logged for a task since a day of the portal.

    https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/task-elapsed-item-get-list.html
    """
    params = {
        "TASKID": task_id,
        "ORDER": {"ID": "desc"},
        "FILTER": {">=CREATED_DATE": f"{since.isoformat()}T00:00:00"},
        "SELECT": ["*"],
        "PARAMS": {"NAV_PARAMS": {"nPageSize": PAGE, "iNumPage": 1}},
    }
    return Call("task.elapseditem.getlist", params, write=False)


def attachment_calls(number: int | Reference, *, place: str = "") -> list[Call]:
    """Ask for the file behind an attachment, and for its folder, whose name may hold our key."""
    name = place or str(number)
    attachment, file = f"a{name}", f"f{name}"
    parent = Reference(file, ("PARENT_ID",))
    return [
        Call("disk.attachedObject.get", {"id": number}, write=False, name=attachment),
        Call("disk.file.get", {"id": Reference(attachment, ("OBJECT_ID",))}, False, file),
        Call("disk.folder.get", {"id": parent}, write=False),
    ]


def checklist_call(task: int | Reference) -> Call:
    """Read a task's checklist; parameters go by position."""
    params = {"TASKID": task, "ORDER": {"ID": "asc"}}
    return Call("task.checklistitem.getlist", params, write=False, name="checklist")
