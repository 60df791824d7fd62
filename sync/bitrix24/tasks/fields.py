"""Tasks, stages and users of a portal mapped to the core's values, from all their shapes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sync.bitrix24.rest.batch import as_int, as_mapping
from sync.core.model.common import PortalUser
from sync.core.model.tasks import KanbanStage, Task, TaskStatus

# https://apidocs.bitrix24.com/api-reference/tasks/fields.html; 1 (new) and 7 (declined) are of
# older portals, the words of https://apidocs.bitrix24.com/api-reference/tasks/fields-rest-v3.html.
_STATUSES: dict[str, TaskStatus] = {
    "1": TaskStatus.WAITING,
    "2": TaskStatus.WAITING,
    "3": TaskStatus.IN_PROGRESS,
    "4": TaskStatus.AWAITING_CONTROL,
    "5": TaskStatus.COMPLETED,
    "6": TaskStatus.DEFERRED,
    "7": TaskStatus.WAITING,
    "pending": TaskStatus.WAITING,
    "in_progress": TaskStatus.IN_PROGRESS,
    "supposedly_completed": TaskStatus.AWAITING_CONTROL,
    "completed": TaskStatus.COMPLETED,
    "deferred": TaskStatus.DEFERRED,
    "declined": TaskStatus.WAITING,
}
STATUS_CODES: dict[TaskStatus, int] = {
    TaskStatus.WAITING: 2,
    TaskStatus.IN_PROGRESS: 3,
    TaskStatus.AWAITING_CONTROL: 4,
    TaskStatus.COMPLETED: 5,
    TaskStatus.DEFERRED: 6,
}

TASK_FIELDS = (
    "ID", "TITLE", "STATUS", "GROUP_ID", "STAGE_ID", "RESPONSIBLE_ID", "CREATED_BY",
    "ACCOMPLICES", "AUDITORS", "TASK_CONTROL", "CHAT_ID",
)  # fmt: skip
TASK_FIELDS_V3 = (
    "id", "title", "status", "groupId", "stageId", "responsibleId", "creatorId",
    "accomplices.id", "auditors.id", "needsControl", "chatId", "rights",
)  # fmt: skip

# Actions of a task's `action` map (2.0) or `rights` (3.0) that transitions depend on.
ACTIONS = frozenset(
    {"start", "pause", "complete", "renew", "defer", "approve", "disapprove", "edit"}
)


def parse_task(row: Mapping[str, Any]) -> Task | None:
    """Build a task from a row of 2.0 (ids as text) or 3.0; None where the row is not a task.

    A missing task is answered as an empty list.
    """
    if not as_int(row.get("id")):
        return None
    return Task(
        id=as_int(row["id"]),
        title=str(row.get("title") or ""),
        status=parse_status(row) or TaskStatus.WAITING,
        group_id=_related_id(row, "groupId", "group"),
        stage_id=_related_id(row, "stageId", "stage"),
        responsible_id=_related_id(row, "responsibleId", "responsible"),
        creator_id=_related_id(row, "createdBy", "creator") or as_int(row.get("creatorId")),
        accomplices=_parse_ids(row.get("accomplices")),
        auditors=_parse_ids(row.get("auditors")),
        needs_control=(row.get("taskControl") or row.get("needsControl")) in ("Y", True),
        chat_id=_related_id(row, "chatId", "chat") or None,
        actions=_allowed_actions(row),
    )


def merge_answer(task: Task, row: Mapping[str, Any]) -> Task:
    """Return `task` with what a write's answer says; such answers lack fields that a read has."""
    changes: dict[str, Any] = {}
    if (now := parse_status(row)) is not None:
        changes["status"] = now
    if "stageId" in row:
        changes["stage_id"] = as_int(row["stageId"])
    if "auditors" in row:
        changes["auditors"] = _parse_ids(row["auditors"])
    if (actions := _allowed_actions(row)) is not None:
        changes["actions"] = actions
    return replace(task, **changes)


def task_object(result: Any) -> Mapping[str, Any]:
    """Return the task in an answer of 2.0 ({task: …}) or 3.0 ({item: …}); empty if none."""
    outer = as_mapping(result)
    return as_mapping(outer.get("task")) or as_mapping(outer.get("item"))


def parse_status(row: Mapping[str, Any]) -> TaskStatus | None:
    """Return the stored status; older portals keep it in realStatus beside a negative status."""
    value = str(row.get("status", ""))
    return _STATUSES.get(value) or _STATUSES.get(str(row.get("realStatus", "")))


def parse_stages(result: Any) -> tuple[KanbanStage, ...]:
    """Build the columns of `task.stages.get` (rows by id, or a list), in the board's order."""
    rows = result.values() if isinstance(result, dict) else result or ()
    kanban_stages = [
        KanbanStage(
            id=as_int(row.get("ID")),
            title=str(row.get("TITLE") or ""),
            system_type=str(row.get("SYSTEM_TYPE") or ""),
            sort=as_int(row.get("SORT")),
        )
        for row in rows
        if isinstance(row, dict)
    ]
    return tuple(sorted(kanban_stages, key=lambda stage: (stage.sort, stage.id)))


def parse_users(rows: Any) -> tuple[PortalUser, ...]:
    """Build the users of `user.get`; without the right `user_basic` they have no EMAIL."""
    return tuple(
        PortalUser(
            id=as_int(row.get("ID")),
            name=" ".join(str(row.get(key) or "") for key in ("NAME", "LAST_NAME")).strip(),
            email=str(row.get("EMAIL") or "").strip() or None,
            active=row.get("ACTIVE", True) in (True, "Y", "true", 1, "1"),
        )
        for row in rows or ()
        if isinstance(row, dict) and as_int(row.get("ID"))
    )


def _related_id(row: Mapping[str, Any], key: str, related: str) -> int:
    """Return an id that stands by itself or inside the related object; 0 if neither."""
    return as_int(row.get(key)) or as_int(as_mapping(row.get(related)).get("id"))


def _parse_ids(value: Any) -> tuple[int, ...]:
    items: Iterable[Any] = value.values() if isinstance(value, dict) else value or ()
    ids = (as_int(item.get("id") if isinstance(item, dict) else item) for item in items)
    return tuple(sorted(set(ids) - {0}))


def _allowed_actions(row: Mapping[str, Any]) -> frozenset[str] | None:
    rights = row.get("action", row.get("rights"))
    if isinstance(rights, dict):
        return frozenset(name for name in ACTIONS if rights.get(name) in (True, "Y", 1))
    if isinstance(rights, list) and rights:
        return frozenset(name for name in ACTIONS if name in rights)
    return None
