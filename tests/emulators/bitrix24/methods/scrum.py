"""tasks.api.scrum.*: backlogs, sprints and the place of a task among them.

https://apidocs.bitrix24.com/api-reference/sonet-group/scrum/
"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, intval, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Group, Task
from tests.emulators.bitrix24.scrum import Backlog, Sprint

PAGE = 50
DENIED = RestError(400, "0", "Access denied")
FIELDS = ("id", "groupId", "entityType", "name", "goal", "sort", "createdBy", "modifiedBy",
          "dateStart", "dateEnd", "status")  # fmt: skip
FILTERS = {"ID": "id", "GROUP_ID": "group_id", "NAME": "name", "STATUS": "status"}


def _team(call: Call, group_id: int) -> Group | None:
    group = call.portal.groups.get(group_id)
    if group is not None and not (call.user.admin or call.user.id in group.members):
        raise DENIED
    return group if group is not None and group.kind == "scrum" else None


@method("tasks.api.scrum.backlog.get", "task", accepts="id")
def backlog_get(call: Call) -> dict[str, int]:
    """The backlog by the number of its workgroup."""
    team = _team(call, call.need("id", "int"))
    if team is None:
        raise RestError(400, "0", "Backlog not found")
    backlog = call.portal.scrum.backlog(team.id)
    return {"id": backlog.id, "groupId": team.id, "createdBy": team.owner_id, "modifiedBy": 0}


@method("tasks.api.scrum.sprint.list", "task", accepts="order filter select start")
def sprint_list(call: Call) -> list[dict[str, Any]]:
    """Sprints of the caller's own teams, without a total; an unknown field filters all away."""
    sprints = [s for s in call.portal.scrum.sprints.values() if _is_member(call, s)]
    for name, value in dict(call.maybe("filter", "array", {}) or {}).items():
        read = FILTERS.get(name)
        sprints = [s for s in sprints if read and str(getattr(s, read)) == str(value)]
    order = dict(call.maybe("order", "array", {}) or {})
    sprints.sort(key=lambda s: s.id, reverse=str(order.get("ID", "")).lower() == "desc")
    start = max(intval(call.params.get("start")), 0)
    return [_shown(call, sprint) for sprint in sprints[start : start + PAGE]]


def _is_member(call: Call, sprint: Sprint) -> bool:
    group = call.portal.groups.get(sprint.group_id)
    return group is not None and call.user.id in group.members


def _shown(call: Call, sprint: Sprint) -> dict[str, Any]:
    dates = call.portal.iso(sprint.starts), call.portal.iso(sprint.ends)
    values = (sprint.id, sprint.group_id, "sprint", sprint.name, "", sprint.id, 1, 1)
    return dict(zip(FIELDS, (*values, *dates, sprint.status), strict=True))


@method("tasks.api.scrum.task.get", "task", accepts="id")
def task_get(call: Call) -> dict[str, Any]:
    task = _task(call)
    return {
        "entityId": call.portal.scrum.entity_of(task.id, task.group_id),
        "storyPoints": "",
        "epicId": 0,
        "sort": 1,
        "createdBy": task.created_by,
        "modifiedBy": task.changed_by,
    }


@method("tasks.api.scrum.task.update", "task", accepts="id fields", writes=True)
def task_update(call: Call) -> bool:
    """A task of a scrum team goes to its backlog, or to one of its sprints."""
    task, fields = _task(call), call.need("fields", "array")
    unknown = set(fields) - {"entityId", "storyPoints", "epicId", "sort"}
    if unknown:
        raise RestError(400, "0", f"Unknown field {sorted(unknown)[0]}")
    if "entityId" in fields:
        entity = call.portal.scrum.find(intval(fields["entityId"]))
        if entity is None or entity.group_id != task.group_id or _is_over(entity):
            raise RestError(400, "0", "Item not created")
        call.portal.scrum.places[task.id] = entity.id
    return True


def _is_over(entity: Sprint | Backlog) -> bool:
    return isinstance(entity, Sprint) and entity.status == "completed"


def _task(call: Call) -> Task:
    task = call.portal.tasks.get(call.need("id", "int"))
    if task is None or not call.portal.can_read(call.user.id, task):
        raise RestError(400, "0", "Task not found")
    if _team(call, task.group_id) is None:
        raise RestError(400, "0", "Task not found")
    return task
