"""Reads the deployments and environments that a task's view shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from sync.core.deployments.environments import environment_statuses, includes_merge_request
from sync.core.model.deployments import Deployment, EnvironmentStatus
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.core.model.task_view import LinkView
from sync.engine.load.related_tasks import deployment_activity_id
from sync.store import activity as store_activity
from sync.store import deployments

HISTORY_LIMIT = 300  # deployments of a project that a task's message is made from


def load(
    conn: Connection,
    versions: Mapping[int, tuple[LinkView, ...]],
    tasks_by_key: Mapping[int, Sequence[store_activity.ActivityId]],
) -> dict[int, tuple[EnvironmentStatus, ...]]:
    """Return the environments of each task's projects; none where its work was not deployed.

    `named`: the deployments that name the tasks themselves.
    """
    counting = {
        task_id: [link.merge_request for link in link_views if link.is_shown_work]
        for task_id, link_views in versions.items()
    }
    every = {mr.key: mr for merge_requests in counting.values() for mr in merge_requests}
    projects = {
        task_id: {(mr.key.connection_id, mr.key.project_id) for mr in merge_requests}
        | {key[:2] for key in tasks_by_key.get(task_id, ())}
        for task_id, merge_requests in counting.items()
    }
    history = deployments.newest(conn, set().union(*projects.values()), HISTORY_LIMIT)
    by_key = deployments.deployments_containing(conn, every) if any(history.values()) else {}
    return {
        task_id: tuple(
            place
            for project in sorted(projects[task_id])
            for place in _environments(
                history[project], merge_requests, by_key, tasks_by_key.get(task_id, ())
            )
        )
        for task_id, merge_requests in counting.items()
    }


def _environments(
    history: Sequence[Deployment],
    merge_requests: Iterable[MergeRequest],
    by_key: Mapping[MergeRequestKey, frozenset[int]],
    activity_ids: Sequence[store_activity.ActivityId],
) -> tuple[EnvironmentStatus, ...]:
    if not history:
        return ()
    here = [mr for mr in merge_requests if mr.key.project_id == history[0].project.id]
    carrying = {
        deployment.id
        for deployment in history
        if any(includes_merge_request(deployment, mr) for mr in here)
    }
    carrying |= {number for mr in here for number in by_key.get(mr.key, ())}
    carrying |= {
        deployment.id
        for deployment in history
        if deployment_activity_id(deployment) in activity_ids
    }
    return environment_statuses(history, frozenset(carrying)) if carrying else ()
