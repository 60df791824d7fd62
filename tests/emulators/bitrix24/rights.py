"""What a person may do with a task now: the portal's own access rules. Pure.

https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-get-access.html
"""

from __future__ import annotations

from tests.emulators.bitrix24.records import (
    AWAITING_CONTROL,
    COMPLETED,
    DEFERRED,
    IN_PROGRESS,
    WAITING,
    Task,
)
from tests.emulators.bitrix24.state import Portal

_NAMES = (
    "accept decline complete approve disapprove start pause delegate remove edit defer renew "
    "create changeDeadline checklistAddItems addFavorite deleteFavorite rate take "
    "edit.originator checklist.reorder elapsedtime.add dayplan.timer.toggle edit.plan "
    "checklist.add favorite.add favorite.delete"
)
NAMES = tuple(_NAMES.split())
ALWAYS = {"create", "addFavorite", "favorite.add"}
WITH_READING = {"checklist.add", "checklistAddItems", "elapsedtime.add", "checklist.reorder"}
WITH_EDITING = {"edit", "remove", "changeDeadline", "edit.plan", "edit.originator", "rate"}


def allowed(portal: Portal, user_id: int, task: Task) -> set[str]:
    """The action names the user may take in the task's present status."""
    if not portal.can_read(user_id, task):
        return set()
    edits = may_edit(portal, user_id, task)
    works = edits or user_id in (task.responsible_id, *task.accomplices)
    names = ALWAYS | (WITH_READING if works else set()) | (WITH_EDITING if edits else set())
    if works:
        names |= _by_worker(task, director=_directs(portal, user_id, task))
    if edits and task.status == AWAITING_CONTROL:
        names |= {"approve", "disapprove"}
    responsible = user_id == task.responsible_id or portal.users[user_id].admin
    return names | ({"delegate"} if responsible and task.status != COMPLETED else set())


def may_edit(portal: Portal, user_id: int, task: Task) -> bool:
    """The creator, an administrator, or who leads the task's group."""
    group = portal.groups.get(task.group_id)
    leads = group is not None and group.members.get(user_id) in ("A", "E")
    return _directs(portal, user_id, task) or leads


def action_map(portal: Portal, user_id: int, task: Task) -> dict[str, bool]:
    """`action` of tasks.task.get: every name, true or false."""
    names = allowed(portal, user_id, task)
    return {name: name in names for name in NAMES}


def _directs(portal: Portal, user_id: int, task: Task) -> bool:
    return user_id == task.created_by or portal.users[user_id].admin


def _by_worker(task: Task, *, director: bool) -> set[str]:
    match task.status:
        case 1 | 2:
            return {"start", "defer", "complete"}
        case 3:
            return {"pause", "complete"}
        case 4:
            return {"complete"} if director else {"renew"}
        case 5:
            return {"renew"}
        case 6:
            return {"renew", "complete"}
    return set()


STATUS_AFTER = {
    "start": IN_PROGRESS,
    "pause": WAITING,
    "defer": DEFERRED,
    "complete": COMPLETED,
    "renew": WAITING,
    "disapprove": WAITING,
}
