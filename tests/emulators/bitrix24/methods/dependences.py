"""task.dependence.*: https://apidocs.bitrix24.com/api-reference/tasks/task-dependence-add.html"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.rights import may_edit

EXISTS = RestError(400, "ILLEGAL_NEW_LINK", "A link between tasks already exists")
NO_LINK = RestError(400, "ACTION_NOT_ALLOWED", "Unable to add a link between tasks")
NO_REMOVAL = RestError(400, "ACTION_NOT_ALLOWED", "Unable to delete a link between tasks")
KINDS = (0, 1, 2, 3)


@method("task.dependence.add", "task", accepts="taskIdFrom taskIdTo linkType", writes=True)
def add(call: Call) -> list[Any]:
    """A link needs two tasks, of which the caller may edit the second, and no way back."""
    pair = _pair(call, NO_LINK)
    kind = call.need("linkType", "int")
    if kind not in KINDS or _leads_to(call, pair[1], pair[0]):
        raise NO_LINK
    if pair in call.portal.parts.links:
        raise EXISTS
    call.portal.parts.links[pair] = kind
    call.portal.change_task(call.portal.tasks[pair[1]], call.user.id)
    return []


@method("task.dependence.delete", "task", accepts="taskIdFrom taskIdTo", writes=True)
def delete(call: Call) -> list[Any]:
    pair = _pair(call, NO_REMOVAL)
    if call.portal.parts.links.pop(pair, None) is None:
        raise NO_REMOVAL
    call.portal.change_task(call.portal.tasks[pair[1]], call.user.id)
    return []


def _pair(call: Call, refusal: RestError) -> tuple[int, int]:
    source, target = call.need("taskIdFrom", "int"), call.need("taskIdTo", "int")
    tasks = [call.portal.tasks.get(number) for number in (source, target)]
    if source == target or tasks[0] is None or tasks[1] is None:
        raise refusal
    if not call.portal.can_read(call.user.id, tasks[0]):
        raise refusal
    if not may_edit(call.portal, call.user.id, tasks[1]):
        raise refusal
    return source, target


def _leads_to(call: Call, source: int, target: int) -> bool:
    """Whether links lead from one task to another: then one more would close a ring."""
    pending, visited = [source], set()
    while pending:
        number = pending.pop()
        if number == target:
            return True
        if number not in visited:
            visited.add(number)
            pending += [to for at, to in call.portal.parts.links if at == number]
    return False
