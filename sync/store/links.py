"""Store which merge request names which task, and what the task shows of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.tasks import LinkKind
from sync.store.db.bulk import execute_many
from sync.store.db.upsert import in_key_parameters, key_parameters, upsert
from sync.store.rows import LinkRow
from sync.store.tables import connection, link

_KEYS = ("connection_id", "project_id", "iid", "task_id")
_NAMING_COLUMNS = ("kind", "state", "found_in", "silent")
_KEY_COLUMNS = [link.c[name] for name in _KEYS]
_ALL_LINKS = select(link).order_by(*_KEY_COLUMNS)
_SET_REVIEW_EVENT = (
    update(link)
    .where(*(link.c[name] == bindparam(key) for name, key in zip(_KEYS, "cpit", strict=True)))
    .values(review_event=bindparam("new_review_event"))
)
_OF_TASKS = (
    _ALL_LINKS.add_columns(connection.c.created_at.label("connected_at"))
    .where(in_key_parameters(link.c.portal_id, link.c.task_id))
    .where(connection.c.id == link.c.connection_id)
)
_LINKED_TASKS = select(link.c.task_id).where(in_key_parameters(link.c.portal_id, link.c.task_id))
_OF_MERGE_REQUESTS = _ALL_LINKS.where(in_key_parameters(*_KEY_COLUMNS[:3]))


def by_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int]
) -> dict[int, tuple[LinkRow, ...]]:
    """Return every link of the tasks, removed ones too; tasks without links are left out."""
    by_key: dict[int, tuple[LinkRow, ...]] = {}
    for key_parameter in key_parameters((portal_id, task_id) for task_id in task_ids):
        for row in map(_record, conn.execute(_OF_TASKS, key_parameter)):
            by_key[row.task_id] = (*by_key.get(row.task_id, ()), row)
    return by_key


def linked_tasks(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> frozenset[int]:
    """Return those of the tasks that have links, removed ones too."""
    return frozenset(
        task_id
        for key_parameter in key_parameters((portal_id, task_id) for task_id in task_ids)
        for task_id in conn.scalars(_LINKED_TASKS, key_parameter)
    )


def by_merge_requests(
    conn: Connection, keys: Iterable[MergeRequestKey]
) -> dict[MergeRequestKey, tuple[LinkRow, ...]]:
    """Return every link by merge request, removed ones too; others are left out."""
    by_key: dict[MergeRequestKey, tuple[LinkRow, ...]] = {}
    for key_parameter in key_parameters(
        (key.connection_id, key.project_id, key.iid) for key in keys
    ):
        for row in map(_record, conn.execute(_OF_MERGE_REQUESTS, key_parameter)):
            by_key[row.merge_request] = (*by_key.get(row.merge_request, ()), row)
    return by_key


def save(conn: Connection, links: Iterable[LinkRow]) -> None:
    """Store which tasks are named and how; the stored cards and review events stay."""
    upsert(conn, link, [_row(item) for item in links], keys=_KEYS, update=_NAMING_COLUMNS)


def set_review_events(
    conn: Connection, reached: Iterable[tuple[MergeRequestKey, int, ReviewEvent | None]]
) -> None:
    """Record the last announced review events: (merge request, task, event)."""
    rows = [
        _link_parameters(key, task_id) | {"new_review_event": event and event.value}
        for key, task_id, event in reached
    ]
    execute_many(conn, _SET_REVIEW_EVENT, rows)


def _link_parameters(key: MergeRequestKey, task_id: int) -> dict[str, Any]:
    return {"c": key.connection_id, "p": key.project_id, "i": key.iid, "t": task_id}


def _row(item: LinkRow) -> dict[str, Any]:
    key = item.merge_request
    return {
        "connection_id": key.connection_id,
        "project_id": key.project_id,
        "iid": key.iid,
        "task_id": item.task_id,
        "portal_id": item.portal_id,
        "kind": item.kind.value,
        "state": "live" if item.live else "removed",
        "found_in": list(item.found_in),
        "silent": item.silent,
        "review_event": item.review_event and item.review_event.value,
    }


def _record(row: Row[Any]) -> LinkRow:
    return LinkRow(
        portal_id=row.portal_id,
        merge_request=MergeRequestKey(row.connection_id, row.project_id, row.iid),
        task_id=row.task_id,
        kind=LinkKind(row.kind),
        live=row.state == "live",
        found_in=tuple(row.found_in),
        silent=row.silent,
        review_event=row.review_event and ReviewEvent(row.review_event),
        connected_at=getattr(row, "connected_at", None),
    )
