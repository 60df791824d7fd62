"""Asks code hosts which commits merge requests have, in bulk and once for each head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby, islice

import structlog
from sqlalchemy import Connection

from sync.core.model.merge_requests import MergeRequest
from sync.engine.deps import Deps, read_scope
from sync.engine.ingest import earlier_work, own_commits, smart_commits
from sync.engine.ingest import mirror_lock as ingest_mirror_lock
from sync.engine.ingest.merge_requests import update_links
from sync.engine.reconcile.fetch import code_host_client
from sync.errors import Later, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_request_commits import MergeRequestCommits, read_commits
from sync.gitlab.json_fields import text
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests
from sync.store import subjects
from sync.store.db.database import select_only
from sync.store.merge_request_commits import ShaKey, version_of
from sync.store.subjects import Mark

log = structlog.get_logger()

MERGE_REQUESTS_PER_FETCH = 200  # of a portal in one turn
RETRY_AFTER = timedelta(minutes=1)  # a host that did not answer is asked again
GIVE_UP_AFTER = timedelta(days=1)
MAX_DOUBTFUL = 10  # commits of a project that are asked for one by one in a turn


def fetch_merge_request_commits(deps: Deps, portal_id: int) -> int:
    """Ask the code hosts for the commits that are not known; of how many merge requests.

    A host that does not answer is asked again later. Where nobody can be asked, what pushes told
    of the branch stands in.
    """
    with select_only(deps.database) as conn:
        waiting = store_commits.due(conn, portal_id, deps.clock.now(), MERGE_REQUESTS_PER_FETCH)
    by_project = sorted(waiting, key=earlier_work.key_of_project)
    clients: dict[int, GitLab | None] = {}
    for (connection_id, _), group in groupby(by_project, key=earlier_work.key_of_project):
        if connection_id not in clients:
            clients[connection_id] = code_host_client(deps, connection_id)
        _fetch_project(deps, portal_id, clients[connection_id], list(group))
    return len(waiting)


def _fetch_project(
    deps: Deps, portal_id: int, client: GitLab | None, waiting: Sequence[MergeRequest]
) -> None:
    answers: Mapping[int, MergeRequestCommits] = {}
    written: frozenset[ShaKey] = frozenset()
    project = max(waiting, key=lambda item: item.updated_at).project
    unanswered = False
    try:
        if client:
            answers = read_commits(client, project, [item.iid for item in waiting])
            written = _find_new_work(deps, client, waiting, answers)
    except SyncError as error:
        log.warning("commits_unread", project=project.path, error=str(error))
        unanswered = isinstance(error, Later)

    def save(conn: Connection) -> None:
        if unanswered:
            _postpone(conn, deps, waiting)
        else:
            _save(conn, deps, portal_id, waiting, answers)
            marks = smart_commits.count_again(conn, portal_id, written, deps.clock.now())
            subjects.mark_dirty_many(conn, portal_id, marks, deps.clock.now())

    ingest_mirror_lock.write_mirror(deps, portal_id, save)


def _find_new_work(
    deps: Deps,
    client: GitLab,
    waiting: Sequence[MergeRequest],
    answers: Mapping[int, MergeRequestCommits],
) -> frozenset[ShaKey]:
    """Return the commits that were written at another moment than those whose words they have.

    A pick and a rebase keep the author's date. Raises SyncError.
    https://docs.gitlab.com/api/commits/#retrieve-a-commit
    """
    with select_only(deps.database) as conn:
        doubtful = {
            (*place, sha): old
            for item in waiting
            if item.iid in answers
            for place in {earlier_work.key_of_project(item), item.branch_key[:2]}
            for sha, old in smart_commits.find_doubtful(
                conn, item, place, answers[item.iid].commits
            ).items()
        }
    return frozenset(
        key
        for key, old in islice(doubtful.items(), MAX_DOUBTFUL)
        if _is_written_anew(*(_read_commit(client, key[1], sha) for sha in (key[2], old)))
    )


def _read_commit(client: GitLab, project_id: int, sha: str) -> tuple[str, str]:
    """Return a commit's message, and when its author wrote it."""
    row = client.get(f"/projects/{project_id}/repository/commits/{sha}")
    return text(row.get("message")).strip(), text(row.get("authored_date"))


def _is_written_anew(new: tuple[str, str], old: tuple[str, str]) -> bool:
    return new[0] == old[0] and new[1] != old[1] and all((*new, *old))


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
            places = {earlier_work.key_of_project(item), item.branch_key[:2]}
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
