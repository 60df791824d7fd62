"""Creation of a task by REST 2.0 and 3.0, and the search for one that may exist already.

Creation is the one write that must not be repeated blindly. REST 3.0 remembers a request by its
idempotency key for a day; for 2.0, and after that day, the task carries a marker in XML_ID.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.bitrix24.rest.batch import Answer, Call, as_int, as_mapping
from sync.bitrix24.tasks import fields as tasks_fields
from sync.core.model.commands import CreateTask
from sync.core.model.tasks import Task
from sync.errors import Later
from sync.sentences import sentence

if TYPE_CHECKING:
    from sync.bitrix24.rest.client import Portal

KEY_REUSED = "IDEMPOTENCYKEYREUSED"  # in the code of a refusal of another body under a key
IDEMPOTENCY_WINDOW = timedelta(days=1)  # how long a portal remembers a key
_PAGE = 50
_MAX_PAGES = 10
_SELECT = ("ID", "TITLE", "XML_ID", "STATUS", "GROUP_ID", "RESPONSIBLE_ID", "CREATED_BY")


def create_call(effect: CreateTask) -> Call:
    """Build the call of REST 2.0.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-add.html
    """
    fields: dict[str, Any] = {
        "TITLE": effect.title,
        "DESCRIPTION": effect.text,
        "RESPONSIBLE_ID": effect.responsible_id,
        "XML_ID": effect.marker,
    }
    if effect.group_id:
        fields["GROUP_ID"] = effect.group_id
    return Call("tasks.task.add", {"fields": fields})


def create_task_v3(portal: Portal, effect: CreateTask) -> Answer:
    """Create a task by REST 3.0; a repetition within a day gives the same answer. Raises SyncError.

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


def created_task(result: Any) -> Task | None:
    """Return the task in the answer to a creation; None where it holds none."""
    return tasks_fields.parse_task(tasks_fields.task_object(result))


def unknown_outcome(effect: CreateTask) -> Later:
    """Return the error of an answer that does not name the new task."""
    return Later(
        sentence("The portal does not say which task it made for “{title}”", title=effect.title),
        cause="Its answer is not one of those that are known",
        sent=True,
        code="no_task",
    )


def find_created_task(portal: Portal, effect: CreateTask, since: datetime) -> dict[str, Any] | None:
    """Find our task by its marker, or by its title where no marker is shown; None if missing.

    Searches the newest 500 tasks that we created since `since`, because XML_ID can be read but not
    filtered by. The result has the form of an answer to a creation. Raises SyncError.
    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
    """
    reviewers = {
        "order": {"ID": "desc"},
        "filter": {"CREATED_BY": portal.user_id, ">=CREATED_DATE": since.isoformat()},
        "select": list(_SELECT),
    }
    for page in range(_MAX_PAGES):
        body = portal.call("tasks.task.list", {**reviewers, "start": page * _PAGE}, write=False)
        listed = as_mapping(body["result"]).get("tasks") or ()
        rows = [row for row in listed if isinstance(row, dict) and as_int(row.get("id"))]
        if matching := [row for row in rows if _is_created_task(row, effect)]:
            return {"task": min(matching, key=lambda row: as_int(row["id"]))}
        if "next" not in body:
            return None
    return None


def _is_created_task(row: dict[str, Any], effect: CreateTask) -> bool:
    mark = str(row.get("xmlId") or "")
    return mark == effect.marker or (not mark and str(row.get("title") or "") == effect.title)
