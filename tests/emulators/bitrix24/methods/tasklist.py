"""tasks.task.list: https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.emulators.bitrix24.calls import Call, Page, intval, method
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Task
from tests.emulators.bitrix24.taskview import show_task

PAGE = 50
KEY = re.compile(r"^(!|<=|>=|<|>|%|=|)([A-Z_]+)$")
EARLY = datetime(1970, 1, 1, tzinfo=UTC)

VALUES: dict[str, Callable[[Task], Any]] = {
    "ID": lambda t: t.id,
    "PARENT_ID": lambda t: t.parent_id,
    "GROUP_ID": lambda t: t.group_id,
    "CREATED_BY": lambda t: t.created_by,
    "RESPONSIBLE_ID": lambda t: t.responsible_id,
    "STATUS_CHANGED_BY": lambda t: t.status_changed_by,
    "PRIORITY": lambda t: t.priority,
    "STAGE_ID": lambda t: t.stage_id,
    "STATUS": lambda t: t.status,
    "REAL_STATUS": lambda t: t.status,
    "MARK": lambda t: t.mark or "",
    "TITLE": lambda t: t.title,
    "TAG": lambda t: t.tags,
    "ACCOMPLICE": lambda t: t.accomplices,
    "AUDITOR": lambda t: t.auditors,
    "DEADLINE": lambda t: t.deadline,
    "CREATED_DATE": lambda t: t.created,
    "CHANGED_DATE": lambda t: t.changed,
    "CLOSED_DATE": lambda t: t.closed,
    "DATE_START": lambda t: t.started,
    "ACTIVITY_DATE": lambda t: t.activity,
}
EXTRAS: dict[str, dict[str, Any]] = {
    "WITH_TIMER_INFO": {"timeElapsed": None, "timerIsRunningForCurrentUser": "N"},
    "WITH_RESULT_INFO": dict.fromkeys(
        ("taskRequireResult", "taskHasOpenResult", "taskHasResult"), "N"
    ),
}
UNFILTERED = {"ONLY_ROOT_TASKS", "SPRINT_ID", "BACKLOG_ID", "::SUBFILTER-PARAMS"}
FILTERABLE = set(VALUES) - {"ACTIVITY_DATE"}  # which no page names
SORTABLE = set(VALUES) - {"TAG", "ACCOMPLICE", "AUDITOR"} | {"SORTING", "TIME_SPENT_IN_LOGS"}


@method("tasks.task.list", "task", accepts="order filter select params")
def task_list(call: Call) -> Page:
    rows = [t for t in call.portal.tasks.values() if call.portal.can_read(call.user.id, t)]
    for key, value in dict(call.maybe("filter", "array", {}) or {}).items():
        rows = _filtered(call, rows, key, value)
    rows = _sorted(rows, call.maybe("order", "array", {}) or {"ID": "desc"})
    start = intval(call.params.get("start"))
    page = rows[max(start, 0) : max(start, 0) + PAGE]
    select = call.maybe("select", "array", [])
    names = [str(n) for n in (select.values() if isinstance(select, dict) else select)]
    shown = [_shown(call, task, names) for task in page]
    more = start >= 0 and start + PAGE < len(rows)
    return Page({"tasks": shown}, len(rows) if start >= 0 else 0, start + PAGE if more else None)


def _shown(call: Call, task: Task, names: list[str]) -> dict[str, Any]:
    """As in get, but without `action`, and with what `params` ask for."""
    shown = show_task(call.portal, task, call.user.id, names)
    for name in ("action", "favorite"):
        shown.pop(name)
    if not call.portal.quirks.list_has_chat:
        shown.pop("chatId", None)
    params = call.maybe("params", "array", {})
    for name, extra in EXTRAS.items():
        if isinstance(params, dict) and params.get(name):
            shown |= extra
    if isinstance(params, dict) and params.get("WITH_PARSED_DESCRIPTION"):
        shown["parsedDescription"] = task.description
    return shown | {"subStatus": str(task.status)}


def _sorted(rows: list[Task], order: Any) -> list[Task]:
    pairs = list(order.items()) if isinstance(order, dict) else []
    for name, way in reversed(pairs):
        if str(name).upper() not in SORTABLE:
            raise RestError(400, "0", "Invalid sorting key (internal error)")
        read = VALUES.get(str(name).upper(), lambda t: t.id)
        down = str(way).lower().startswith("desc")
        rows = sorted(rows, key=lambda t: _comparable(read(t)), reverse=down)
    return rows


def _comparable(value: Any) -> Any:
    return EARLY if value is None else value


def _filtered(call: Call, rows: list[Task], key: str, value: Any) -> list[Task]:
    if key in UNFILTERED:
        return rows
    if key == "DEPENDS_ON":
        links = call.portal.parts.links
        return [task for task in rows if (intval(value), task.id) in links]
    match = KEY.match(key)
    if match is None or match[2] not in FILTERABLE:
        raise RestError(400, "ERROR_CORE", f"Unknown filter key {key}<br>")
    sign, read = match[1], VALUES[match[2]]
    wanted = value if isinstance(value, list) else [value]
    return [task for task in rows if _fits(call, sign, read(task), wanted)]


def _fits(call: Call, sign: str, have: Any, wanted: list[Any]) -> bool:
    if isinstance(have, list):
        found = any(str(item) in map(str, have) for item in wanted)
        return found != (sign == "!")
    given = [_like(call, have, item) for item in wanted]
    match sign:
        case "%":
            return any(str(item).lower() in str(have).lower() for item in wanted)
        case "!":
            return have not in given
        case "<" | "<=" | ">" | ">=":
            return have is not None and _compared(sign, have, given[0])
    return have in given


def _compared(sign: str, have: Any, limit: Any) -> bool:
    signs = {"<": have < limit, "<=": have <= limit, ">": have > limit, ">=": have >= limit}
    return signs[sign]


def _like(call: Call, have: Any, value: Any) -> Any:
    """The filter's value in the type of the row's."""
    if isinstance(have, int):
        return intval(value)
    if not isinstance(have, datetime):
        return value
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise RestError(400, "ERROR_CORE", "Incorrect date format<br>") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=call.portal.tz)
