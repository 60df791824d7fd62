"""A portal's task, stage and user as the core's values, from every shape they come in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sync.bitrix24.rest.batch import mapping, whole
from sync.core.model.common import PortalUser, Stage, Task, TaskStatus

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
CODES: dict[TaskStatus, int] = {
    TaskStatus.WAITING: 2,
    TaskStatus.IN_PROGRESS: 3,
    TaskStatus.AWAITING_CONTROL: 4,
    TaskStatus.COMPLETED: 5,
    TaskStatus.DEFERRED: 6,
}

SELECT = (
    "ID", "TITLE", "STATUS", "GROUP_ID", "STAGE_ID", "RESPONSIBLE_ID", "CREATED_BY",
    "ACCOMPLICES", "AUDITORS", "TASK_CONTROL", "CHAT_ID",
)  # fmt: skip
SELECT_V3 = (
    "id", "title", "status", "groupId", "stageId", "responsibleId", "creatorId",
    "accomplices.id", "auditors.id", "needsControl", "chatId", "rights",
)  # fmt: skip

# What a task's action map (v2) or rights (v3) may hold that a move asks about.
ACTIONS = frozenset(
    {"start", "pause", "complete", "renew", "defer", "approve", "disapprove", "edit"}
)


def task(row: Mapping[str, Any]) -> Task | None:
    """A task of `tasks.task.get` (2.0, string ids) or `tasks.task.list` (3.0); None where the row
    is not one: a missing task is answered as an empty list."""
    if not whole(row.get("id")):
        return None
    return Task(
        id=whole(row["id"]),
        title=str(row.get("title") or ""),
        status=status(row) or TaskStatus.WAITING,
        group_id=_linked(row, "groupId", "group"),
        stage_id=_linked(row, "stageId", "stage"),
        responsible_id=_linked(row, "responsibleId", "responsible"),
        creator_id=_linked(row, "createdBy", "creator") or whole(row.get("creatorId")),
        accomplices=_ids(row.get("accomplices")),
        auditors=_ids(row.get("auditors")),
        needs_control=(row.get("taskControl") or row.get("needsControl")) in ("Y", True),
        chat_id=_linked(row, "chatId", "chat") or None,
        actions=_actions(row),
    )


def merged(known: Task, row: Mapping[str, Any]) -> Task:
    """`known` with what a write's answer says of it; such answers lack fields of a reading."""
    told: dict[str, Any] = {}
    if (now := status(row)) is not None:
        told["status"] = now
    if "stageId" in row:
        told["stage_id"] = whole(row["stageId"])
    if "auditors" in row:
        told["auditors"] = _ids(row["auditors"])
    if (actions := _actions(row)) is not None:
        told["actions"] = actions
    return replace(known, **told)


def answered(result: Any) -> Mapping[str, Any]:
    """The task in an answer of 2.0 ({task: …}) or 3.0 ({item: …}); empty where there is none."""
    outer = mapping(result)
    return mapping(outer.get("task")) or mapping(outer.get("item"))


def status(row: Mapping[str, Any]) -> TaskStatus | None:
    """The stored status; negative ones are views of older portals that keep it in realStatus."""
    told = str(row.get("status", ""))
    return _STATUSES.get(told) or _STATUSES.get(str(row.get("realStatus", "")))


def stages(result: Any) -> tuple[Stage, ...]:
    """`task.stages.get`: rows by id (or a list of them), in the board's order."""
    rows = result.values() if isinstance(result, dict) else result or ()
    found = [
        Stage(
            id=whole(row.get("ID")),
            title=str(row.get("TITLE") or ""),
            system_type=str(row.get("SYSTEM_TYPE") or ""),
            sort=whole(row.get("SORT")),
        )
        for row in rows
        if isinstance(row, dict)
    ]
    return tuple(sorted(found, key=lambda stage: (stage.sort, stage.id)))


def users(rows: Any) -> tuple[PortalUser, ...]:
    """`user.get`. Without the right `user_basic` there is no EMAIL."""
    return tuple(
        PortalUser(
            id=whole(row.get("ID")),
            name=" ".join(str(row.get(key) or "") for key in ("NAME", "LAST_NAME")).strip(),
            email=str(row.get("EMAIL") or "").strip() or None,
            active=row.get("ACTIVE", True) in (True, "Y", "true", 1, "1"),
        )
        for row in rows or ()
        if isinstance(row, dict) and whole(row.get("ID"))
    )


def _linked(row: Mapping[str, Any], key: str, related: str) -> int:
    """An id that stands by itself, or inside the related object."""
    return whole(row.get(key)) or whole(mapping(row.get(related)).get("id"))


def _ids(value: Any) -> tuple[int, ...]:
    items: Iterable[Any] = value.values() if isinstance(value, dict) else value or ()
    found = (whole(item.get("id") if isinstance(item, dict) else item) for item in items)
    return tuple(sorted(set(found) - {0}))


def _actions(row: Mapping[str, Any]) -> frozenset[str] | None:
    told = row.get("action", row.get("rights"))
    if isinstance(told, dict):
        return frozenset(name for name in ACTIONS if told.get(name) in (True, "Y", 1))
    if isinstance(told, list) and told:
        return frozenset(name for name in ACTIONS if name in told)
    return None
