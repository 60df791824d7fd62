"""Find what happened lately in the mirror: subjects of notifications by key, and tasks in work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Select, select

from sync.core.alerts.model import AlertKey, RefKey
from sync.core.model.kinds import Kind
from sync.core.model.tasks import LinkKind
from sync.store.tables import activity, alert, deployment, link, merge_request, pipeline

_OF_TABLES = {
    Kind.MERGE_REQUEST: merge_request,
    Kind.PIPELINE: pipeline,
    Kind.DEPLOYMENT: deployment,
    Kind.ALERT: alert,
}  # all other kinds stand in `activity`
RecentKey = tuple[datetime, str]  # when it last changed, and its subject key


def subject_keys(
    conn: Connection, connection_ids: Collection[int], kind: Kind, since: datetime, limit: int
) -> list[RecentKey]:
    """Return the newest subjects of a kind that changed since a moment, the newest first.

    A branch has two keys: of its beginning, and of its end; one of them names nothing.
    """
    table = _OF_TABLES.get(kind, activity)
    query = select(table).where(table.c.connection_id.in_(connection_ids))
    query = query.where(table.c.updated_at >= since)
    if table is activity:
        query = query.where(table.c.kind == kind.value, table.c.silent.is_(False))
    newest = query.order_by(table.c.updated_at.desc()).limit(limit)
    return [
        (row.updated_at, key) for row in conn.execute(newest) for key in _subject_keys(kind, row)
    ]


def _subject_keys(kind: Kind, row: object) -> list[str]:
    values = row._mapping  # type: ignore[attr-defined]
    place = f"{kind}:{values['connection_id']}/{values['project_id']}"
    match kind:
        case Kind.MERGE_REQUEST:
            return [f"{place}:{values['iid']}"]
        case Kind.PIPELINE:
            return [f"{place}:{values['pipeline_id']}"]
        case Kind.DEPLOYMENT:
            return [f"{place}:{values['deployment_id']}:{values['environment']}"]
        case Kind.ALERT:
            ref = RefKey(values["connection_id"], values["project_id"], values["ref"])
            return [AlertKey(ref, values["first_pipeline_id"], values["stage"]).subject_key]
        case Kind.BRANCH:
            return [f"{place}:{values['key']}", f"{place}:{values['key']}:deleted"]
    return [f"{place}:{values['key']}"]


def tasks_in_work(conn: Connection, portal_id: int, since: datetime, limit: int) -> tuple[int, ...]:
    """Return tasks that a merge request moves which changed since a moment, the newest first."""
    same = [
        link.c[name] == merge_request.c[name] for name in ("connection_id", "project_id", "iid")
    ]
    query: Select[tuple[int]] = (
        select(link.c.task_id)
        .join(merge_request, same[0] & same[1] & same[2])
        .where(link.c.portal_id == portal_id, merge_request.c.updated_at >= since)
        .where(link.c.kind == LinkKind.MOVE.value, link.c.state == "live")
        .order_by(merge_request.c.updated_at.desc())
        .limit(limit)
    )
    return tuple(dict.fromkeys(conn.scalars(query)))
