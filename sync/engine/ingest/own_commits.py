"""Which commits are a merge request's own work: not its target's, nor another one's before it.

A push hook lists everything that a branch did not have before, so a merge or a rebase brings what
others did. Whose commits they are the code host is asked, once for each head.
https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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
    is_open,
)
from sync.store import activity as store_activity
from sync.store import commits as store_pushed_commits
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests
from sync.store import protected_branches
from sync.store import smart_commits as store_smart_commits
from sync.store.merge_request_commits import version_of
from sync.store.merge_requests import BranchKey

MergeRequests = Mapping[MergeRequestKey, MergeRequest]
CommitsByMergeRequest = dict[MergeRequestKey, tuple[Commit, ...]]

# `git cherry-pick -x` and the code host's own button write this trailer.
# https://docs.gitlab.com/user/project/merge_requests/cherry_pick_changes/
CHERRY_PICK = re.compile(r"\(cherry picked from commit ([0-9a-f]{8,64})\)")
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
    own = _without_earlier_work(conn, current, result, may_copy=may_copy)
    return OwnCommits(own, bool(due))


def repeating(conn: Connection, commits: CommitsByMergeRequest) -> frozenset[MergeRequestKey]:
    """Return those whose commits give hours that another commit gave in the same words.

    No hook tells when a commit was written first: a pick keeps that moment, new work has its own.
    """
    keys_by_sha = {
        _sha_key(key, commit.sha): key
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
    for sha_key, keys in store_commits.merged_as(conn, by_sha).items():
        landed |= {key: by_sha[sha_key].commits for key in keys}
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
    shas = {_sha_key(key, commit.sha) for key, listed in commits.items() for commit in listed}
    keys = frozenset[MergeRequestKey]().union(*store_commits.by_shas(conn, shas).values())
    digests = {_digest_key(key, commit) for key, listed in commits.items() for commit in listed}
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


def key_of_project(item: MergeRequest) -> tuple[int, int]:
    """Return the connection and the project of a merge request."""
    return item.project.connection_id, item.project.id


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


def _without_earlier_work(
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
        (key, commit.sha): _digest_key(key, commit)
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


def _digest_key(key: MergeRequestKey, commit: Commit) -> store_commits.DigestKey:
    return key.connection_id, key.project_id, store_commits.digest_of(commit)


def _original_shas(commit: Commit) -> set[str]:
    return {commit.sha, *CHERRY_PICK.findall(commit.message)}


def _places_of_work(item: MergeRequest) -> set[tuple[int, int]]:
    """Return the projects in which its commits may have been merged: a fork takes ours in."""
    return {key_of_project(item), item.branch_key[:2]}


def _sha_key(key: MergeRequestKey, sha: str) -> store_commits.ShaKey:
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
