"""Store alerts as last derived, with acknowledgements and assignees; ended ones are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, update

from sync.core.alerts.model import (
    FINISHED_STATUSES,
    Alert,
    AlertKey,
    AlertState,
    RefKey,
    alert_ref,
    parse_handle,
    parse_merge_request_ref,
    parse_tag_ref,
)
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import Pipeline
from sync.store.db.codec import encode, from_json
from sync.store.db.upsert import in_keys, upsert
from sync.store.tables import activity, alert, connection, in_literals, pipeline

HISTORY_LIMIT = 200  # newest finished pipelines of a ref that are read
NEWEST_LIMIT = 100  # alerts of a ref that may still change
_KEYS = ("connection_id", "project_id", "ref", "stage", "first_pipeline_id")
_DERIVED = (
    "state", "severity", "failures", "opened_at", "updated_at", "ended_at", "body",
)  # fmt: skip
_OPEN = in_literals(alert.c.state, AlertState.OPEN.value, AlertState.UNSTABLE.value)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A stored alert.

    `acknowledged_by` is a name, `assigned_to` a portal user, `task_id` the task opened for it.
    """

    key: AlertKey
    alert: Alert
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    assigned_to: int | None = None
    task_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recovery:
    """The mean time that the alerts of a ref took to be resolved."""

    ref_key: RefKey
    count: int
    mean: timedelta


def history(conn: Connection, line: RefKey) -> tuple[Pipeline, ...]:
    """Return the newest finished pipelines of the ref as last reported, oldest first."""
    columns = pipeline.c
    iid = parse_merge_request_ref(line.ref)
    of_ref = (
        columns.merge_request_iid == iid
        if iid
        else columns.ref == (parse_tag_ref(line.ref) or line.ref)
    )
    query = (
        select(columns.body)
        .where(columns.connection_id == line.connection_id)
        .where(columns.project_id == line.project_id, of_ref)
        .where(in_literals(columns.status, *sorted(FINISHED_STATUSES)))
        .order_by(columns.pipeline_id.desc())
        .limit(HISTORY_LIMIT)
    )
    pipelines = [from_json(Pipeline, body) for body in conn.scalars(query)]
    return tuple(entry for entry in pipelines[::-1] if alert_ref(entry) == line.ref)


def deleted_at(conn: Connection, line: RefKey) -> datetime | None:
    """Return when the branch or tag was deleted; None where it exists or is not known."""
    tag = parse_tag_ref(line.ref)
    kind = Kind.TAG if tag else Kind.BRANCH
    query = (
        select(activity.c.updated_at, activity.c.body)
        .where(
            activity.c.connection_id == line.connection_id, activity.c.project_id == line.project_id
        )
        .where(activity.c.kind == kind.value, activity.c.key == (tag or line.ref))
    )
    row = conn.execute(query).one_or_none()
    return row.updated_at if row and row.body.get("deleted") else None


def save(conn: Connection, line: RefKey, derived: Iterable[Alert]) -> None:
    """Store derived alerts; acknowledgements, assignees and tasks stay."""
    rows = [
        {
            "connection_id": line.connection_id,
            "project_id": line.project_id,
            "ref": line.ref,
            "stage": entry.stage,
            "first_pipeline_id": entry.first_pipeline_id,
            "state": entry.state.value,
            "severity": entry.severity.value,
            "failures": entry.failures,
            "opened_at": entry.opened_at,
            "updated_at": entry.ended_at or entry.failed_at,
            "ended_at": entry.ended_at,
            "body": encode(entry),
        }
        for entry in derived
    ]
    upsert(conn, alert, rows, keys=_KEYS, update=_DERIVED)


def list_of_ref(conn: Connection, line: RefKey) -> tuple[AlertRow, ...]:
    """Return the newest alerts of the ref and all open ones, oldest first."""
    newest = (
        _pipelines_of_ref(line)
        .order_by(alert.c.opened_at.desc(), alert.c.first_pipeline_id.desc())
        .limit(NEWEST_LIMIT)
    )
    rows = [
        *map(_record, conn.execute(newest)),
        *map(_record, conn.execute(_pipelines_of_ref(line).where(_OPEN))),
    ]
    by_key = {row.key: row for row in rows}
    return tuple(sorted(by_key.values(), key=lambda row: (row.alert.opened_at, row.key)))


def get(conn: Connection, keys: Iterable[AlertKey]) -> dict[AlertKey, AlertRow]:
    """Return the stored alerts by key; unknown keys are left out."""
    key_columns = [
        (*_branch_key(alert_key.ref_key), alert_key.stage, alert_key.first_pipeline_id)
        for alert_key in keys
    ]
    by_key = {}
    for condition in in_keys([alert.c[name] for name in _KEYS], key_columns):
        for row in map(_record, conn.execute(select(alert).where(condition))):
            by_key[row.key] = row
    return by_key


def open_refs(conn: Connection, lines: Iterable[RefKey]) -> frozenset[RefKey]:
    """Return those of the refs that have an open alert."""
    columns = alert.c.connection_id, alert.c.project_id, alert.c.ref
    return frozenset(
        RefKey(*row)
        for condition in in_keys(columns, map(_branch_key, lines))
        for row in conn.execute(select(*columns).where(condition, _OPEN).distinct())
    )


def list_of_portal(
    conn: Connection, portal_id: int, *, include_ended: bool = False, limit: int = 200
) -> tuple[AlertRow, ...]:
    """Return the portal's open alerts, oldest first.

    With `include_ended`, ended ones follow, newest first; `limit` holds for each of the two.
    """
    query = _of_portal(select(alert), portal_id)
    queries = [query.where(_OPEN).order_by(alert.c.opened_at)]
    if include_ended:
        queries.append(query.where(~_OPEN).order_by(alert.c.updated_at.desc()))
    return tuple(_record(row) for entry in queries for row in conn.execute(entry.limit(limit)))


def find(conn: Connection, portal_id: int, handle: str) -> AlertRow | None:
    """Return the portal's alert with that handle, or None."""
    details = parse_handle(handle)
    if details is None:
        return None
    connection_id, project_id, first_pipeline_id, stage = details
    query = _of_portal(select(alert), portal_id).where(
        alert.c.connection_id == connection_id,
        alert.c.project_id == project_id,
        alert.c.first_pipeline_id == first_pipeline_id,
        alert.c.stage == stage,
    )
    row = conn.execute(query.limit(1)).one_or_none()
    return None if row is None else _record(row)


def open_count(conn: Connection, portal_id: int) -> int:
    """Count the open alerts of a portal."""
    return (
        conn.scalar(_of_portal(select(func.count()).select_from(alert), portal_id).where(_OPEN))
        or 0
    )


def recovery(
    conn: Connection, portal_id: int, since: datetime, until: datetime
) -> tuple[Recovery, ...]:
    """Return the mean times to recovery of refs whose alerts were resolved in [since, until)."""
    columns = alert.c.connection_id, alert.c.project_id, alert.c.ref
    query = _of_portal(select(*columns, alert.c.opened_at, alert.c.ended_at), portal_id).where(
        in_literals(alert.c.state, AlertState.RESOLVED.value),
        alert.c.ended_at >= since,
        alert.c.ended_at < until,
    )
    took: dict[RefKey, list[timedelta]] = {}
    for *place, opened_at, ended_at in conn.execute(query):
        took.setdefault(RefKey(*place), []).append(ended_at - opened_at)
    return tuple(
        Recovery(line, len(times), sum(times, timedelta()) / len(times))
        for line, times in sorted(took.items())
    )


def acknowledge(conn: Connection, key: AlertKey, by: str, now: datetime) -> None:
    """Record who acknowledged the alert, by name, and when."""
    _set(conn, key, acknowledged_at=now, acknowledged_by=by)


def assign(conn: Connection, key: AlertKey, user_id: int) -> None:
    """Record the portal user to whom the alert is assigned."""
    _set(conn, key, assigned_to=user_id)


def set_task(conn: Connection, key: AlertKey, task_id: int) -> None:
    """Record the task that was opened for the alert; the first one stays."""
    same = (*_same_key(key), or_(alert.c.task_id.is_(None), alert.c.task_id == task_id))
    conn.execute(update(alert).where(*same).values(task_id=task_id))


def _set(conn: Connection, key: AlertKey, **values: Any) -> None:
    conn.execute(update(alert).where(*_same_key(key)).values(**values))


def _same_key(key: AlertKey) -> tuple[Any, ...]:
    values = (*_branch_key(key.ref_key), key.stage, key.first_pipeline_id)
    return tuple(alert.c[name] == value for name, value in zip(_KEYS, values, strict=True))


def _pipelines_of_ref(line: RefKey) -> Select[Any]:
    same = zip(_KEYS, _branch_key(line), strict=False)
    return select(alert).where(*(alert.c[name] == value for name, value in same))


def _of_portal(query: Select[Any], portal_id: int) -> Select[Any]:
    joined = query.join(connection, connection.c.id == alert.c.connection_id)
    return joined.where(connection.c.portal_id == portal_id, connection.c.state != "removed")


def _branch_key(line: RefKey) -> tuple[int, int, str]:
    return line.connection_id, line.project_id, line.ref


def _record(row: Row[Any]) -> AlertRow:
    line = RefKey(row.connection_id, row.project_id, row.ref)
    return AlertRow(
        AlertKey(line, row.first_pipeline_id, row.stage),
        from_json(Alert, row.body),
        row.acknowledged_at,
        row.acknowledged_by,
        row.assigned_to,
        row.task_id,
    )
