"""Deployments: whose work they carry, asked of the code host where commits do not tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from sync.core.deployments.contents import find_contents
from sync.core.deployments.environments import (
    Deployment,
    DeploymentStatus,
    EnvironmentStatus,
    environment_statuses,
    includes_merge_request,
    previous_success,
)
from sync.core.model.common import Commit, MergeRequest
from sync.core.model.events import DeploymentEvent
from sync.core.model.kinds import Kind
from sync.core.model.task_view import LinkView
from sync.engine.audit.recording import recording_transaction
from sync.engine.deps import TASK, Deps
from sync.engine.load.related_tasks import deployment_activity_id
from sync.errors import Later, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.webhooks import deployments as gitlab_deployments
from sync.store import activity as store_activity
from sync.store import connections, deployments, links, subjects
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import read

log = structlog.get_logger()
T = TypeVar("T")

HISTORY_LIMIT = 300  # deployments of a project that a task's message is made from
NEAREST_LIMIT = (
    30  # deployments of an environment whose tasks hear of a new one: a rollback undoes them
)
DEPLOYMENTS_PER_FETCH = 20  # questions to code hosts in one turn
RETRY_AFTER = timedelta(minutes=1)  # a host that did not answer is asked again
GIVE_UP_AFTER = timedelta(days=1)
_REJECTION_ORDER = (DeploymentStatus.REJECTED, DeploymentStatus.FAILED)  # the host's order


@dataclass(frozen=True, slots=True)
class FetchedContents:
    """What the host said of a deployment: merge requests by number, and commits."""

    iids: frozenset[int] = frozenset()
    commits: tuple[Commit, ...] = ()


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


def fetch_deployment_contents(deps: Deps, portal_id: int) -> int:
    """Asks the code hosts what deployments carry, outside any transaction; how many it asked of.

    A host that does not answer is asked again later; one that refuses is not.
    """
    with read(deps.database) as conn:
        waiting = deployments.to_fetch(conn, portal_id, deps.clock.now(), DEPLOYMENTS_PER_FETCH)
    clients: dict[int, GitLab | None] = {}
    silent: set[int] = set()
    for one in waiting:
        place = one.project.connection_id
        if place not in clients:
            clients[place] = _code_host_client(deps, place)
        client = None if place in silent else clients[place]
        try:
            found = _read_contents(deps, client, one) if client else FetchedContents()
        except Later as error:
            log.warning("deployment_unread", connection_id=place, id=one.id, error=str(error))
            silent.add(place)
        _save_contents(deps, portal_id, one, None if place in silent else found)
    return len(waiting)


def _read_contents(deps: Deps, client: GitLab, one: Deployment) -> FetchedContents:
    """What the host says the deployment brought, and the commits since the one before it.

    What it refuses to tell is nothing. Raises Later.
    """
    place = one.project.connection_id, one.project.id
    with read(deps.database) as conn:
        near = deployments.newest(conn, [place], NEAREST_LIMIT, one.environment)[place]
    before = previous_success(one, near)
    iids = _empty_if_refused(
        lambda: gitlab_deployments.read_merge_request_iids(client, place[1], one.id), one
    )
    commits = (
        _empty_if_refused(
            lambda: gitlab_deployments.read_commits(client, place[1], before.sha, one.sha), one
        )
        if before
        else ()
    )
    return FetchedContents(frozenset(iids), tuple(commits))


def _empty_if_refused(question: Callable[[], Collection[T]], one: Deployment) -> Collection[T]:
    try:
        return question()
    except Later:
        raise
    except SyncError as error:
        log.warning("deployment_unread", id=one.id, error=str(error))
        return ()


def load(
    conn: Connection, portal_id: int, seen: Mapping[int, tuple[LinkView, ...]]
) -> dict[int, tuple[EnvironmentStatus, ...]]:
    """The environments of each task's projects; of a task whose work was deployed nowhere none."""
    counting = {
        task_id: [link.merge_request for link in shown if link.moves_task and link.visible]
        for task_id, shown in seen.items()
    }
    every = {mr.key: mr for mine in counting.values() for mr in mine}
    named = store_activity.ids_of_tasks(conn, portal_id, seen, Kind.DEPLOYMENT)
    projects = {
        task_id: {(mr.key.connection_id, mr.key.project_id) for mr in mine}
        | {key[:2] for key in named.get(task_id, ())}
        for task_id, mine in counting.items()
    }
    history = deployments.newest(conn, set().union(*projects.values()), HISTORY_LIMIT)
    told = deployments.deployments_containing(conn, every)
    return {
        task_id: tuple(
            place
            for project in sorted(projects[task_id])
            for place in _environments(history[project], mine, told, named.get(task_id, ()))
        )
        for task_id, mine in counting.items()
    }


def _environments(
    history: Sequence[Deployment],
    mine: Iterable[MergeRequest],
    told: Mapping[object, frozenset[int]],
    named: Sequence[store_activity.ActivityId],
) -> tuple[EnvironmentStatus, ...]:
    if not history:
        return ()
    here = [mr for mr in mine if mr.key.project_id == history[0].project.id]
    carrying = {one.id for one in history if any(includes_merge_request(one, mr) for mr in here)}
    carrying |= {number for mr in here for number in told.get(mr.key, ())}
    carrying |= {one.id for one in history if deployment_activity_id(one) in named}
    return environment_statuses(history, frozenset(carrying)) if carrying else ()


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


def _save_contents(
    deps: Deps, portal_id: int, one: Deployment, found: FetchedContents | None
) -> None:
    """`found` None: the host did not answer."""
    now = deps.clock.now()
    with recording_transaction(deps) as conn:
        if found is None:
            given_up = now - one.updated_at > GIVE_UP_AFTER
            deployments.set_fetch_at(conn, one, None if given_up else now + RETRY_AFTER)
            return
        rules = deps.rules_for(portal_id).references
        told = find_contents(found.commits, one.project.path, rules)
        place = one.project.connection_id, one.project.id
        of_commits = store_merge_requests.by_commits(conn, place, told.shas)
        carried = found.iids | told.iids | {key.iid for key in of_commits}
        deployments.save_contents(conn, {_deployment_id(one): carried})
        store_activity.save_tasks(
            conn, portal_id, [(deployment_activity_id(one), t) for t in told.task_ids]
        )
        deployments.set_fetch_at(conn, one, None)
        _mark_dirty(conn, portal_id, _affected_tasks(conn, portal_id, [one]), one.environment, now)


def _code_host_client(deps: Deps, connection_id: int) -> GitLab | None:
    """None where the connection has no token."""
    with read(deps.database) as conn:
        record = connections.by_id(conn, connection_id)
    try:
        return deps.code_host_for(record) if record else None
    except SyncError:
        return None


def _deployment_id(one: Deployment) -> deployments.DeploymentId:
    return one.project.connection_id, one.project.id, one.id
