"""Deployments: whose work they carry, asked of the code host where commits do not tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from sync.core.deployments.contents import shipped
from sync.core.deployments.environments import (
    Deployment,
    DeploymentStatus,
    Place,
    carries,
    places,
    previous,
)
from sync.core.model.common import Commit, MergeRequest
from sync.core.model.events import DeploymentHeard
from sync.core.model.kinds import Kind
from sync.core.model.task_view import LinkView
from sync.engine.audit.recording import recording
from sync.engine.deps import TASK, Deps
from sync.engine.load.related_tasks import deployed_id
from sync.errors import Later, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.webhooks import deployments as gitlab_deployments
from sync.store import activity as store_activity
from sync.store import connections, deployments, links, subjects
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import read

log = structlog.get_logger()
T = TypeVar("T")

HISTORY = 300  # deployments of a project that a task's message is made from
NEAR = 30  # deployments of an environment whose tasks hear of a new one: a rollback undoes them
AT_ONCE = 20  # questions to code hosts in one turn
AGAIN = timedelta(minutes=1)  # a host that did not answer is asked again
GIVEN_UP = timedelta(days=1)
_REJECTED = (DeploymentStatus.REJECTED, DeploymentStatus.FAILED)  # the host's order


@dataclass(frozen=True, slots=True)
class Carried:
    """What the host said of a deployment: merge requests by number, and commits."""

    iids: frozenset[int] = frozenset()
    commits: tuple[Commit, ...] = ()


def take_in(
    conn: Connection, portal_id: int, heard: Sequence[DeploymentHeard], now: datetime
) -> dict[DeploymentHeard, tuple[int, ...]]:
    """Stores the deployments and marks the tasks dirty whose work they carry, or take away.

    Returns the tasks whose work each carries, as far as is known without asking the host.
    """
    deployments.save(conn, _latest(heard), now)
    told = {_id(event.deployment): event.carries for event in heard if event.carries}
    deployments.save_carried(conn, told)
    for event in heard:
        one = event.deployment
        place = one.project.connection_id, one.project.id
        near = deployments.newest(conn, [place], NEAR, one.environment)[place]
        _mark(conn, portal_id, _tasks(conn, portal_id, near), one.environment, now)
    return {event: _tasks(conn, portal_id, [event.deployment]) for event in heard}


def ask(deps: Deps, portal_id: int) -> int:
    """Asks the code hosts what deployments carry, outside any transaction; how many it asked of.

    A host that does not answer is asked again later; one that refuses is not.
    """
    with read(deps.database) as conn:
        waiting = deployments.to_ask(conn, portal_id, deps.clock.now(), AT_ONCE)
    clients: dict[int, GitLab | None] = {}
    silent: set[int] = set()
    for one in waiting:
        place = one.project.connection_id
        if place not in clients:
            clients[place] = _client(deps, place)
        client = None if place in silent else clients[place]
        try:
            found = _asked(deps, client, one) if client else Carried()
        except Later as error:
            log.warning("deployment_unread", connection_id=place, id=one.id, error=str(error))
            silent.add(place)
        _answered(deps, portal_id, one, None if place in silent else found)
    return len(waiting)


def _asked(deps: Deps, client: GitLab, one: Deployment) -> Carried:
    """What the host says the deployment brought, and the commits since the one before it.

    What it refuses to tell is nothing. Raises Later.
    """
    place = one.project.connection_id, one.project.id
    with read(deps.database) as conn:
        near = deployments.newest(conn, [place], NEAR, one.environment)[place]
    before = previous(one, near)
    iids = _or_nothing(lambda: gitlab_deployments.carried(client, place[1], one.id), one)
    commits = (
        _or_nothing(lambda: gitlab_deployments.brought(client, place[1], before.sha, one.sha), one)
        if before
        else ()
    )
    return Carried(frozenset(iids), tuple(commits))


def _or_nothing(question: Callable[[], Collection[T]], one: Deployment) -> Collection[T]:
    try:
        return question()
    except Later:
        raise
    except SyncError as error:
        log.warning("deployment_unread", id=one.id, error=str(error))
        return ()


def load(
    conn: Connection, portal_id: int, seen: Mapping[int, tuple[LinkView, ...]]
) -> dict[int, tuple[Place, ...]]:
    """The environments of each task's projects; of a task whose work was deployed nowhere none."""
    counting = {
        task_id: [link.merge_request for link in shown if link.moves and link.loud]
        for task_id, shown in seen.items()
    }
    every = {mr.key: mr for mine in counting.values() for mr in mine}
    named = store_activity.keys_of_tasks(conn, portal_id, seen, Kind.DEPLOYMENT)
    projects = {
        task_id: {(mr.key.connection_id, mr.key.project_id) for mr in mine}
        | {key[:2] for key in named.get(task_id, ())}
        for task_id, mine in counting.items()
    }
    history = deployments.newest(conn, set().union(*projects.values()), HISTORY)
    told = deployments.carrying(conn, every)
    return {
        task_id: tuple(
            place
            for project in sorted(projects[task_id])
            for place in _places(history[project], mine, told, named.get(task_id, ()))
        )
        for task_id, mine in counting.items()
    }


def _places(
    history: Sequence[Deployment],
    mine: Iterable[MergeRequest],
    told: Mapping[object, frozenset[int]],
    named: Sequence[store_activity.ItemId],
) -> tuple[Place, ...]:
    if not history:
        return ()
    here = [mr for mr in mine if mr.key.project_id == history[0].project.id]
    carrying = {one.id for one in history if any(carries(one, mr) for mr in here)}
    carrying |= {number for mr in here for number in told.get(mr.key, ())}
    carrying |= {one.id for one in history if deployed_id(one) in named}
    return places(history, frozenset(carrying)) if carrying else ()


def _latest(heard: Iterable[DeploymentHeard]) -> list[Deployment]:
    """One account of each: a statement may not write a row twice."""
    found: dict[tuple[object, ...], Deployment] = {}
    for event in heard:
        one = event.deployment
        key = (*_id(one), one.environment)
        if key not in found or _outlasts(one, found[key]):
            found[key] = one
    return list(found.values())


def _outlasts(one: Deployment, other: Deployment) -> bool:
    """Whether `one`, heard later, is the account that stays, by the rule of `deployments.save`."""
    told = other.status, one.status
    if told in (_REJECTED, _REJECTED[::-1]):
        return told == _REJECTED[::-1]
    return other.updated_at <= one.updated_at


def _tasks(conn: Connection, portal_id: int, near: Sequence[Deployment]) -> tuple[int, ...]:
    keys = deployments.merge_requests_of(conn, near)
    rows = [row for found in links.by_merge_requests(conn, keys).values() for row in found]
    ours = {row.task_id for row in rows if row.live and row.portal_id == portal_id}
    named = store_activity.tasks_of(conn, map(deployed_id, near))
    return tuple(sorted(ours.union(*named.values())))


def _mark(
    conn: Connection, portal_id: int, task_ids: Iterable[int], environment: str, now: datetime
) -> None:
    marks = [(TASK, str(task_id), f"deployment to {environment}") for task_id in task_ids]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def _answered(deps: Deps, portal_id: int, one: Deployment, found: Carried | None) -> None:
    """`found` None: the host did not answer."""
    now = deps.clock.now()
    with recording(deps) as conn:
        if found is None:
            given_up = now - one.updated_at > GIVEN_UP
            deployments.set_ask_at(conn, one, None if given_up else now + AGAIN)
            return
        rules = deps.rules_for(portal_id).references
        told = shipped(found.commits, one.project.path, rules)
        place = one.project.connection_id, one.project.id
        of_commits = store_merge_requests.by_commits(conn, place, told.shas)
        carried = found.iids | told.iids | {key.iid for key in of_commits}
        deployments.save_carried(conn, {_id(one): carried})
        store_activity.save_tasks(conn, portal_id, [(deployed_id(one), t) for t in told.task_ids])
        deployments.set_ask_at(conn, one, None)
        _mark(conn, portal_id, _tasks(conn, portal_id, [one]), one.environment, now)


def _client(deps: Deps, connection_id: int) -> GitLab | None:
    """None where the connection has no token."""
    with read(deps.database) as conn:
        record = connections.by_id(conn, connection_id)
    try:
        return deps.code_host_for(record) if record else None
    except SyncError:
        return None


def _id(one: Deployment) -> deployments.DeploymentId:
    return one.project.connection_id, one.project.id, one.id
