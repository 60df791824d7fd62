"""Commits of a merge request that another one brought before it, and copies of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from sync.core.model.common import Commit
from sync.core.model.merge_requests import (
    MergeRequest,
    MergeRequestKey,
    MergeRequestState,
    is_open,
)
from sync.store import commits as store_pushed_commits
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests
from sync.store.merge_requests import BranchKey

MergeRequests = Mapping[MergeRequestKey, MergeRequest]
CommitsByMergeRequest = dict[MergeRequestKey, tuple[Commit, ...]]

# `git cherry-pick -x` and the code host's own button write this trailer.
# https://docs.gitlab.com/user/project/merge_requests/cherry_pick_changes/
CHERRY_PICK = re.compile(r"\(cherry picked from commit ([0-9a-f]{8,64})\)")


def key_of_project(item: MergeRequest) -> tuple[int, int]:
    """Return the connection and the project of a merge request."""
    return item.project.connection_id, item.project.id


def without_earlier_work(
    conn: Connection,
    merge_requests: MergeRequests,
    commits: Mapping[MergeRequestKey, Sequence[Commit]],
    *,
    may_copy: Collection[MergeRequestKey],
) -> CommitsByMergeRequest:
    """Leave out the commits of another merge request that was merged before, and copies of them.

    `may_copy`: those whose commits may be written anew.
    """
    origins = {
        (key, commit.sha): {
            (*place, sha)
            for place in _places_of_work(merge_requests[key])
            for sha in _original_shas(commit)
        }
        for key, listed in commits.items()
        for commit in listed
    }
    owners = store_commits.by_shas(conn, set[store_commits.ShaKey]().union(*origins.values()))
    keys = frozenset[MergeRequestKey]().union(*owners.values())
    rewritten = {key: listed for key, listed in commits.items() if key in may_copy}
    copies = _copied_commits(conn, rewritten)
    keys |= {owner for pairs in copies.values() for owner, _ in pairs}
    stored = {**store_merge_requests.without_pipelines(conn, keys - merge_requests.keys())}
    stored |= merge_requests
    pushed = _pushed_to_each_other(conn, stored, copies)
    return {
        key: tuple(
            commit
            for commit in listed
            if not any(
                _carries(merge_requests[key], stored[owner])
                for sha in origins[key, commit.sha]
                for owner in owners.get(sha, ())
                if owner != key and owner in stored
            )
            and not any(
                owner in stored
                and _carries(merge_requests[key], stored[owner])
                and (
                    (*stored[key].branch_key, sha) in pushed
                    or (*stored[owner].branch_key, commit.sha) in pushed
                    or stored[owner].target_branch != merge_requests[key].target_branch
                )
                for owner, sha in copies.get((key, commit.sha), ())
            )
        )
        for key, listed in commits.items()
    }


def _copied_commits(
    conn: Connection, commits: Mapping[MergeRequestKey, Sequence[Commit]]
) -> dict[tuple[MergeRequestKey, str], list[tuple[MergeRequestKey, str]]]:
    """Return the commits of other merge requests of which a commit may be a copy.

    A rebase of a stack, or a backport by hand, writes a commit anew and keeps author and message.
    """
    digests = {
        (key, commit.sha): digest_key(key, commit)
        for key, listed in commits.items()
        for commit in listed
    }
    twins = store_commits.by_digests(conn, set(digests.values())) if digests else {}
    return {
        place: [(owner, sha) for owner, sha in twins.get(digest, ()) if owner != place[0]]
        for place, digest in digests.items()
    }


def _pushed_to_each_other(
    conn: Connection,
    stored: MergeRequests,
    copies: Mapping[tuple[MergeRequestKey, str], Sequence[tuple[MergeRequestKey, str]]],
) -> frozenset[tuple[int, int, str, str]]:
    """Return the commits, with their branch, that came to that of whoever has a copy of them.

    The branch below a stack is rebased, or that of the stack: either holds what the other had.
    """
    places = {
        (*stored[branch_of].branch_key, sha)
        for (key, own_sha), pairs in copies.items()
        for owner, owner_sha in pairs
        if owner in stored
        for branch_of, sha in ((key, owner_sha), (owner, own_sha))
    }
    return frozenset(store_pushed_commits.by_sha(conn, places)) if places else frozenset()


def digest_key(key: MergeRequestKey, commit: Commit) -> store_commits.DigestKey:
    """Return the key by which a copy of a commit is found in its project."""
    return key.connection_id, key.project_id, store_commits.digest_of(commit)


def _original_shas(commit: Commit) -> set[str]:
    return {commit.sha, *CHERRY_PICK.findall(commit.message)}


def _places_of_work(item: MergeRequest) -> set[tuple[int, int]]:
    """Return the projects in which its commits may have been merged: a fork takes ours in."""
    return {key_of_project(item), item.branch_key[:2]}


def sha_key(key: MergeRequestKey, sha: str) -> store_commits.ShaKey:
    """Return the key of a commit in the project of a merge request."""
    return key.connection_id, key.project_id, sha


def _carries(item: MergeRequest, owner: MergeRequest) -> bool:
    """Tell whether what both have is the work of `owner`, which `item` only carries on.

    The earlier one counts. A release carries on what was merged into its branch, whatever the
    numbers of the two say.
    """
    if owner.state is not MergeRequestState.MERGED:
        return False
    if owner.branch_key == _target_key(item):
        return False  # the release that carried this one on
    return is_open(item) or owner.iid < item.iid or _target_key(owner) == item.branch_key


def _target_key(item: MergeRequest) -> BranchKey:
    """Return the branch it goes into: a fork's branch of that name is another one."""
    return *key_of_project(item), item.target_branch
