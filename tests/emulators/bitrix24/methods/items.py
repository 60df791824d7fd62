"""task.item.*: the older methods that alone show and set the tasks which a task waits for.

https://apidocs.bitrix24.com/api-reference/tasks/deprecated/task-item/
"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, intval, method, positional
from tests.emulators.bitrix24.errors import core
from tests.emulators.bitrix24.records import Task
from tests.emulators.bitrix24.rights import may_edit


@method("task.item.getdependson", "task", accepts=None)
def getdependson(call: Call) -> list[int]:
    """The previous tasks; links of `task.dependence.add` are other ones and not among them."""
    (task_id,) = positional(call, "ctaskitem::getdependson", "I")
    return list(call.portal.parts.previous.get(_task(call, task_id).id, []))


@method("task.item.update", "task", accepts=None, writes=True)
def update(call: Call) -> list[Any]:
    """DEPENDS_ON replaces the whole list; other fields are not emulated here."""
    task_id, fields = positional(call, "ctaskitem::update", "IA")
    task = _task(call, task_id)
    if not may_edit(call.portal, call.user.id, task):
        raise core("Action on the task is not allowed")
    if set(fields) != {"DEPENDS_ON"}:
        raise core(f"Unknown field {sorted(fields)}")
    given = fields["DEPENDS_ON"]
    rows = given.values() if isinstance(given, dict) else given
    numbers = [intval(number) for number in rows if number != ""]
    for number in numbers:
        if number == task.id or number not in call.portal.tasks:
            raise core("The previous task was not found")
    call.portal.parts.previous[task.id] = list(dict.fromkeys(numbers))
    call.portal.change_task(task, call.user.id)
    return []


def _task(call: Call, task_id: int) -> Task:
    task = call.portal.tasks.get(task_id)
    if task is None or not call.portal.can_read(call.user.id, task):
        raise core("Task not found or not accessible")
    return task
