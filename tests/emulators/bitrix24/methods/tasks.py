"""tasks.task.*: https://apidocs.bitrix24.com/api-reference/tasks/"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, ids, method
from tests.emulators.bitrix24.errors import RestError, core, not_allowed
from tests.emulators.bitrix24.records import Task
from tests.emulators.bitrix24.rights import NAMES, STATUS_AFTER, action_map, allowed, may_edit
from tests.emulators.bitrix24.taskfields import read_fields
from tests.emulators.bitrix24.taskview import show_task
from tests.emulators.bitrix24.work import force_approval

ZERO = ("start", "complete", "delegate")


@method("tasks.task.add", "task", accepts="fields", writes=True)
def add(call: Call) -> dict[str, Any]:
    fields = call.need("fields", "array")
    if not str(fields.get("TITLE") or "").strip():
        raise core("Task title is not specified")
    if not fields.get("RESPONSIBLE_ID"):
        raise core("The responsible person is not specified")
    _check_mandatory(call, fields)
    values = read_fields(call.portal, fields)
    title, files = values.pop("title"), values.pop("files", [])
    values.setdefault("created_by", call.user.id)
    task = call.portal.create_task(title, by=call.user.id, **values)
    call.portal.parts.attach_only(task.id, files, call.user.id, call.portal.now())
    return {"task": whole(call, task)}


@method("tasks.task.get", "task", accepts="taskId select params")
def get(call: Call) -> Any:
    """A task that is missing or hidden is an empty list, with status 200."""
    task = find(call)
    select = call.maybe("select", "array", [])
    if task is None:
        return []
    shown = show_task(call.portal, task, call.user.id, _names(select))
    if not call.portal.quirks.get_has_tags:
        shown.pop("tags", None)
    return {"task": shown}


@method("tasks.task.update", "task", accepts="taskId fields params", writes=True)
def update(call: Call) -> dict[str, Any]:
    task = existing(call)
    fields = call.need("fields", "array")
    if int(fields.get("PARENT_ID") or 0) == task.id:
        raise core("Cannot bind the node to itself")
    _check_mandatory(call, fields)
    values = read_fields(call.portal, fields)
    _check_update(call, task, values)
    stage = call.portal.stages.get(values.get("stage_id") or 0)
    if stage and stage.group_id != values.get("group_id", task.group_id):
        raise core("The stage was not found")
    if "uf" in values:
        values["uf"] = task.uf | values["uf"]
    status, files = values.pop("status", None), values.pop("files", None)
    if files is not None:
        call.portal.parts.attach_only(task.id, files, call.user.id, call.portal.now())
    if status is not None:
        call.portal.set_status(task, call.user.id, status)
    if values or status is None:
        call.portal.change_task(task, call.user.id, **values)
    return {"task": whole(call, task)}


@method("tasks.task.delete", "task", accepts="taskId", writes=True)
def delete(call: Call) -> dict[str, Any]:
    task = find(call)
    if task is None or "remove" not in allowed(call.portal, call.user.id, task):
        raise not_allowed(text="No access to delete the task")
    call.portal.delete_task(task, call.user.id)
    return {"task": True}


@method("tasks.task.delegate", "task", accepts="taskId userId", writes=True)
def delegate(call: Call) -> dict[str, Any]:
    task = permitted(call, "delegate")
    user_id = call.need("userId", "int")
    if user_id not in call.portal.users:
        raise core("The user specified as the responsible person was not found")
    call.portal.change_task(task, call.user.id, responsible_id=user_id)
    return {"task": whole(call, task)}


@method("tasks.task.approve", "task", accepts="taskId", writes=True)
def approve(call: Call) -> dict[str, Any]:
    task = permitted(call, "approve")
    return {"task": whole(call, force_approval(call.portal, task, call.user.id))}


@method("tasks.task.startwatch", "task", accepts="taskId", writes=True)
def startwatch(call: Call) -> dict[str, Any]:
    """The caller becomes an observer, and so a member of the task's chat."""
    task = existing(call)
    if call.user.id not in task.auditors:
        call.portal.change_task(task, call.user.id, auditors=[*task.auditors, call.user.id])
    return {"task": whole(call, task)}


def _status_method(action: str) -> None:
    @method(f"tasks.task.{action}", "task", accepts="taskId params", writes=True)
    def change(call: Call) -> dict[str, Any]:
        task = permitted(call, action)
        call.portal.set_status(task, call.user.id, STATUS_AFTER[action])
        return {"task": whole(call, task)}


for _action in STATUS_AFTER:
    _status_method(_action)


@method("tasks.task.getaccess", "task", accepts="taskId users")
def getaccess(call: Call) -> dict[str, Any]:
    task = existing(call)
    users = ids(call.maybe("users", "array", [call.user.id]))
    known = [user for user in users if user in call.portal.users]
    maps = {str(user): action_map(call.portal, user, task) for user in known}
    return {"allowedActions": {u: {_upper(n): m[n] for n in NAMES} for u, m in maps.items()}}


@method("tasks.task.history.list", "task", accepts="taskId filter order")
def history(call: Call) -> Any:
    task = find(call)
    if task is None:
        raise RestError(400, "0", "Access denied. (internal error)")
    wanted = call.maybe("filter", "array", {})
    rows = [row for row in call.portal.history if row.task_id == task.id]
    if isinstance(wanted, dict) and wanted.get("FIELD"):
        rows = [row for row in rows if row.field == wanted["FIELD"]]
    order = call.maybe("order", "array", {"createdDate": "ASC"})
    if isinstance(order, dict) and str(order.get("createdDate", "")).upper() == "DESC":
        rows.reverse()
    shown = [_history_row(call, row) for row in rows]
    return {"list": shown}


def _history_row(call: Call, row: Any) -> dict[str, Any]:
    user = call.portal.users[row.user_id]
    person = {"id": user.id, "name": user.name, "lastName": user.last_name}
    return {
        "id": row.id,
        "createdDate": call.portal.iso(row.date),
        "field": row.field,
        "value": {"from": row.before, "to": row.after},
        "user": person | {"secondName": "", "login": user.email},
    }


def find(call: Call) -> Task | None:
    """The task of `taskId` if the caller may read it."""
    task = call.portal.tasks.get(call.need("taskId", "int"))
    return task if task and call.portal.can_read(call.user.id, task) else None


def existing(call: Call) -> Task:
    task = find(call)
    if task is None:
        raise not_allowed()
    return task


def permitted(call: Call, action: str) -> Task:
    """The task, if the action may be taken in its present status by the caller."""
    task = find(call)
    if task is None or action not in allowed(call.portal, call.user.id, task):
        raise not_allowed("0" if action in ZERO else "1048582")
    return task


def whole(call: Call, task: Task) -> dict[str, Any]:
    """The answer of a write: every plain field, no UF, the checklist's frame."""
    shown = show_task(call.portal, task, call.user.id)
    shown.pop("chatId", None)
    shown["newCommentsCount"] = 0
    tree = {"nodeId": 0, "fields": {}, "action": [], "descendants": []}
    return shown | {"checkListTree": tree, "checkListCanAdd": True}


def _check_mandatory(call: Call, fields: dict[str, Any]) -> None:
    name = call.portal.quirks.mandatory
    if name and not fields.get(name):
        raise core(f"The field {name} is required")


def _check_update(call: Call, task: Task, values: dict[str, Any]) -> None:
    """Editors change anything; a worker only the status and his own fields."""
    if may_edit(call.portal, call.user.id, task):
        return
    works = call.user.id in (task.responsible_id, *task.accomplices)
    if not works or set(values) - {"status", "stage_id", "uf"}:
        raise not_allowed()


def _names(select: Any) -> list[str]:
    return [str(name) for name in (select.values() if isinstance(select, dict) else select)]


def _upper(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() else c.upper() for c in name)
