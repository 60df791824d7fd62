"""Asks code hosts which commits a branch still has, where it may have been pushed over by force.

A push hook does not say that it was forced, and lists what is new only. Where a merge request is
open its own commits count, which are asked for anyway.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

import structlog
from sqlalchemy import Connection

from sync.engine.deps import TASK, Deps, read_scope
from sync.engine.ingest import mirror_lock as ingest_mirror_lock
from sync.engine.ingest.pushes import tasks_named
from sync.engine.reconcile.fetch import code_host_client
from sync.errors import Later, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.json_fields import text
from sync.store import branch_checks, commits, subjects
from sync.store import projects as store_projects
from sync.store.db.database import select_only
from sync.store.merge_requests import BranchKey

log = structlog.get_logger()

BRANCHES_PER_FETCH = 50  # of a portal in one turn
MAX_COMMITS = 300  # that a branch may have beside the default one: a longer one is left as it is
RETRY_AFTER = timedelta(minutes=1)


def fetch_branch_commits(deps: Deps, portal_id: int) -> int:
    """Ask for the commits of the branches that are due; of how many.

    A host that does not answer is asked again later. Where nobody can be asked, what was pushed
    stays.
    """
    with select_only(deps.database) as conn:
        waiting = branch_checks.due(conn, portal_id, deps.clock.now(), BRANCHES_PER_FETCH)
        defaults = store_projects.default_branches(conn, {key[:2] for key in waiting})
    for branch in waiting:
        _fetch_branch(deps, portal_id, branch, defaults.get(branch[:2], ""))
    return len(waiting)


def _fetch_branch(deps: Deps, portal_id: int, branch: BranchKey, default: str) -> None:
    client, shas, is_unanswered = code_host_client(deps, branch[0]), None, False
    try:
        if client and default:
            shas = _read_shas(client, branch, default)
    except SyncError as error:
        log.warning("branch_unread", branch=branch[2], error=str(error))
        is_unanswered = isinstance(error, Later)

    def save(conn: Connection) -> None:
        if is_unanswered:
            branch_checks.mark_due(conn, [branch], deps.clock.now() + RETRY_AFTER)
            return
        branch_checks.remove(conn, branch)
        if shas is not None:
            _unlink(conn, deps, portal_id, branch, shas, default)

    ingest_mirror_lock.write_mirror(deps, portal_id, save)


def _read_shas(client: GitLab, branch: BranchKey, default: str) -> frozenset[str] | None:
    """Return what the branch has beside the default one; None for more than can be read.

    https://docs.gitlab.com/api/commits/#list-repository-commits
    """
    path = f"/projects/{branch[1]}/repository/commits"
    listed = client.list(path, ref_name=f"{default}..{branch[2]}")
    shas = [text(row.get("id")) for row in islice(listed, MAX_COMMITS + 1)]
    return frozenset(shas) if len(shas) <= MAX_COMMITS else None


def _unlink(
    conn: Connection,
    deps: Deps,
    portal_id: int,
    branch: BranchKey,
    shas: frozenset[str],
    default: str,
) -> None:
    """Forget the commits that left the branch, and the tasks that only they named."""
    pushed = commits.by_branches(conn, [branch, (*branch[:2], default)])
    merged = {commit.sha for commit in pushed.get((*branch[:2], default), ())}
    listed = pushed.get(branch, ())
    left = {commit.sha for commit in listed} - shas - merged
    branch_checks.remove_commits(conn, branch, left)
    rules = read_scope(deps, conn, portal_id).rules.references
    first = commits.first_on_branches(conn, [branch]).get(branch, ())
    named = set(tasks_named(branch[2], [commit.message for commit in first], rules))
    gone = branch_checks.tasks_of_branch(conn, portal_id, branch) - named
    branch_checks.remove_tasks(conn, portal_id, branch, gone)
    marks = [(TASK, str(task_id), f"its commits left {branch[2]}") for task_id in sorted(gone)]
    subjects.mark_dirty_many(conn, portal_id, marks, deps.clock.now())
