"""Asks code hosts which commits merge requests have, in bulk and once for each head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby

import structlog
from sqlalchemy import Connection

from sync.core.model.merge_requests import MergeRequest
from sync.engine.deps import Deps, read_scope
from sync.engine.ingest import mirror_lock as ingest_mirror_lock
from sync.engine.ingest import own_commits, smart_commits
from sync.engine.ingest.merge_requests import update_links
from sync.engine.reconcile.fetch import code_host_client
from sync.errors import Later, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_request_commits import MergeRequestCommits, read_commits
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests
from sync.store import subjects
from sync.store.db.database import read
from sync.store.merge_request_commits import version_of
from sync.store.subjects import Mark

log = structlog.get_logger()

MERGE_REQUESTS_PER_FETCH = 200  # of a portal in one turn
RETRY_AFTER = timedelta(minutes=1)  # a host that did not answer is asked again
GIVE_UP_AFTER = timedelta(days=1)


def fetch_merge_request_commits(deps: Deps, portal_id: int) -> int:
    """Ask the code hosts for the commits that are not known; of how many merge requests.

    A host that does not answer is asked again later. Where nobody can be asked, what pushes told
    of the branch stands in.
    """
    with read(deps.database) as conn:
        waiting = store_commits.due(conn, portal_id, deps.clock.now(), MERGE_REQUESTS_PER_FETCH)
    by_project = sorted(waiting, key=own_commits.key_of_project)
    clients: dict[int, GitLab | None] = {}
    for (connection_id, _), group in groupby(by_project, key=own_commits.key_of_project):
        if connection_id not in clients:
            clients[connection_id] = code_host_client(deps, connection_id)
        _fetch_project(deps, portal_id, clients[connection_id], list(group))
    return len(waiting)


def _fetch_project(
    deps: Deps, portal_id: int, client: GitLab | None, waiting: Sequence[MergeRequest]
) -> None:
    answers: Mapping[int, MergeRequestCommits] = {}
    project = max(waiting, key=lambda item: item.updated_at).project
    unanswered = False
    try:
        if client:
            answers = read_commits(client, project, [item.iid for item in waiting])
    except SyncError as error:
        log.warning("commits_unread", project=project.path, error=str(error))
        unanswered = isinstance(error, Later)

    def save(conn: Connection) -> None:
        if unanswered:
            _postpone(conn, deps, waiting)
        else:
            _save(conn, deps, portal_id, waiting, answers)

    ingest_mirror_lock.write_mirror(deps, portal_id, save)


def _postpone(conn: Connection, deps: Deps, waiting: Sequence[MergeRequest]) -> None:
    for item in waiting:
        store_commits.postpone(
            conn, item, deps.clock.now(), retry=RETRY_AFTER, give_up=GIVE_UP_AFTER
        )


def _save(
    conn: Connection,
    deps: Deps,
    portal_id: int,
    waiting: Sequence[MergeRequest],
    answers: Mapping[int, MergeRequestCommits],
) -> None:
    """Store the commits and bring the links of their merge requests up to date."""
    now = deps.clock.now()
    pushed = own_commits.pushed_commits(conn, [item for item in waiting if item.iid not in answers])
    store_commits.save(
        conn,
        {
            (item.key, _version(item, answers.get(item.iid))): answers[item.iid].commits
            if item.iid in answers
            else pushed.get(item.branch_key, ())
            for item in waiting
        },
    )
    rules = read_scope(deps, conn, portal_id).rules.references
    marks: list[Mark] = []
    for item in waiting:
        if item.iid in answers:
            places = {own_commits.key_of_project(item), item.branch_key[:2]}
            commits = dict.fromkeys(places, answers[item.iid].commits)
            marks += smart_commits.count_own(conn, portal_id, commits, rules, now)
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    keys = [item.key for item in waiting]
    current = store_merge_requests.without_pipelines(conn, keys)
    update_links(
        conn,
        portal_id,
        current,
        rules,
        now=now,
        silent_keys=store_commits.silent_keys(conn, keys),
    )


def _version(item: MergeRequest, answer: MergeRequestCommits | None) -> str:
    """Return what the answer is of, where the host says so: it may know more than the last hook."""
    if answer and answer.head_sha and answer.target_branch:
        return f"{answer.head_sha}:{answer.target_branch}"
    return version_of(item)
