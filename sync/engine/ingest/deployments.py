"""Deployments: whose work they carry, asked of the code host where commits do not tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.deployments import Deployment, DeploymentStatus
from sync.core.model.events import DeploymentEvent
from sync.engine.deps import TASK
from sync.engine.ingest.handler import Batch, Handled, Handler
from sync.engine.ingest.outcome import describe_work
from sync.engine.load.related_tasks import deployment_activity_id
from sync.store import activity as store_activity
from sync.store import deployments, links, subjects
from sync.store.subjects import Mark

NEAREST_LIMIT = (
    30  # deployments of an environment whose tasks hear of a new one: a rollback undoes them
)
_REJECTION_ORDER = (DeploymentStatus.REJECTED, DeploymentStatus.FAILED)  # the host's order


def save(batch: Batch, events: Sequence[DeploymentEvent]) -> None:
    """Store the deployments, and which merge requests jobs report them to contain."""
    deployments.save(batch.conn, _latest_reports(events), batch.now)
    contents = {
        deployment_id(event.deployment): event.merge_request_iids
        for event in events
        if event.merge_request_iids
    }
    deployments.save_contents(batch.conn, contents)


def relate(batch: Batch, events: Sequence[DeploymentEvent]) -> Handled[DeploymentEvent]:
    """Mark the tasks whose work the deployments contain, or take away.

    What they contain is known in part: the code host will be asked for the rest.
    """
    conn, portal_id = batch.conn, batch.portal_id
    marks: list[Mark] = []
    for event in events:
        deployment = event.deployment
        place = deployment.project.connection_id, deployment.project.id
        near = deployments.newest(conn, [place], NEAREST_LIMIT, deployment.environment)[place]
        marks += _find_marks(affected_tasks(conn, portal_id, near), deployment.environment)
    tasks_by_event = {
        event: affected_tasks(conn, portal_id, [event.deployment]) for event in events
    }

    def describe(event: DeploymentEvent) -> str:
        deployment = event.deployment
        heading = f"deployment {deployment.id} to {deployment.environment} {deployment.status}: "
        return heading + describe_work((), {}, tasks_by_event[event])

    return Handled(
        describe,
        marks,
        subjects=[event.deployment for event in events],
        fetches=frozenset({"deployments"}),
    )


def _latest_reports(deployment_events: Iterable[DeploymentEvent]) -> list[Deployment]:
    """One account of each: a statement may not write a row twice."""
    by_key: dict[tuple[object, ...], Deployment] = {}
    for event in deployment_events:
        deployment = event.deployment
        key = (*deployment_id(deployment), deployment.environment)
        if key not in by_key or _replaces(deployment, by_key[key]):
            by_key[key] = deployment
    return list(by_key.values())


def _replaces(deployment: Deployment, other: Deployment) -> bool:
    """Whether `one`, heard later, is the account that stays, by the rule of `deployments.save`."""
    details = other.status, deployment.status
    if details in (_REJECTION_ORDER, _REJECTION_ORDER[::-1]):
        return details == _REJECTION_ORDER[::-1]
    return other.updated_at <= deployment.updated_at


def affected_tasks(conn: Connection, portal_id: int, near: Sequence[Deployment]) -> tuple[int, ...]:
    """Return the tasks whose work the deployments contain, as far as that is known."""
    keys = deployments.merge_requests_of(conn, near)
    rows = [row for link_rows in links.by_merge_requests(conn, keys).values() for row in link_rows]
    own_tasks = {row.task_id for row in rows if row.live and row.portal_id == portal_id}
    tasks_by_key = store_activity.tasks_of(conn, map(deployment_activity_id, near))
    return tuple(sorted(own_tasks.union(*tasks_by_key.values())))


def _find_marks(task_ids: Iterable[int], environment: str) -> list[Mark]:
    return [(TASK, str(task_id), f"deployment to {environment}") for task_id in task_ids]


def mark_dirty(
    conn: Connection, portal_id: int, task_ids: Iterable[int], environment: str, now: datetime
) -> None:
    """Mark the tasks of what was deployed to an environment."""
    subjects.mark_dirty_many(conn, portal_id, _find_marks(task_ids, environment), now)


def deployment_id(deployment: Deployment) -> deployments.DeploymentId:
    """Return the connection, project and number of a deployment."""
    return deployment.project.connection_id, deployment.project.id, deployment.id


HANDLER = Handler[DeploymentEvent](relate, save, subject=lambda event: event.deployment)
