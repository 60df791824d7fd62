"""Deployments: whose work they carry, asked of the code host where commits do not tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from sync.core.model.deployments import Deployment, DeploymentStatus
from sync.core.model.events import DeploymentEvent
from sync.engine.deps import TASK
from sync.engine.load.related_tasks import deployment_activity_id
from sync.store import activity as store_activity
from sync.store import deployments, links, subjects

T = TypeVar("T")

NEAREST_LIMIT = (
    30  # deployments of an environment whose tasks hear of a new one: a rollback undoes them
)
_REJECTION_ORDER = (DeploymentStatus.REJECTED, DeploymentStatus.FAILED)  # the host's order


def ingest(
    conn: Connection, portal_id: int, deployment_events: Sequence[DeploymentEvent], now: datetime
) -> dict[DeploymentEvent, tuple[int, ...]]:
    """Stores the deployments and marks the tasks dirty whose work they carry, or take away.

    Returns the tasks whose work each carries, as far as is known without asking the host.
    """
    deployments.save(conn, _latest_reports(deployment_events), now)
    by_key = {
        _deployment_id(event.deployment): event.merge_request_iids
        for event in deployment_events
        if event.merge_request_iids
    }
    deployments.save_contents(conn, by_key)
    for event in deployment_events:
        deployment = event.deployment
        place = deployment.project.connection_id, deployment.project.id
        near = deployments.newest(conn, [place], NEAREST_LIMIT, deployment.environment)[place]
        _mark_dirty(
            conn, portal_id, _affected_tasks(conn, portal_id, near), deployment.environment, now
        )
    return {
        event: _affected_tasks(conn, portal_id, [event.deployment]) for event in deployment_events
    }


def _latest_reports(deployment_events: Iterable[DeploymentEvent]) -> list[Deployment]:
    """One account of each: a statement may not write a row twice."""
    by_key: dict[tuple[object, ...], Deployment] = {}
    for event in deployment_events:
        deployment = event.deployment
        key = (*_deployment_id(deployment), deployment.environment)
        if key not in by_key or _replaces(deployment, by_key[key]):
            by_key[key] = deployment
    return list(by_key.values())


def _replaces(deployment: Deployment, other: Deployment) -> bool:
    """Whether `one`, heard later, is the account that stays, by the rule of `deployments.save`."""
    details = other.status, deployment.status
    if details in (_REJECTION_ORDER, _REJECTION_ORDER[::-1]):
        return details == _REJECTION_ORDER[::-1]
    return other.updated_at <= deployment.updated_at


def _affected_tasks(
    conn: Connection, portal_id: int, near: Sequence[Deployment]
) -> tuple[int, ...]:
    keys = deployments.merge_requests_of(conn, near)
    rows = [row for link_rows in links.by_merge_requests(conn, keys).values() for row in link_rows]
    own_tasks = {row.task_id for row in rows if row.live and row.portal_id == portal_id}
    tasks_by_key = store_activity.tasks_of(conn, map(deployment_activity_id, near))
    return tuple(sorted(own_tasks.union(*tasks_by_key.values())))


def _mark_dirty(
    conn: Connection, portal_id: int, task_ids: Iterable[int], environment: str, now: datetime
) -> None:
    marks = [(TASK, str(task_id), f"deployment to {environment}") for task_id in task_ids]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def _deployment_id(deployment: Deployment) -> deployments.DeploymentId:
    return deployment.project.connection_id, deployment.project.id, deployment.id
