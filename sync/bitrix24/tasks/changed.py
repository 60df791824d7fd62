"""Tasks of a portal that changed since a moment, whatever its events said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.bitrix24.rest.batch import as_int, as_mapping
from sync.bitrix24.rest.client import Portal

PAGE = 50  # fixed by the portal
MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class ChangedTasks:
    """Ids of changed tasks. `until`: the last change that was read, None where those are all."""

    ids: frozenset[int]
    until: datetime | None = None


def read_changed_tasks(portal: Portal, since: datetime) -> ChangedTasks:
    """List the tasks that changed at `since` or later, at most a thousand. Raises SyncError.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
    """
    ids: set[int] = set()
    for page in range(MOST_PAGES):
        answer = portal.call("tasks.task.list", _parameters(since, page * PAGE), write=False)
        rows = as_mapping(answer.get("result")).get("tasks")
        listed = [as_mapping(row) for row in rows] if isinstance(rows, list) else []
        ids |= {as_int(row.get("id")) for row in listed}
        if not answer.get("next") or not listed:
            return ChangedTasks(frozenset(ids))
    return ChangedTasks(frozenset(ids), _moment(listed[-1].get("changedDate")))


def _parameters(since: datetime, start: int) -> dict[str, Any]:
    return {
        "order": {"CHANGED_DATE": "asc", "ID": "asc"},
        "filter": {">=CHANGED_DATE": since.isoformat()},
        "select": ["ID", "CHANGED_DATE"],
        "start": start,
    }


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
