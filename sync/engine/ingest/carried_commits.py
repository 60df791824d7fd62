"""Which commits a push to a shared branch only carries on: another shared branch had them before.

A back-merge of `main` into `develop`, or a release of `develop` to `main`, brings work that was
merged elsewhere; its tasks follow the pipelines of the branch to which it was merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from sync.core.model.activity import Push
from sync.core.model.merge_requests import MergeRequestKey
from sync.core.model.smart_commits import is_shared_name
from sync.engine.ingest.outcome import branch_key
from sync.store import commits as store_commits
from sync.store import merge_request_commits, merge_requests, protected_branches
from sync.store.merge_requests import BranchKey


def carried_commits(
    conn: Connection, pushes: Sequence[Push], shas: Iterable[tuple[BranchKey, str]]
) -> frozenset[tuple[BranchKey, str]]:
    """Return those of the pushes' commits, by branch and sha, that are carried on.

    What a merge request of a branch of its own brings to a second target is work there.
    """
    places = list(shas)
    earlier = store_commits.earlier_branches(conn, places) if places else {}
    if not any(earlier.values()):
        return frozenset()
    defaults = {branch_key(push)[:2]: push.project.default_branch for push in pushes}
    protected = protected_branches.protected_branches(conn, defaults)

    def is_shared(project: tuple[int, int], branch: str) -> bool:
        names = protected.get(project, ())
        return branch == defaults[project] or branch in names or is_shared_name(branch)

    carried = {
        (branch, sha)
        for branch, sha in places
        if any(is_shared(branch[:2], name) for name in earlier.get((branch, sha), ()))
    }
    owners = merge_request_commits.by_shas(conn, {(*branch[:2], sha) for branch, sha in carried})
    keys = frozenset[MergeRequestKey]().union(*owners.values())
    items = merge_requests.without_pipelines(conn, keys)
    brought = {
        (branch, sha)
        for branch, sha in carried
        for key in owners.get((*branch[:2], sha), ())
        if (item := items.get(key)) and item.target_branch == branch[2]
        if item.from_fork or not is_shared(branch[:2], item.source_branch)
    }
    return frozenset(carried - brought)
