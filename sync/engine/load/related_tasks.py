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
from sync.store import deployments, links
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines

NEAREST_LIMIT = 30  # deployments of an environment that a rollback is compared with


def find_tasks(
    conn: Connection, portal_id: int, found: Mapping[str, NotificationSubject]
) -> dict[str, tuple[int, ...]]:
    """The tasks of each thing by its name. Silent links and mentions do not count."""
    requests = _find_merge_requests(conn, found)
    rows = links.by_merge_requests(conn, {one for mine in requests.values() for one in mine})
    named = store_pipelines.tasks_of(
        conn, {place for one in found.values() if (place := _commit_key(one))}
    )
    others = store_activity.tasks_of(
        conn, {at for one in found.values() if (at := _activity_id(one))}
    )
    tasks: dict[str, tuple[int, ...]] = {}
    for key, one in found.items():
        mine = {
            row.task_id
            for request in requests.get(key, ())
            for row in rows.get(request, ())
            if row.portal_id == portal_id and row.live and not row.silent and row.kind.is_work
        }
        place = _commit_key(one)
        mine |= set(named.get(place, ())) if place else set()
        at = _activity_id(one)
        mine |= set(others.get(at, ())) if at else set()
        tasks[key] = tuple(sorted(mine))
    return tasks


def _find_merge_requests(
    conn: Connection, found: Mapping[str, NotificationSubject]
) -> dict[str, frozenset[MergeRequestKey]]:
    """The merge requests of each thing that has any."""
    runs = {key: one for key, of in found.items() if (one := _pipeline_of(of))}
    branches = {key: place for key, one in found.items() if (place := _branch_of(one))}
    of_runs = store_merge_requests.keys_by_pipelines(conn, runs.values())
    of_branches = store_merge_requests.by_branches(conn, branches.values())
    requests = {
        key: of_runs.get(store_pipelines.pipeline_id(one), frozenset()) for key, one in runs.items()
    }
    requests |= {key: frozenset(of_branches.get(one, ())) for key, one in branches.items()}
    for key, one in found.items():
        if isinstance(one, MergeRequest):
            requests[key] = frozenset({one.key})
        if isinstance(one, Deployment):
            carried = [one, *undone_deployments(conn, one)]
            requests[key] = frozenset(deployments.merge_requests_of(conn, carried))
    return requests


def undone_deployments(conn: Connection, one: Deployment) -> tuple[Deployment, ...]:
    """Return what a rollback takes back: who heard of that hears of this."""
    place = one.project.connection_id, one.project.id
    near = deployments.newest(conn, [place], NEAREST_LIMIT, one.environment)[place]
    return undone_by(one, near)


def _pipeline_of(one: NotificationSubject) -> Pipeline | None:
    match one:
        case Pipeline():
            return one
        case AlertContext(failed_pipeline=Pipeline() as failed):
            return failed
    return None


def _branch_of(one: NotificationSubject) -> store_merge_requests.BranchKey | None:
    if isinstance(one, Push) and not one.deleted:
        return one.project.connection_id, one.project.id, one.branch
    return None


def _commit_key(one: NotificationSubject) -> store_pipelines.CommitKey | None:
    """The commit that may name tasks itself."""
    match one:
        case Push() if not one.deleted:
            return one.project.connection_id, one.project.id, one.branch, one.after
    run = _pipeline_of(one)
    return (run.project.connection_id, run.project.id, run.ref, run.sha) if run else None


def _activity_id(one: NotificationSubject) -> store_activity.ActivityId | None:
    """Under what the tasks that it names by itself are kept."""
    match one:
        case MergeRequest() | Pipeline() | AlertContext():
            return None
        case Deployment():
            return deployment_activity_id(one)
        case _:
            return store_activity.activity_id(one)


def deployment_activity_id(one: Deployment) -> store_activity.ActivityId:
    return one.project.connection_id, one.project.id, Kind.DEPLOYMENT.value, one.key
