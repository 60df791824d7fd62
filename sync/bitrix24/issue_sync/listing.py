"""Lists of a workgroup's tasks: what changed since a moment, and all that there are.

Pages of fifty are put together in batches. Both go on by the values of the last row, not by an
offset: tasks that change or vanish between two requests shift no other out of sight.
https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sync.bitrix24.issue_sync import rows
from sync.bitrix24.issue_sync.calls import PAGE, columns_call
from sync.bitrix24.issue_sync.memory import Memory
from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.values import select_fields
from sync.bitrix24.rest.batch import Answer, Call, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.core.issue_sync.model import Item
from sync.core.issue_sync.side import Census, Page
from sync.errors import SyncError

PAGES_OF_TASKS = 10  # in one request: with their descriptions, five hundred tasks
PAGES_OF_IDS = 49
_CHANGED = "changedDate"


def changed(
    portal: Portal,
    side: ReadingSide,
    memory: Memory,
    group_id: str,
    since: datetime,
    cursor: str | None,
) -> Page:
    """List tasks of a workgroup ("" for those in none) changed at `since` or later.

    The columns that come with each answer are remembered, for tasks that nobody moved yet.

    A comment is no change there, but it is an activity: tasks that had one alone come last. One
    request of three calls says whether there is anything; five hundred tasks a request follow.
    """
    state: dict[str, Any] = _decode(cursor) if cursor else {"moment": since.isoformat(), "done": []}
    if "active" in state:
        return _active(portal, side, memory, group_id, since, as_int(state["active"]))
    calls = [_changed_call(side, group_id, state, page * PAGE) for page in range(_pages(cursor))]
    if cursor is None:
        calls.append(_active_call(side, group_id, 0))
    answers = _asked(portal, group_id, calls, memory)
    active = answers.pop() if cursor is None else None
    if active is not None:  # whether the changed ones are all that there are
        state["whole"] = active.total == answers[0].total
    listed, more = _united(answers)
    items = tuple(rows.parse_item(row, side) for row in listed)
    if more:
        return Page(items, _encode(_following(state, listed)))
    if active is not None and (active.next is None or _reaches_back(active, since)):
        return Page((*items, *_only_active(active, side, since)))
    return Page(items, None if state["whole"] else _encode({"active": 0}))


def _pages(cursor: str | None) -> int:
    return PAGES_OF_TASKS if cursor else 1


def _changed_call(side: ReadingSide, group_id: str, state: Mapping[str, Any], start: int) -> Call:
    wanted: dict[str, Any] = {"GROUP_ID": as_int(group_id), ">=CHANGED_DATE": state["moment"]}
    if state["done"]:
        wanted["!ID"] = state["done"]
    order = {"CHANGED_DATE": "asc", "ID": "asc"}
    return _list_call(order, wanted, select_fields(side.options), start)


def _active_call(side: ReadingSide, group_id: str, start: int) -> Call:
    order = {"ACTIVITY_DATE": "desc", "ID": "desc"}
    return _list_call(order, {"GROUP_ID": as_int(group_id)}, select_fields(side.options), start)


def _list_call(
    order: Mapping[str, str], wanted: Mapping[str, Any], select: list[str], start: int
) -> Call:
    params = {"order": dict(order), "filter": dict(wanted), "select": select, "start": start}
    return Call("tasks.task.list", params, write=False)


def _following(state: Mapping[str, Any], listed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Go on from the last date; tasks of that very second are left out by their numbers."""
    last = str(listed[-1].get("changedDate"))
    same = [as_int(row["id"]) for row in listed if str(row.get("changedDate")) == last]
    earlier = state["done"] if last == state["moment"] else []
    return {"moment": last, "done": [*earlier, *same], "whole": state["whole"]}


def _active(
    portal: Portal,
    side: ReadingSide,
    memory: Memory,
    group_id: str,
    since: datetime,
    start: int,
) -> Page:
    """Go on with tasks that were active and not changed, the latest first."""
    places = [start + page * PAGE for page in range(PAGES_OF_TASKS)]
    calls = [_active_call(side, group_id, place) for place in places]
    answers = _asked(portal, group_id, calls, memory)
    items: list[Item] = []
    for answer in answers:
        items += _only_active(answer, side, since)
        if answer.next is None or _reaches_back(answer, since):
            return Page(tuple(items))
    return Page(tuple(items), _encode({"active": start + PAGES_OF_TASKS * PAGE}))


def _reaches_back(answer: Answer, since: datetime) -> bool:
    """Whether a page, the latest activity first, ends before that moment."""
    moments = [rows.read_moment(row.get("activityDate")) for row in _rows(answer)]
    return any(moment is not None and moment < since for moment in moments)


def _only_active(answer: Answer, side: ReadingSide, since: datetime) -> list[Item]:
    """Return the tasks of a page that were active since a moment and not changed since."""
    items = []
    for row in reversed(_rows(answer)):
        active, edited = (rows.read_moment(row.get(name)) for name in ("activityDate", _CHANGED))
        if active is not None and active >= since and (edited is None or edited < since):
            items.append(rows.parse_item(row, side))
    return items


def _encode(state: Mapping[str, Any]) -> str:
    return json.dumps(state)


def _decode(cursor: str) -> dict[str, Any]:
    return dict(json.loads(cursor))


def census(portal: Portal, group_id: str, cursor: str | None) -> Census:
    """List the numbers of all tasks of a workgroup; 2,450 a request after the first fifty.

    The time is that of the last edit, comment or other activity, whichever is later.
    """
    wanted = {"GROUP_ID": as_int(group_id), ">ID": as_int(cursor or 0)}
    select = ["ID", "CHANGED_DATE", "ACTIVITY_DATE", "TIME_SPENT_IN_LOGS"]
    calls = [
        _list_call({"ID": "asc"}, wanted, select, page * PAGE)
        for page in range(PAGES_OF_IDS if cursor else 1)
    ]
    listed, more = _united(_asked(portal, group_id, calls))
    changed_at: dict[str, datetime] = {}
    for row in listed:
        moments = map(rows.read_moment, (row.get("changedDate"), row.get("activityDate")))
        changed_at[str(as_int(row["id"]))] = max(moment for moment in moments if moment)
    versions = {str(as_int(row["id"])): rows.version_of(row) for row in listed}
    return Census(changed_at, str(as_int(listed[-1]["id"])) if more else None, versions)


def _united(answers: Sequence[Answer]) -> tuple[list[Mapping[str, Any]], bool]:
    """Return the rows of pages, and whether more follow. What two pages share counts once."""
    listed: dict[int, Mapping[str, Any]] = {}
    for answer in answers:
        listed.update({as_int(row["id"]): row for row in _rows(answer)})
        if answer.next is None:
            return list(listed.values()), False
    return list(listed.values()), True


def _rows(answer: Answer) -> list[Mapping[str, Any]]:
    tasks = as_mapping(answer.result).get("tasks") or ()
    return [row for row in tasks if isinstance(row, dict) and as_int(row.get("id"))]


def _asked(
    portal: Portal, group_id: str, calls: Sequence[Call], memory: Memory | None = None
) -> list[Answer]:
    """Ask for pages, and whether we see the workgroup at all: one that is hidden looks empty."""
    visible = [columns_call(as_int(group_id))] if as_int(group_id) else []
    answers = [_answered(answer) for answer in portal.batch([*visible, *calls])]
    if visible and memory is not None:
        memory.learn_columns(as_int(group_id), answers[0])
    return answers[len(visible) :]


def _answered(answer: Answer | SyncError) -> Answer:
    if isinstance(answer, SyncError):
        raise answer
    return answer
