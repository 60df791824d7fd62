"""task.elapseditem.*, positional: https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.emulators.bitrix24 import rights
from tests.emulators.bitrix24.calls import Call, Page, intval, method, positional
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.records import Elapsed, Task

PAGE = 50
NO_TASK = RestError(400, "ERROR_CORE", "Task not found")
NOT_ALLOWED = RestError(400, "ERROR_CORE", "ACTION_NOT_ALLOWED")
SORTABLE = {"ID", "USER_ID", "MINUTES", "SECONDS", "CREATED_DATE", "DATE_START", "DATE_STOP"}
FIELDS = {"SECONDS", "COMMENT_TEXT", "USER_ID", "CREATED_DATE"}


@method("task.elapseditem.add", "task", accepts=None, writes=True)
def add(call: Call) -> int:
    task_id, fields = positional(call, "ctaskelapseditem::add", "IA")
    task = _task(call, task_id)
    _check(fields)
    if "elapsedtime.add" not in rights.allowed(call.portal, call.user.id, task):
        raise RestError(400, "ERROR_CODE", "ACTION_NOT_ALLOWED")
    user_id = intval(fields.get("USER_ID")) or call.user.id
    others = call.user.admin and not call.portal.quirks.only_own_time
    if user_id not in call.portal.users or (user_id != call.user.id and not others):
        raise RestError(400, "ERROR_CODE", "ACTION_NOT_ALLOWED")
    keeps = call.portal.quirks.time_keeps_date
    created = _moment(call, fields.get("CREATED_DATE") if keeps else None)
    seconds, text = intval(fields["SECONDS"]), str(fields["COMMENT_TEXT"])
    return call.portal.log_time(task, user_id, seconds, text, created).id


@method("task.elapseditem.update", "task", accepts=None, writes=True)
def update(call: Call) -> None:
    task_id, item_id, fields = positional(call, "ctaskelapseditem::update", "IIA")
    item = _own(call, task_id, item_id)
    _check(fields)
    item.seconds, item.text = intval(fields["SECONDS"]), str(fields["COMMENT_TEXT"])
    if fields.get("CREATED_DATE") and call.portal.quirks.time_keeps_date:
        item.created = _moment(call, fields["CREATED_DATE"])


@method("task.elapseditem.delete", "task", accepts=None, writes=True)
def delete(call: Call) -> None:
    task_id, item_id = positional(call, "ctaskelapseditem::delete", "II")
    del call.portal.elapsed[_own(call, task_id, item_id).id]


@method("task.elapseditem.get", "task", accepts=None)
def get(call: Call) -> list[dict[str, Any]]:
    task_id, item_id = positional(call, "ctaskelapseditem::get", "II")
    return [_shown(call, _item(call, task_id, item_id))]


@method("task.elapseditem.getlist", "task", accepts=None)
def getlist(call: Call) -> Page:
    """Of one task; or, without the first value, of every task the caller may read."""
    first = next(iter(call.params.values()), None)
    if isinstance(first, dict | list):
        task_id, rest = 0, list(call.params.values())
    else:
        (task_id,), rest = positional(call, "ctaskelapseditem::getlist", "I"), []
        rest = list(call.params.values())[1:]
    order, wanted, _, params = [*rest, *[{}] * 4][:4]
    for key in order if isinstance(order, dict) else ():
        if key not in SORTABLE:
            raise NOT_ALLOWED
    rows = [row for row in call.portal.elapsed.values() if _visible(call, row, task_id)]
    rows = [row for row in rows if _wanted(call, row, wanted or {})]
    if isinstance(order, dict) and "desc" in [str(way).lower() for way in order.values()]:
        rows.reverse()
    size, page = _page(params)
    shown = [_shown(call, row) for row in rows[(page - 1) * size : page * size]]
    return Page(shown, len(rows))


def _page(params: Any) -> tuple[int, int]:
    nav = params.get("NAV_PARAMS", {}) if isinstance(params, dict) else {}
    size = min(intval(nav.get("nPageSize")) or PAGE, PAGE)
    return size, intval(nav.get("iNumPage")) or 1


def _visible(call: Call, row: Elapsed, task_id: int) -> bool:
    task = call.portal.tasks.get(row.task_id)
    if task is None or (task_id and row.task_id != task_id):
        return False
    return call.portal.can_read(call.user.id, task)


def _wanted(call: Call, row: Elapsed, wanted: dict[str, Any]) -> bool:
    for key, value in wanted.items():
        name = key.lstrip("!<>=")
        sign = key[: len(key) - len(name)]
        have: Any = {"ID": row.id, "USER_ID": row.user_id, "CREATED_DATE": row.created}.get(name)
        if have is None:
            raise NOT_ALLOWED
        limit = _moment(call, value) if name == "CREATED_DATE" else intval(value)
        signs = {"": have == limit, "!": have != limit, ">": have > limit, "<": have < limit}
        signs |= {">=": have >= limit, "<=": have <= limit}
        if not signs[sign]:
            return False
    return True


def _task(call: Call, task_id: int) -> Task:
    task = call.portal.tasks.get(task_id)
    if task is None or not call.portal.can_read(call.user.id, task):
        raise NO_TASK
    return task


def _item(call: Call, task_id: int, item_id: int) -> Elapsed:
    item = call.portal.elapsed.get(item_id)
    if item is None or item.task_id != _task(call, task_id).id:
        raise NO_TASK
    return item


def _own(call: Call, task_id: int, item_id: int) -> Elapsed:
    item = _item(call, task_id, item_id)
    if item.user_id != call.user.id and not call.user.admin:
        raise NOT_ALLOWED
    return item


def _check(fields: dict[str, Any]) -> None:
    if intval(fields.get("SECONDS")) <= 0 or "COMMENT_TEXT" not in fields or set(fields) - FIELDS:
        raise RestError(400, "ERROR_CODE", "ACTION_NOT_ALLOWED")


def _moment(call: Call, value: Any) -> datetime:
    if not value:
        return call.portal.now()
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise NOT_ALLOWED from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=call.portal.tz)).astimezone(UTC)


def _shown(call: Call, row: Elapsed) -> dict[str, str | None]:
    """CREATED_DATE is the day of the work, DATE_START that of the entry."""
    moment = call.portal.iso(row.written)
    return {
        "ID": str(row.id),
        "TASK_ID": str(row.task_id),
        "USER_ID": str(row.user_id),
        "COMMENT_TEXT": row.text,
        "SECONDS": str(row.seconds),
        "MINUTES": str(row.seconds // 60),
        "SOURCE": str(row.source),
        "CREATED_DATE": call.portal.iso(row.created),
        "DATE_START": moment,
        "DATE_STOP": moment,
    }
