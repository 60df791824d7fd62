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
    conn: Connection, portal_id: int, heard: Sequence[DeploymentEvent], now: datetime
) -> dict[DeploymentEvent, tuple[int, ...]]:
    """Stores the deployments and marks the tasks dirty whose work they carry, or take away.

    Returns the tasks whose work each carries, as far as is known without asking the host.
    """
    deployments.save(conn, _latest_reports(heard), now)
    told = {
        _deployment_id(event.deployment): event.merge_request_iids
        for event in heard
        if event.merge_request_iids
    }
    deployments.save_contents(conn, told)
    for event in heard:
        one = event.deployment
        place = one.project.connection_id, one.project.id
        near = deployments.newest(conn, [place], NEAREST_LIMIT, one.environment)[place]
        _mark_dirty(conn, portal_id, _affected_tasks(conn, portal_id, near), one.environment, now)
    return {event: _affected_tasks(conn, portal_id, [event.deployment]) for event in heard}


def _latest_reports(heard: Iterable[DeploymentEvent]) -> list[Deployment]:
    """One account of each: a statement may not write a row twice."""
    found: dict[tuple[object, ...], Deployment] = {}
    for event in heard:
        one = event.deployment
        key = (*_deployment_id(one), one.environment)
        if key not in found or _replaces(one, found[key]):
            found[key] = one
    return list(found.values())


def _replaces(one: Deployment, other: Deployment) -> bool:
    """Whether `one`, heard later, is the account that stays, by the rule of `deployments.save`."""
    told = other.status, one.status
    if told in (_REJECTION_ORDER, _REJECTION_ORDER[::-1]):
        return told == _REJECTION_ORDER[::-1]
    return other.updated_at <= one.updated_at


def _affected_tasks(
    conn: Connection, portal_id: int, near: Sequence[Deployment]
) -> tuple[int, ...]:
    keys = deployments.merge_requests_of(conn, near)
    rows = [row for found in links.by_merge_requests(conn, keys).values() for row in found]
    ours = {row.task_id for row in rows if row.live and row.portal_id == portal_id}
    named = store_activity.tasks_of(conn, map(deployment_activity_id, near))
    return tuple(sorted(ours.union(*named.values())))


def _mark_dirty(
    conn: Connection, portal_id: int, task_ids: Iterable[int], environment: str, now: datetime
) -> None:
    marks = [(TASK, str(task_id), f"deployment to {environment}") for task_id in task_ids]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def _deployment_id(one: Deployment) -> deployments.DeploymentId:
    return one.project.connection_id, one.project.id, one.id
