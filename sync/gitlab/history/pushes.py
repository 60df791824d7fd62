"""Pushes that no webhook told, put together from branches and their commits.

GitLab keeps no list of pushes with their commits: what a branch got since is told as one push.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sync.core.model.activity import Push
from sync.core.model.common import Commit, Project
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_requests import build_commit
from sync.gitlab.api.pagination import Cursor, Page
from sync.gitlab.history.changes import Pusher, read_pushers
from sync.gitlab.history.project import read_branches

MOST_COMMITS = 100  # of one branch: a page


def read_branches_with_commits(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Push]:
    """Read a page of branches whose last commit is of `since` or later, with their new commits.

    `before` is the parent of the oldest of them, "" where that is not told. Each such branch costs
    a request; who pushed, and whether the branch was created, another for all of them.
    https://docs.gitlab.com/api/commits/#list-repository-commits
    """
    page = read_branches(client, project, since, cursor)
    grown = [branch for branch in page.items if branch.at and branch.at >= since and branch.after]
    pushers = read_pushers(client, project, since) if grown else {}
    return Page(
        tuple(
            _with_pusher(push, pushers)
            for branch in grown
            for push in _as_push(client, branch, since)
        ),
        page.cursor,
    )


def _with_pusher(push: Push, pushers: Mapping[tuple[str, str], Pusher]) -> Push:
    pusher = pushers.get((push.branch, push.after))
    return replace(push, actor=pusher.person, created=pusher.created) if pusher else push


def _as_push(client: GitLab, branch: Push, since: datetime) -> Iterator[Push]:
    path = f"/projects/{branch.project.id}/repository/commits"
    listed = list(
        islice(client.list(path, ref_name=branch.branch, since=since.isoformat()), MOST_COMMITS)
    )
    commits: tuple[Commit, ...] = tuple(map(build_commit, reversed(listed)))
    if not commits or commits[-1].sha != branch.after:
        return
    parents = listed[-1].get("parent_ids")
    yield Push(
        project=branch.project,
        branch=branch.branch,
        commits=commits,
        actor=None,
        after=branch.after,
        before=str(parents[0]) if isinstance(parents, list) and parents else "",
        total=len(commits),
        protected=branch.protected,
        at=branch.at,
    )
