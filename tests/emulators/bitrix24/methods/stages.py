"""task.stages.*: https://apidocs.bitrix24.com/api-reference/tasks/stages/"""

from __future__ import annotations

from typing import Any

from tests.emulators.bitrix24.calls import Call, intval, method
from tests.emulators.bitrix24.errors import RestError, missing
from tests.emulators.bitrix24.records import Stage
from tests.emulators.bitrix24.rights import may_edit

NO_VIEW = RestError(400, "ACCESS_DENIED", "You cannot view stages in this group.")
NO_MOVE = RestError(400, "ACCESS_DENIED_MOVE", "You cannot move this task")


@method("task.stages.get", "task", accepts="entityId isAdmin")
def get(call: Call) -> Any:
    """The columns of a group by id; 0 is the caller's own plan, here always empty."""
    group_id = call.need("entityId", "int")
    if group_id == 0:
        return []
    group = call.portal.groups.get(group_id)
    wide = call.user.admin and str(call.params.get("isAdmin", "")) in ("Y", "True", "true", "1")
    if group is None or not (wide or call.user.id in group.members):
        raise NO_VIEW
    return {str(stage.id): _shown(stage) for stage in call.portal.stages_of(group_id)} or []


@method("task.stages.canmovetask", "task", accepts="entityId entityType")
def canmovetask(call: Call) -> bool:
    entity_id, kind = call.need("entityId", "int"), call.need("entityType", "string")
    if kind == "U":
        return entity_id == call.user.id
    group = call.portal.groups.get(entity_id)
    return group is not None and (call.user.admin or call.user.id in group.members)


@method("task.stages.movetask", "task", accepts="id stageId before after", writes=True)
def movetask(call: Call) -> bool:
    """Only into a column of the task's own group; the status does not follow."""
    task_id, stage_id = call.need("id", "int"), call.need("stageId", "int")
    task, stage = call.portal.tasks.get(task_id), call.portal.stages.get(stage_id)
    if task is None or not call.portal.can_read(call.user.id, task):
        raise RestError(400, "TASK_NOT_FOUND", "Task not found or access to it is denied")
    if stage is None or stage.group_id != task.group_id:
        raise RestError(400, "NOT_FOUND", "Stage not found")
    works = call.user.id in (task.responsible_id, *task.accomplices)
    if not works and not may_edit(call.portal, call.user.id, task):
        raise NO_MOVE
    call.portal.change_task(task, call.user.id, stage_id=stage_id)
    return True


@method("task.stages.add", "task", accepts="fields isAdmin", writes=True)
def add(call: Call) -> int:
    fields = call.need("fields", "array")
    if not fields.get("TITLE"):
        raise RestError(400, "EMPTY_TITLE", "Stage title is not specified")
    if not fields.get("ENTITY_ID"):
        raise missing("ENTITY_ID")
    return call.portal.add_stage(intval(fields["ENTITY_ID"]), str(fields["TITLE"])).id


def _shown(stage: Stage) -> dict[str, Any]:
    return {
        "ID": str(stage.id),
        "TITLE": stage.title,
        "SORT": str(stage.sort),
        "COLOR": stage.color,
        "SYSTEM_TYPE": stage.system_type,
        "ENTITY_ID": str(stage.group_id),
        "ENTITY_TYPE": "G",
        "ADDITIONAL_FILTER": [],
        "TO_UPDATE": [],
        "TO_UPDATE_ACCESS": None,
    }
