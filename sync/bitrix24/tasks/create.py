"""A new task: how it is asked for, by 2.0 and 3.0, and how it is found again.

Creation is the one write that must not be repeated blindly. REST 3.0 knows an answer again by its
key; for 2.0, and where that key is forgotten, the task carries a mark of ours in XML_ID.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.bitrix24.rest.batch import Answer, Call, as_int, as_mapping
from sync.bitrix24.tasks import fields as tasks_fields
from sync.core.model.commands import CreateTask
from sync.core.model.tasks import Task
from sync.errors import Later

if TYPE_CHECKING:
    from sync.bitrix24.rest.client import Portal

KEY_REUSED = "IDEMPOTENCYKEYREUSED"  # in the code of what refuses other words under a key
IDEMPOTENCY_WINDOW = timedelta(days=1)  # as long a key is known
_PAGE = 50
_MAX_PAGES = 10
_SELECT = ("ID", "TITLE", "XML_ID", "STATUS", "GROUP_ID", "RESPONSIBLE_ID", "CREATED_BY")


def create_call(command: CreateTask) -> Call:
    """Call for the new task: https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add.html"""
    fields: dict[str, Any] = {
        "TITLE": command.title,
        "DESCRIPTION": command.text,
        "RESPONSIBLE_ID": command.responsible_id,
        "XML_ID": command.marker,
    }
    if command.group_id:
        fields["GROUP_ID"] = command.group_id
    return Call("tasks.task.add", {"fields": fields})


def create_task_v3(portal: Portal, command: CreateTask) -> Answer:
    """Create the task once, however often it is asked for within a day. Raises SyncError.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add-rest-v3.html
    """
    fields: dict[str, Any] = {
        "title": command.title,
        "description": command.text,
        "creatorId": portal.user_id,
        "responsibleId": command.responsible_id,
        "xmlId": command.marker,
    }
    if command.group_id:
        fields["groupId"] = command.group_id
    body = portal.call_v3("tasks.task.add", {"fields": fields}, write=True, key=command.marker)
    return Answer(body["result"])


def created_task(result: Any) -> Task | None:
    return tasks_fields.parse_task(tasks_fields.task_object(result))


def unknown_outcome(command: CreateTask) -> Later:
    return Later(
        f"The portal does not say which task it made for “{command.title}”",
        cause="Its answer is not one of those that are known",
        sent=True,
        code="no_task",
    )


def find_created_task(
    portal: Portal, command: CreateTask, since: datetime
) -> dict[str, Any] | None:
    """Find our task with the marker, or where no marker is shown the very title.

    Returned as the answer to its creation would have it.

    XML_ID can be read but not filtered by. Raises Refused, Later and Denied.
    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
    """
    query = {
        "order": {"ID": "desc"},
        "filter": {"CREATED_BY": portal.user_id, ">=CREATED_DATE": since.isoformat()},
        "select": list(_SELECT),
    }
    for page in range(_MAX_PAGES):
        body = portal.call("tasks.task.list", {**query, "start": page * _PAGE}, write=False)
        listed = as_mapping(body["result"]).get("tasks") or ()
        rows = [row for row in listed if isinstance(row, dict) and as_int(row.get("id"))]
        if created := [row for row in rows if _is_created_task(row, command)]:
            return {"task": min(created, key=lambda row: as_int(row["id"]))}
        if "next" not in body:
            return None
    return None


def _is_created_task(row: dict[str, Any], command: CreateTask) -> bool:
    marker = str(row.get("xmlId") or "")
    return marker == command.marker or (not marker and str(row.get("title") or "") == command.title)
