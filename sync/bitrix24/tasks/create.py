"""A new task: how it is asked for, by 2.0 and 3.0, and how it is found again.

Creation is the one write that must not be repeated blindly. REST 3.0 knows an answer again by its
key; for 2.0, and where that key is forgotten, the task carries a mark of ours in XML_ID.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.bitrix24.rest.batch import Answer, Call, mapping, whole
from sync.bitrix24.tasks import fields as tasks_fields
from sync.core.model.commands import OpenTask
from sync.core.model.common import Task
from sync.errors import Later

if TYPE_CHECKING:
    from sync.bitrix24.rest.client import Portal

KEY_REUSED = "IDEMPOTENCYKEYREUSED"  # in the code of what refuses other words under a key
KEPT = timedelta(days=1)  # as long a key is known
_PAGE = 50
_PAGES = 10
_SELECT = ("ID", "TITLE", "XML_ID", "STATUS", "GROUP_ID", "RESPONSIBLE_ID", "CREATED_BY")


def call(effect: OpenTask) -> Call:
    """https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add.html"""
    fields: dict[str, Any] = {
        "TITLE": effect.title,
        "DESCRIPTION": effect.text,
        "RESPONSIBLE_ID": effect.responsible_id,
        "XML_ID": effect.marker,
    }
    if effect.group_id:
        fields["GROUP_ID"] = effect.group_id
    return Call("tasks.task.add", {"fields": fields})


def add_v3(portal: Portal, effect: OpenTask) -> Answer:
    """Made once, however often it is asked for within a day. Raises SyncError.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add-rest-v3.html
    """
    fields: dict[str, Any] = {
        "title": effect.title,
        "description": effect.text,
        "creatorId": portal.user_id,
        "responsibleId": effect.responsible_id,
        "xmlId": effect.marker,
    }
    if effect.group_id:
        fields["groupId"] = effect.group_id
    body = portal.call_v3("tasks.task.add", {"fields": fields}, write=True, key=effect.marker)
    return Answer(body["result"])


def made(result: Any) -> Task | None:
    return tasks_fields.task(tasks_fields.answered(result))


def unclear(effect: OpenTask) -> Later:
    return Later(
        f"The portal does not say which task it made for “{effect.title}”",
        why="Its answer is not one of those that are known",
        sent=True,
        code="no_task",
    )


def find(portal: Portal, effect: OpenTask, since: datetime) -> dict[str, Any] | None:
    """The task of ours that carries the mark, or where no mark is shown the very title.

    As an answer to its making would tell it.

    XML_ID can be read but not filtered by. Raises Refused, Later and Denied.
    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
    """
    asked = {
        "order": {"ID": "desc"},
        "filter": {"CREATED_BY": portal.user_id, ">=CREATED_DATE": since.isoformat()},
        "select": list(_SELECT),
    }
    for page in range(_PAGES):
        body = portal.call("tasks.task.list", {**asked, "start": page * _PAGE}, write=False)
        listed = mapping(body["result"]).get("tasks") or ()
        rows = [row for row in listed if isinstance(row, dict) and whole(row.get("id"))]
        if found := [row for row in rows if _is(row, effect)]:
            return {"task": min(found, key=lambda row: whole(row["id"]))}
        if "next" not in body:
            return None
    return None


def _is(row: dict[str, Any], effect: OpenTask) -> bool:
    mark = str(row.get("xmlId") or "")
    return mark == effect.marker or (not mark and str(row.get("title") or "") == effect.title)
