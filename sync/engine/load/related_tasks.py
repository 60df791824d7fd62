"""Whose work a thing is: the tasks that pushes, pipelines, deployments and the rest concern."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from sync.core.alerts.messages import AlertContext
from sync.core.deployments.environments import undone_by
from sync.core.model.activity import Push
from sync.core.model.deployments import Deployment
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.core.model.pipelines import Pipeline
from sync.core.notifications.keys import NotificationSubject
from sync.store import activity as store_activity
from sync.store import commit_tasks as store_commit_tasks
from sync.store import deployments, links
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines

NEAREST_LIMIT = 30  # deployments of an environment that a rollback is compared with


def find_tasks(
    conn: Connection, portal_id: int, by_key: Mapping[str, NotificationSubject]
) -> dict[str, tuple[int, ...]]:
    """Load the tasks of each subject by its key. Silent links and mentions do not count."""
    included = {
        key: (subject, *undone_deployments(conn, subject))
        for key, subject in by_key.items()
        if isinstance(subject, Deployment)
    }
    requests = _find_merge_requests(conn, by_key, included)
    rows = links.by_merge_requests(
        conn,
        {
            merge_request_key
            for merge_request_keys in requests.values()
            for merge_request_key in merge_request_keys
        },
    )
    tasks_by_key = store_commit_tasks.tasks_of(
        conn,
        {
            place
            for notification_subject in by_key.values()
            if (place := _commit_key(notification_subject))
        },
    )
    extra = store_activity.tasks_of(
        conn,
        {
            at
            for key, notification_subject in by_key.items()
            for at in _activity_ids(notification_subject, included.get(key, ()))
        },
    )
    tasks: dict[str, tuple[int, ...]] = {}
    for key, notification_subject in by_key.items():
        own = {
            row.task_id
            for request in requests.get(key, ())
            for row in rows.get(request, ())
            if row.portal_id == portal_id and row.is_shown_work
        }
        place = _commit_key(notification_subject)
        own |= set(tasks_by_key.get(place, ())) if place else set()
        for at in _activity_ids(notification_subject, included.get(key, ())):
            own |= set(extra.get(at, ()))
        tasks[key] = tuple(sorted(own))
    return tasks


def _find_merge_requests(
    conn: Connection,
    by_key: Mapping[str, NotificationSubject],
    included: Mapping[str, tuple[Deployment, ...]],
) -> dict[str, frozenset[MergeRequestKey]]:
    """Return the merge requests of each subject that has any.

    `included`: each deployment with those that it takes back.
    """
    runs = {key: pipeline for key, of in by_key.items() if (pipeline := _pipeline_of(of))}
    branches = {
        key: place
        for key, notification_subject in by_key.items()
        if (place := _branch_of(notification_subject))
    }
    of_runs = store_merge_requests.keys_by_pipelines(conn, runs.values())
    of_branches = store_merge_requests.by_branches(conn, branches.values())
    requests = {
        key: of_runs.get(store_pipelines.pipeline_id(entry), frozenset())
        for key, entry in runs.items()
    }
    requests |= {
        key: frozenset(of_branches.get(branch_key, ())) for key, branch_key in branches.items()
    }
    for key, subject in by_key.items():
        if isinstance(subject, MergeRequest):
            requests[key] = frozenset({subject.key})
    for key, taken_together in included.items():
        requests[key] = frozenset(deployments.merge_requests_of(conn, taken_together))
    return requests


def undone_deployments(conn: Connection, deployment: Deployment) -> tuple[Deployment, ...]:
    """Return what a rollback takes back: who heard of that hears of this."""
    place = deployment.project.connection_id, deployment.project.id
    near = deployments.newest(conn, [place], NEAREST_LIMIT, deployment.environment)[place]
    return undone_by(deployment, near)


def _pipeline_of(notification_subject: NotificationSubject) -> Pipeline | None:
    match notification_subject:
        case Pipeline():
            return notification_subject
        case AlertContext(failed_pipeline=Pipeline() as failed):
            return failed
    return None


def _branch_of(notification_subject: NotificationSubject) -> store_merge_requests.BranchKey | None:
    if isinstance(notification_subject, Push) and not notification_subject.deleted:
        return (
            notification_subject.project.connection_id,
            notification_subject.project.id,
            notification_subject.branch,
        )
    return None


def _commit_key(notification_subject: NotificationSubject) -> store_commit_tasks.CommitKey | None:
    """Return the commit that may name tasks itself."""
    match notification_subject:
        case Push() if not notification_subject.deleted:
            return (
                notification_subject.project.connection_id,
                notification_subject.project.id,
                notification_subject.branch,
                notification_subject.after,
            )
    run = _pipeline_of(notification_subject)
    return (run.project.connection_id, run.project.id, run.ref, run.sha) if run else None


def _activity_ids(
    notification_subject: NotificationSubject, included: tuple[Deployment, ...]
) -> list[store_activity.ActivityId]:
    """Return under what the tasks that it names by itself are kept."""
    match notification_subject:
        case MergeRequest() | Pipeline() | AlertContext():
            return []
        case Deployment():
            return [deployment_activity_id(deployment) for deployment in included]
        case _:
            return [store_activity.activity_id(notification_subject)]


def deployment_activity_id(deployment: Deployment) -> store_activity.ActivityId:
    """Return under what the tasks of a deployment are kept."""
    return (
        deployment.project.connection_id,
        deployment.project.id,
        Kind.DEPLOYMENT.value,
        deployment.key,
    )
