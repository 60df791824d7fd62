"""Read changes and production deployments for the metrics, from the mirror, in few queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from sync.core.deployments.metrics.changes import Change
from sync.core.deployments.metrics.failures import Shipment
from sync.store.db.upsert import in_keys
from sync.store.flow_changes import read_changes
from sync.store.flow_deployments import FirstDeployed, ProjectKey, list_deployments, read_production
from sync.store.tables import connection, in_literals, link, merge_request, project


@dataclass(frozen=True, slots=True)
class MeasuredProject:
    """A project whose merge requests or deployments may be measured."""

    key: ProjectKey
    path: str
    url: str


def measured_projects(conn: Connection, portal_id: int) -> tuple[MeasuredProject, ...]:
    """Return the projects of a portal's connections, by path; removed connections have none."""
    c = project.c
    query = (
        select(c.connection_id, c.project_id, c.path, c.url)
        .join(connection, connection.c.id == c.connection_id)
        .where(connection.c.portal_id == portal_id, connection.c.state != "removed")
        .order_by(c.path, c.connection_id)
    )
    return tuple(MeasuredProject((a, b), path, url) for a, b, path, url in conn.execute(query))


def read_flow(
    conn: Connection,
    projects: Collection[ProjectKey],
    since: datetime,
    changes_since: datetime | None = None,
) -> tuple[tuple[Change, ...], tuple[Shipment, ...]]:
    """Return merge requests, and finished production deployments with what each was first to bring.

    Deployments are those since `since`; merge requests those that are open, or changed or were
    deployed since `changes_since` (without it, since the same moment).
    """
    production = read_production(conn, projects)
    deployed = FirstDeployed(conn, projects, production)
    changes = read_changes(conn, projects, deployed, changes_since or since)
    brought = _by_deployment(changes)
    done = list_deployments(conn, projects, [row for row in production if row.updated_at >= since])
    return changes, tuple(
        Shipment(
            of, tuple(brought.get((of.project.connection_id, of.project.id, of.updated_at), ()))
        )
        for of in done
    )


def tasks_at_work(conn: Connection, projects: Collection[ProjectKey], since: datetime) -> list[int]:
    """Return the tasks whose merge requests are open or changed since a moment, newest first."""
    c, of = merge_request.c, link.c
    is_at_work = (c.updated_at >= since) | in_literals(c.state, "opened", "locked")
    changed: dict[int, datetime] = {}
    for condition in in_keys((c.connection_id, c.project_id), projects):
        query = (
            select(of.task_id, func.max(c.updated_at))
            .join(
                merge_request,
                (c.connection_id == of.connection_id)
                & (c.project_id == of.project_id)
                & (c.iid == of.iid),
            )
            .where(condition, of.state == "live", is_at_work)
            .group_by(of.task_id)
        )
        for task_id, at in conn.execute(query):
            changed[task_id] = max(at, changed.get(task_id, at))
    return sorted(changed, key=lambda task_id: (changed[task_id], task_id), reverse=True)


def _by_deployment(changes: Iterable[Change]) -> dict[tuple[int, int, datetime], list[Change]]:
    """Group changes by project and the moment of the deployment that was first to bring them."""
    brought: dict[tuple[int, int, datetime], list[Change]] = {}
    for change in changes:
        if change.deployed_at:
            place = change.key.connection_id, change.key.project_id, change.deployed_at
            brought.setdefault(place, []).append(change)
    return brought
