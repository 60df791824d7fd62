"""Asks code hosts what deployments contain, and marks the tasks whose work that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sync.core.deployments.contents import find_contents
from sync.core.deployments.environments import previous_success, undone_by
from sync.core.model.common import Commit
from sync.core.model.deployments import Deployment, same_commit
from sync.engine.audit.recording import recording_transaction
from sync.engine.deps import Deps, read_scope
from sync.engine.ingest.deployments import (
    NEAREST_LIMIT,
    affected_tasks,
    deployment_id,
    mark_dirty,
)
from sync.engine.load.related_tasks import deployment_activity_id
from sync.engine.reconcile.fetch import code_host_client
from sync.errors import Later, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.deployments import Comparison, compare_commits, read_merge_request_iids
from sync.log import log
from sync.store import activity as store_activity
from sync.store import deployments
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import select_only

T = TypeVar("T")

DEPLOYMENTS_PER_FETCH = 20  # questions to code hosts in one turn
RETRY_AFTER = timedelta(minutes=1)  # a host that did not answer is asked again
GIVE_UP_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FetchedContents:
    """What the host said of a deployment: merge requests by number, and commits.

    `lacks`: commits deployed there before that it does not contain.
    """

    iids: frozenset[int] = frozenset()
    commits: tuple[Commit, ...] = ()
    lacks: tuple[str, ...] = ()


def fetch_deployment_contents(deps: Deps, portal_id: int) -> int:
    """Ask the code hosts what deployments contain, outside any transaction; of how many.

    A host that does not answer is asked again later; one that refuses is not.
    """
    with select_only(deps.database) as conn:
        waiting = deployments.to_fetch(conn, portal_id, deps.clock.now(), DEPLOYMENTS_PER_FETCH)
    clients: dict[int, GitLab | None] = {}
    silent: set[int] = set()
    for deployment in waiting:
        place = deployment.project.connection_id
        if place not in clients:
            clients[place] = code_host_client(deps, place)
        client = None if place in silent else clients[place]
        try:
            fetched_contents = (
                _read_contents(deps, client, deployment) if client else FetchedContents()
            )
        except Later as error:
            log.warning(
                "deployment_unread", connection_id=place, id=deployment.id, error=str(error)
            )
            silent.add(place)
        _save_contents(deps, portal_id, deployment, None if place in silent else fetched_contents)
    return len(waiting)


def _read_contents(deps: Deps, client: GitLab, deployment: Deployment) -> FetchedContents:
    """Read what the host says the deployment contains, and the commits since the one before it.

    What it refuses to tell is nothing. Raises Later.
    """
    place = deployment.project.connection_id, deployment.project.id
    with select_only(deps.database) as conn:
        near = deployments.newest(conn, [place], NEAREST_LIMIT, deployment.environment)[place]
    before = previous_success(deployment, near)
    nothing: frozenset[int] = frozenset()
    iids = _or_if_refused(
        lambda: read_merge_request_iids(client, place[1], deployment.id), deployment, nothing
    )
    if before is None:
        return FetchedContents(iids)
    comparison = _compare(client, deployment, before.sha, deployment.sha)
    lacks: tuple[str, ...] = ()
    if not comparison.follows and not undone_by(deployment, near):
        earlier = [of.sha for of in near if of.sort_key < deployment.sort_key]
        missing = _compare(client, deployment, deployment.sha, before.sha).commits
        lacks = tuple(
            sha for sha in earlier if any(same_commit(sha, commit.sha) for commit in missing)
        )
    return FetchedContents(iids, comparison.commits, lacks)


def _compare(client: GitLab, deployment: Deployment, before: str, after: str) -> Comparison:
    return _or_if_refused(
        lambda: compare_commits(client, deployment.project.id, before, after),
        deployment,
        Comparison(),
    )


def _or_if_refused(question: Callable[[], T], deployment: Deployment, otherwise: T) -> T:
    try:
        return question()
    except Later:
        raise
    except SyncError as error:
        log.warning("deployment_unread", id=deployment.id, error=str(error))
        return otherwise


def _save_contents(
    deps: Deps, portal_id: int, deployment: Deployment, fetched_contents: FetchedContents | None
) -> None:
    """Store what a deployment contains; None: the host did not answer."""
    now = deps.clock.now()
    with recording_transaction(deps) as conn:
        if fetched_contents is None:
            given_up = now - deployment.updated_at > GIVE_UP_AFTER
            deployments.set_fetch_at(conn, deployment, None if given_up else now + RETRY_AFTER)
            return
        rules = read_scope(deps, conn, portal_id).rules.references
        deployment_contents = find_contents(
            fetched_contents.commits, deployment.project.path, rules
        )
        place = deployment.project.connection_id, deployment.project.id
        of_commits = store_merge_requests.by_commits(conn, place, deployment_contents.shas)
        included = (
            fetched_contents.iids | deployment_contents.iids | {key.iid for key in of_commits}
        )
        deployments.save_contents(conn, {deployment_id(deployment): included})
        store_activity.save_tasks(
            conn,
            portal_id,
            [(deployment_activity_id(deployment), t) for t in deployment_contents.task_ids],
        )
        deployments.set_fetch_at(conn, deployment, None)
        deployments.set_lacks(conn, deployment, fetched_contents.lacks)
        mark_dirty(
            conn,
            portal_id,
            affected_tasks(conn, portal_id, [deployment]),
            deployment.environment,
            now,
        )
