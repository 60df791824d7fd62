"""A task as REST 3.0 shows it, and the filter by id. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.emulators.bitrix24.errors import V3Error
from tests.emulators.bitrix24.records import Task
from tests.emulators.bitrix24.rights import allowed, may_edit
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.taskview import time_spent

MOST = 1000
STATUS = {
    1: "pending",
    2: "pending",
    3: "in_progress",
    4: "supposedly_completed",
    5: "completed",
    6: "deferred",
}
PRIORITY = {0: "low", 1: "average", 2: "high"}
ACTIONS = "edit remove complete approve disapprove start delegate defer renew pause"
READING = "read watch mute createResult favorite copy reminder createSubtask"
EDITING = (
    "deadline datePlan changeDirector changeResponsible changeAccomplices mark addAuditors admin "
    "attachFile detachFile detachParent saveAsTemplate createGanttDependence automate "
    "completeResult"
)
WORKING = "changeStatus elapsedTime checklistAdd checklistEdit checklistSave checklistToggle"
NEVER = "take timeTracking resultEdit removeResult resultRead sort"
EMPTY: dict[str, Any] = {
    "startPlan": None,
    "endPlan": None,
    "epicId": None,
    "storyPoints": None,
    "exchangeId": None,
    "exchangeModified": None,
    "addInReport": None,
    "deadlineCount": None,
    "declineReason": None,
    "forumTopicId": None,
    "maxDeadlineChangeDate": None,
    "maxDeadlineChanges": None,
    "containsChecklist": False,
    "containsSubTasks": False,
    "containsRelatedTasks": False,
    "containsGanttLinks": False,
    "containsPlacements": True,
    "containsResults": False,
    "replicate": False,
    "allowsChangeDeadline": False,
    "matchesWorkTime": False,
    "isMultitask": False,
    "requireResult": False,
    "matchesSubTasksTime": False,
    "autocompleteSubTasks": False,
    "allowsChangeDatePlan": False,
    "requireDeadlineChangeReason": False,
    "numberOfReminders": 0,
    "plannedDuration": 0,
    "outlookVersion": 1,
    "durationType": "days",
    "mark": "none",
    "siteId": "s1",
    "archiveLink": "",
    "checklist": [],
    "crmItemIds": [],
    "inFavorite": [],
    "inPin": [],
    "inGroupPin": [],
    "inMute": [],
    "scenarios": ["default"],
}
FIELDS: dict[str, Callable[[Portal, Task], Any]] = {
    "id": lambda p, t: t.id,
    "title": lambda p, t: t.title,
    "description": lambda p, t: t.description,
    "creatorId": lambda p, t: t.created_by,
    "responsibleId": lambda p, t: t.responsible_id,
    "groupId": lambda p, t: t.group_id or None,
    "stageId": lambda p, t: t.stage_id or None,
    "changedById": lambda p, t: t.changed_by,
    "statusChangedById": lambda p, t: t.status_changed_by or None,
    "created": lambda p, t: p.iso(t.created),
    "deadline": lambda p, t: p.iso(t.deadline),
    "needsControl": lambda p, t: t.task_control,
    "priority": lambda p, t: PRIORITY[t.priority],
    "status": lambda p, t: STATUS[t.status],
    "statusChanged": lambda p, t: p.iso(t.status_changed or t.created),
    "parentId": lambda p, t: t.parent_id or None,
    "actualDuration": lambda p, t: time_spent(p, t),
    "started": lambda p, t: p.iso(t.started),
    "estimatedTime": lambda p, t: t.time_estimate,
    "changed": lambda p, t: p.iso(t.changed),
    "closed": lambda p, t: p.iso(t.closed),
    "activity": lambda p, t: p.iso(t.activity),
    "guid": lambda p, t: f"{{{t.id:08x}-0000-4000-8000-000000000000}}",
    "xmlId": lambda p, t: t.xml_id,
    "dependsOn": lambda p, t: [at for at, to in p.parts.links if to == t.id],
    "fileIds": lambda p, t: [row.id for row in p.parts.attached(t.id)] or None,
    "allowsTimeTracking": lambda p, t: t.allow_time_tracking,
    "link": lambda p, t: f"/company/personal/user/{t.responsible_id}/tasks/task/view/{t.id}/",
}
_ON_DEMAND = "creatorId responsibleId groupId stageId created changedById statusChangedById"
_PLAIN = (name for name in FIELDS if name not in _ON_DEMAND.split())
DEFAULT = (*_PLAIN, *EMPTY, "chatId", "rights")
_SORTABLE = (
    "id title creatorId created responsibleId deadline groupId priority status started "
    "estimatedTime changed closed activity allowsTimeTracking"
)
SORTABLE = frozenset(_SORTABLE.split())
MEMBERS: dict[str, Callable[[Task], list[int]]] = {
    "accomplices": lambda t: t.accomplices,
    "auditors": lambda t: t.auditors,
}
RELATIONS: dict[str, Callable[[Task], int]] = {
    "responsible": lambda t: t.responsible_id,
    "creator": lambda t: t.created_by,
}


def show(portal: Portal, task: Task, user_id: int, select: Iterable[str]) -> dict[str, Any]:
    """The selected fields and the id; what is not known is dropped in silence."""
    wanted = set(select) | {"id"}
    shown = {name: read(portal, task) for name, read in FIELDS.items() if name in wanted}
    shown |= {name: value for name, value in EMPTY.items() if name in wanted}
    if "chatId" in wanted and task.chat_id:
        shown["chatId"] = task.chat_id
    if "rights" in wanted:
        shown["rights"] = rights(portal, task, user_id)
    return shown | _related(portal, task, wanted)


def rights(portal: Portal, task: Task, user_id: int) -> dict[str, bool]:
    names, edits = allowed(portal, user_id, task), may_edit(portal, user_id, task)
    works = edits or user_id in (task.responsible_id, *task.accomplices)
    shown = {name: name in names for name in ACTIONS.split()} | dict.fromkeys(READING.split(), True)
    shown |= dict.fromkeys(EDITING.split(), edits) | dict.fromkeys(WORKING.split(), works)
    return shown | dict.fromkeys(NEVER.split(), False)


def _related(portal: Portal, task: Task, wanted: set[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, read in RELATIONS.items():
        row = _user(portal, read(task), name, wanted)
        shown |= {name: row} if row else {}
    for name, members in MEMBERS.items():
        if any(key.startswith(f"{name}.") for key in wanted):
            shown[name] = [_user(portal, user_id, name, wanted) for user_id in members(task)]
    chat = portal.chats.get(task.chat_id)
    if chat is not None and any(name.startswith("chat.") for name in wanted):
        row = {"id": chat.id, "entityId": chat.entity_id, "entityType": chat.entity_type}
        shown["chat"] = {key: row[key] for key in row if f"chat.{key}" in wanted}
    return shown


def _user(portal: Portal, user_id: int, name: str, wanted: set[str]) -> dict[str, Any]:
    user = portal.users[user_id]
    row = {"id": user.id, "name": user.shown, "email": user.email}
    return {key: value for key, value in row.items() if f"{name}.{key}" in wanted}


def matches(number: int, condition: Any) -> bool:
    """One condition of a v3 filter; only `id` may be asked for."""
    if isinstance(condition, dict):
        inner = condition.get("conditions") or []
        found = [matches(number, one) for one in inner]
        return any(found) if condition.get("logic") == "or" else all(found)
    if not isinstance(condition, list) or len(condition) not in (2, 3):
        raise V3Error(400, "INVALIDFILTEREXCEPTION", "Unable to recognize the filter")
    name, value = condition[0], condition[-1]
    sign = condition[1] if len(condition) == 3 else ("in" if isinstance(value, list) else "=")
    if name != "id":
        text = f"In DTO `TaskDto`, the `{name}` field requires the `Filterable` attribute"
        row = {"message": f"{text} for such a request", "field": str(name)}
        name = "VALIDATION_REQUESTVALIDATIONEXCEPTION"
        raise V3Error(400, name, "Error during request object validation", [row])
    return _compared(number, str(sign), value)


def _compared(number: int, sign: str, value: Any) -> bool:
    try:
        match sign:
            case "in":
                return number in [int(item) for item in value]
            case "between":
                return int(value[0]) <= number <= int(value[1])
            case "=" | "!=":
                return (number == int(value)) == (sign == "=")
            case ">" | ">=":
                return number > int(value) or (sign == ">=" and number == int(value))
            case "<" | "<=":
                return number < int(value) or (sign == "<=" and number == int(value))
    except (TypeError, ValueError, IndexError):
        raise V3Error(400, "INVALIDFILTEREXCEPTION", "Unable to recognize the filter") from None
    raise V3Error(400, "UNKNOWNFILTEROPERATOREXCEPTION", f"Unknown filter operator `{sign}`")
