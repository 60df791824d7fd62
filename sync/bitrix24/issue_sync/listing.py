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
from sync.bitrix24.issue_sync.calls import PAGE
from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.values import select_fields
from sync.bitrix24.rest.batch import Answer, Call, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.core.issue_sync.side import Census, Page
from sync.errors import SyncError

PAGES_OF_TASKS = 10  # in one request: with their descriptions, five hundred tasks
PAGES_OF_IDS = 50


def changed(
    portal: Portal, side: ReadingSide, group_id: str, since: datetime, cursor: str | None
) -> Page:
    """List tasks of a workgroup ("" for those in none) changed at `since` or later.

    The first page is one call of fifty; where there are more, five hundred a request follow.
    """
    moment, delivered = _decode(cursor) if cursor else (since.isoformat(), [])
    wanted: dict[str, Any] = {"GROUP_ID": as_int(group_id), ">=CHANGED_DATE": moment}
    if delivered:
        wanted["!ID"] = delivered
    base = {
        "order": {"CHANGED_DATE": "asc", "ID": "asc"},
        "filter": wanted,
        "select": select_fields(side.options),
    }
    listed, more = _pages(portal, base, PAGES_OF_TASKS if cursor else 1)
    if not listed:
        return Page(())
    last = str(listed[-1].get("changedDate"))
    same = [as_int(row["id"]) for row in listed if str(row.get("changedDate")) == last]
    earlier = delivered if last == moment else []
    following = json.dumps([last, [*earlier, *same]]) if more else None
    return Page(tuple(rows.parse_item(row, side) for row in listed), following)


def _decode(cursor: str) -> tuple[str, list[int]]:
    moment, delivered = json.loads(cursor)
    return str(moment), [as_int(number) for number in delivered]


def census(portal: Portal, group_id: str, cursor: str | None) -> Census:
    """List the numbers of all tasks of a workgroup; 2,500 a request after the first fifty.

    The time is that of the last edit, comment or other activity, whichever is later.
    """
    base = {
        "order": {"ID": "asc"},
        "filter": {"GROUP_ID": as_int(group_id), ">ID": as_int(cursor or 0)},
        "select": ["ID", "CHANGED_DATE", "ACTIVITY_DATE"],
    }
    listed, more = _pages(portal, base, PAGES_OF_IDS if cursor else 1)
    changed_at: dict[str, datetime] = {}
    for row in listed:
        moments = map(rows.read_moment, (row.get("changedDate"), row.get("activityDate")))
        changed_at[str(as_int(row["id"]))] = max(moment for moment in moments if moment)
    return Census(changed_at, str(as_int(listed[-1]["id"])) if more else None)


def _pages(
    portal: Portal, base: Mapping[str, Any], pages: int
) -> tuple[Sequence[Mapping[str, Any]], bool]:
    """Read pages from the start, and whether more follow. Rows that two pages share count once."""
    calls = [
        Call("tasks.task.list", {**base, "start": number * PAGE}, write=False)
        for number in range(pages)
    ]
    listed: dict[int, Mapping[str, Any]] = {}
    more = False
    for answer in portal.batch(calls):
        result = _answered(answer)
        tasks = as_mapping(result.result).get("tasks") or ()
        rows_of_page = [row for row in tasks if isinstance(row, dict) and as_int(row.get("id"))]
        listed.update({as_int(row["id"]): row for row in rows_of_page})
        more = result.next is not None
        if not more:
            break
    return list(listed.values()), more


def _answered(answer: Answer | SyncError) -> Answer:
    if isinstance(answer, SyncError):
        raise answer
    return answer
