"""Which commits are a merge request's own work: not its target's, nor another one's before it.

A push hook lists everything that a branch did not have before, so a merge or a rebase brings what
others did. Whose commits they are the code host is asked, once for each head.
https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.activity import Push
from sync.core.model.common import Commit
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import (
    MergeRequest,
    MergeRequestKey,
    MergeRequestState,
)
from sync.engine.ingest.earlier_work import (
    CommitsByMergeRequest,
    MergeRequests,
    digest_key,
    key_of_project,
    sha_key,
    without_earlier_work,
)
from sync.store import activity as store_activity
from sync.store import commits as store_pushed_commits
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests
from sync.store import protected_branches
from sync.store import smart_commits as store_smart_commits
from sync.store.merge_request_commits import version_of
from sync.store.merge_requests import BranchKey

# What git and the code host write by themselves names branches, not work.
_MERGE_MESSAGE = re.compile(r"Merge (?:branch|remote-tracking branch|tag|commit|pull request)\b")


@dataclass(frozen=True, slots=True)
class OwnCommits:
    """The own commits of merge requests; `is_due`: the code host is to be asked for others."""

    commits: CommitsByMergeRequest
    is_due: bool


def load(
    conn: Connection,
    merge_requests: MergeRequests,
    versions: Mapping[MergeRequestKey, str],
    now: datetime,
) -> OwnCommits:
    """Return the own commits of those whose commits are known as they are now.

    The others are left out, and the code host will be asked for them. `versions`: as stored.
    """
    stale = {
        key: item
        for key, item in merge_requests.items()
        if version_of(item) and version_of(item) != versions.get(key)
    }
    certain = _listed_by_new_branches(conn, stale)
    store_commits.save(
        conn,
        {(key, version_of(stale[key])): commits for key, commits in certain.items()},
        first=not any(versions.get(key) for key in certain),
    )
    due = (stale.keys() - certain.keys()) | repeating(conn, certain)
    store_commits.mark_due(conn, due, now)
    current = {
        key: item
        for key, item in merge_requests.items()
        if version_of(item) and (key in certain or key not in stale)
    }
    commits = store_commits.by_merge_requests(conn, current.keys() - certain.keys()) | certain
    shared = _with_shared_source(conn, [i for k, i in current.items() if k not in certain])
    unnumbered = [item for item in merge_requests.values() if not version_of(item)]
    by_key = pushed_commits(conn, unnumbered)  # a job told of them, without a head
    current |= {item.key: item for item in unnumbered}
    commits |= {item.key: by_key.get(item.branch_key, ()) for item in unnumbered}
    result = {key: () if key in shared else commits.get(key, ()) for key in current}
    may_copy = current.keys() - certain.keys()
    own = without_earlier_work(conn, current, result, may_copy=may_copy)
    return OwnCommits(own, bool(due))


def repeating(conn: Connection, commits: CommitsByMergeRequest) -> frozenset[MergeRequestKey]:
    """Return those whose commits give hours that another commit gave in the same words.

    No hook tells when a commit was written first: a pick keeps that moment, new work has its own.
    """
    keys_by_sha = {
        sha_key(key, commit.sha): key
        for key, listed in commits.items()
        for commit in listed
        if "#" in commit.message
    }
    shas = store_smart_commits.repeated(conn, keys_by_sha) if keys_by_sha else ()
    return frozenset(keys_by_sha[sha] for sha in shas)


def pushed_commits(
    conn: Connection, merge_requests: Iterable[MergeRequest]
) -> dict[BranchKey, tuple[Commit, ...]]:
    """Return what pushes brought to the branches and to no other branch before."""
    return {
        branch: tuple(c for c in commits if not is_merge_message(c.message))
        for branch, commits in store_pushed_commits.first_on_branches(
            conn, {item.branch_key for item in merge_requests}
        ).items()
    }


def save_landed(
    conn: Connection, merge_requests: MergeRequests, pushes: Iterable[Push] = ()
) -> None:
    """Remember as what commits merge requests reached their target: a squash is a new one.

    The hook of the merge and that of the push come in any order.
    """
    landed: dict[MergeRequestKey, Sequence[Commit]] = {}
    merged_as = {
        (*key_of_project(item), Kind.PUSH.value, f"{item.merge_sha}:{item.target_branch}"): key
        for key, item in merge_requests.items()
        if item.state is MergeRequestState.MERGED and item.merge_sha
    }
    for activity_id, (push, _) in store_activity.get(conn, merged_as).items() if merged_as else ():
        if isinstance(push, Push):
            landed[merged_as[activity_id]] = push.commits
    by_sha = {
        (push.project.connection_id, push.project.id, push.after): push
        for push in pushes
        if push.commits and not push.deleted
    }
    for merged_sha, keys in store_commits.merged_as(conn, by_sha).items():
        landed |= {key: by_sha[merged_sha].commits for key in keys}
    store_commits.add(
        conn,
        {
            key: [commit for commit in commits if not is_merge_message(commit.message)]
            for key, commits in landed.items()
        },
    )


def sharing(conn: Connection, merge_requests: MergeRequests) -> MergeRequests:
    """Return the open merge requests that have commits of those that were merged.

    A fork may take the same branch of ours in.
    """
    merged = {k for k, item in merge_requests.items() if item.state is MergeRequestState.MERGED}
    commits = store_commits.by_merge_requests(conn, merged)
    shas = {sha_key(key, commit.sha) for key, listed in commits.items() for commit in listed}
    keys = frozenset[MergeRequestKey]().union(*store_commits.by_shas(conn, shas).values())
    digests = {digest_key(key, commit) for key, listed in commits.items() for commit in listed}
    copies = store_commits.by_digests(conn, digests) if digests else {}
    keys |= {key for twins in copies.values() for key, _ in twins}
    keys |= _taken_in_elsewhere(conn, [merge_requests[key] for key in merged])
    merge_request_keys = store_commits.open_ones(conn, keys - merge_requests.keys())
    return store_merge_requests.without_pipelines(conn, merge_request_keys)


def _taken_in_elsewhere(
    conn: Connection, merged: Sequence[MergeRequest]
) -> frozenset[MergeRequestKey]:
    """Return the merge requests of other projects that come from the same branches."""
    branches = {item.branch_key for item in merged}
    by_branch = store_merge_requests.by_branches(conn, branches) if branches else {}
    return frozenset(
        key for branch, keys in by_branch.items() for key in keys if key.project_id != branch[1]
    )


def _listed_by_new_branches(conn: Connection, stale: MergeRequests) -> CommitsByMergeRequest:
    """Return what is certain without asking: a new branch's hook lists what the default branch
    has not, which is what a merge request of it into the default branch has.

    See app/services/git/branch_hooks_service.rb in GitLab's source.
    """
    candidates = {
        key: (*key_of_project(item), Kind.BRANCH.value, item.source_branch)
        for key, item in stale.items()
        if not item.from_fork and item.target_branch == item.project.default_branch
    }
    pushes = store_activity.get(conn, candidates.values()) if candidates else {}
    listed: CommitsByMergeRequest = {}
    for key, activity_id in candidates.items():
        push, _ = pushes.get(activity_id, (None, False))
        if isinstance(push, Push) and _is_listed_whole(push, stale[key].head_sha):
            listed[key] = tuple(c for c in push.commits if not is_merge_message(c.message))
    return listed


def _is_listed_whole(push: Push, head_sha: str) -> bool:
    """Tell whether the hook of a new branch lists all commits up to the head."""
    return push.created and push.after == head_sha and 0 < push.total == len(push.commits)


def is_merge_message(message: str) -> bool:
    """Tell whether git or the code host wrote the message of a merge by itself."""
    return _MERGE_MESSAGE.match(message) is not None


def _with_shared_source(
    conn: Connection, merge_requests: Iterable[MergeRequest]
) -> frozenset[MergeRequestKey]:
    """Return those that come from a default or protected branch: it holds everybody's work."""
    own = [item for item in merge_requests if not item.from_fork]
    protected = protected_branches.protected_branches(conn, map(key_of_project, own))
    return frozenset(
        item.key
        for item in own
        if item.source_branch == item.project.default_branch
        or item.source_branch in protected.get(key_of_project(item), ())
    )
