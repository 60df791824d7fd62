"""Tasks of a portal that changed since a moment, or are gone, whatever its events said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sync.bitrix24.rest.batch import BATCH_SIZE, Answer, Call, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks.queries import read_tasks

T = TypeVar("T")
PAGE = 50  # fixed by the portal
MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class ChangedTasks:
    """When tasks changed, by their ids; None where the portal's date cannot be read.

    `until`: the last change that was read, None where those are all.
    """

    changed_at: Mapping[int, datetime | None]
    until: datetime | None = None


def read_changed_tasks(portal: Portal, since: datetime) -> ChangedTasks:
    """List the tasks that changed at `since` or later, at most a thousand. Raises SyncError.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
    """
    changed_at: dict[int, datetime | None] = {}
    for page in range(MOST_PAGES):
        answer = portal.call("tasks.task.list", _parameters(since, page * PAGE), write=False)
        rows = as_mapping(answer.get("result")).get("tasks")
        listed = [as_mapping(row) for row in rows] if isinstance(rows, list) else []
        changed_at |= {as_int(row.get("id")): _moment(row.get("changedDate")) for row in listed}
        if not answer.get("next") or not listed:
            return ChangedTasks(changed_at)
    return ChangedTasks(changed_at, _moment(listed[-1].get("changedDate")))


def find_gone_tasks(portal: Portal, ids: Collection[int]) -> frozenset[int]:
    """Return which of the tasks the portal does not show us any more. Raises SyncError.

    2,500 a request; those that no list has are asked for by themselves before they count as gone.
    """
    pieces = _pieces(sorted(ids), PAGE)
    gone: set[int] = set()
    for group in _pieces(pieces, BATCH_SIZE):
        answers = portal.batch([_list_call(piece) for piece in group])
        for piece, answer in zip(group, answers, strict=True):
            if not isinstance(answer, Answer):
                raise answer
            rows = as_mapping(answer.result).get("tasks")
            listed = {as_int(as_mapping(row).get("id")) for row in rows or ()}
            gone |= set(piece) - listed
    return frozenset(key for key, task in read_tasks(portal, sorted(gone)).items() if task is None)


def _pieces(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _list_call(ids: Sequence[int]) -> Call:
    return Call("tasks.task.list", {"filter": {"ID": list(ids)}, "select": ["ID"]}, write=False)


def _parameters(since: datetime, start: int) -> dict[str, Any]:
    return {
        "order": {"CHANGED_DATE": "asc", "ID": "asc"},
        "filter": {">=CHANGED_DATE": since.isoformat()},
        "select": ["ID", "CHANGED_DATE"],
        "start": start,
    }


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
