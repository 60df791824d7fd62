"""task.checklistitem.*, positional.

https://apidocs.bitrix24.com/api-reference/tasks/checklist-item/
"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24 import rights
from tests.emulators.bitrix24.calls import Call, intval, method, positional
from tests.emulators.bitrix24.errors import core, tasks_exception
from tests.emulators.bitrix24.parts import ChecklistItem
from tests.emulators.bitrix24.records import Task

FAILED = "ACTION_FAILED_TO_BE_PROCESSED"
SORTABLE = "ID PARENT_ID CREATED_BY TITLE SORT_INDEX IS_COMPLETE IS_IMPORTANT TOGGLED_BY"
FIRST_LIST = "BX_CHECKLIST_1"  # the portal shows it as "Checklist 1"
DEEPEST = 3


@method("task.checklistitem.add", "task", accepts=None, writes=True)
def add(call: Call) -> int:
    task_id, fields = positional(call, "ctaskchecklistitem::add", "IA")
    task = _workable(call, task_id, "Adding item: action not allowed")
    title = str(fields.get("TITLE") or "")
    if not title.strip():
        raise tasks_exception(8, "Item name not specified", FAILED)
    parent_id = _parent(call, task, fields)
    sort = intval(fields["SORT_INDEX"]) if "SORT_INDEX" in fields else None
    item = call.portal.parts.add_item(task.id, title, call.user.id, parent_id=parent_id, sort=sort)
    item.important = fields.get("IS_IMPORTANT") == "Y"
    call.portal.parts.toggle(
        item, fields.get("IS_COMPLETE") == "Y", call.user.id, call.portal.now()
    )
    return item.id


def _parent(call: Call, task: Task, fields: dict[str, Any]) -> int:
    """0 or an unknown one begins a checklist; without one the first checklist takes it."""
    parts = call.portal.parts
    if "PARENT_ID" in fields:
        parent = parts.items.get(intval(fields["PARENT_ID"]))
        if parent is None or parent.task_id != task.id:
            return 0
        if _depth(call, parent) >= DEEPEST:
            raise tasks_exception(8, "Adding item: action not allowed", FAILED)
        return parent.id
    lists = [item for item in parts.checklist(task.id) if item.parent_id == 0]
    lists = lists or [parts.add_item(task.id, FIRST_LIST, call.user.id, parent_id=0)]
    return lists[0].id


def _depth(call: Call, item: ChecklistItem) -> int:
    depth, parents = 0, call.portal.parts.items
    while item.parent_id:
        item, depth = parents[item.parent_id], depth + 1
    return depth


@method("task.checklistitem.update", "task", accepts=None, writes=True)
def update(call: Call) -> None:
    task_id, item_id, fields = positional(call, "ctaskchecklistitem::update", "IIA")
    task = _task(call, task_id)
    if not _works(call, task):
        raise tasks_exception(4, "No access to edit the task", "ACTION_NOT_ALLOWED")
    item = call.portal.parts.items.get(item_id)
    if item is None or item.task_id != task.id:
        text = f"Incorrect value [] specified for field [ENTITY_ID] in item [, {fields}]"
        raise tasks_exception(8, text, FAILED)
    if str(fields.get("TITLE") or "").strip():
        item.title = str(fields["TITLE"]).strip()
    if "SORT_INDEX" in fields:
        item.sort = intval(fields["SORT_INDEX"])
    if "IS_COMPLETE" in fields:
        now = call.portal.now()
        call.portal.parts.toggle(item, fields["IS_COMPLETE"] == "Y", call.user.id, now)


@method("task.checklistitem.delete", "task", accepts=None, writes=True)
def delete(call: Call) -> bool:
    task_id, item_id = positional(call, "ctaskchecklistitem::delete", "II")
    task = _workable(call, task_id, "Deleting item: action not allowed")
    item = call.portal.parts.items.get(item_id)
    if item is None or item.task_id != task.id:
        raise tasks_exception(8, "Deleting item: action not allowed", FAILED)
    call.portal.parts.drop_item(item_id)
    return True


def _toggle(name: str, complete: bool) -> None:
    @method(f"task.checklistitem.{name}", "task", accepts=None, writes=True)
    def change(call: Call) -> bool:
        """The item is looked up by its number alone: whose task it is of is not checked."""
        values = list(call.params.values())[:2]
        for place, label in enumerate(("taskId", "itemId")):
            if place >= len(values):
                text = f"Param #{place} ({label}) expected by method ctaskchecklistitem::{name}()"
                raise tasks_exception(256, f"{text}, but not given.", "WRONG_ARGUMENTS")
        if min(map(intval, values)) <= 0:
            raise core("TASKS_ERROR_ASSERT_EXCEPTION")
        item = call.portal.parts.items.get(intval(values[1]))
        if item is None:
            return False
        call.portal.parts.toggle(item, complete, call.user.id, call.portal.now())
        return True


_toggle("complete", True)
_toggle("renew", False)


@method("task.checklistitem.getlist", "task", accepts=None)
def getlist(call: Call) -> list[dict[str, Any]]:
    """By ID downwards where no order is given."""
    task_id, order = positional(call, "ctaskchecklistitem::getlist", "Ia")
    rows = [_shown(call, item) for item in call.portal.parts.checklist(_task(call, task_id).id)]
    for name, way in reversed(list(order.items()) or [("ID", "desc")]):
        if str(name).upper() not in SORTABLE.split():
            raise tasks_exception(8, "Action failed", FAILED)
        key, down = str(name).upper(), str(way).lower() == "desc"
        rows.sort(key=lambda row: _comparable(row[key]), reverse=down)
    return rows


def _comparable(value: Any) -> tuple[int, str]:
    return (int(value), "") if str(value or "").isdigit() else (0, str(value or ""))


def _task(call: Call, task_id: int) -> Task:
    task = call.portal.tasks.get(task_id)
    if task is None or not call.portal.can_read(call.user.id, task):
        raise tasks_exception(8, "Action failed", FAILED)
    return task


def _works(call: Call, task: Task) -> bool:
    return "checklist.add" in rights.allowed(call.portal, call.user.id, task)


def _workable(call: Call, task_id: int, refusal: str) -> Task:
    task = call.portal.tasks.get(task_id)
    if task is None or not _works(call, task):
        raise tasks_exception(8, refusal, FAILED)
    return task


def _shown(call: Call, item: ChecklistItem) -> dict[str, Any]:
    """The parent of a whole checklist is a number, every other id a text."""
    return {
        "ID": str(item.id),
        "TASK_ID": str(item.task_id),
        "PARENT_ID": str(item.parent_id) if item.parent_id else 0,
        "CREATED_BY": str(item.created_by),
        "TITLE": item.title,
        "SORT_INDEX": str(item.sort),
        "IS_COMPLETE": "Y" if item.complete else "N",
        "IS_IMPORTANT": "Y" if item.important else "N",
        "TOGGLED_BY": str(item.toggled_by) if item.toggled_by else None,
        "TOGGLED_DATE": call.portal.iso(item.toggled) or "",
        "MEMBERS": [],
        "ATTACHMENTS": [],
    }
