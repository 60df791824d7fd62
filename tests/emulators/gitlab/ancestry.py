"""Which commits stand behind a commit: history, common ancestors, what reached where. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tests.emulators.gitlab.entities import MergeRequest, Project
from tests.emulators.gitlab.shipped import Deployment


def history(place: Project, *heads: str) -> list[str]:
    """The commits and what stands before them, newest first; parents come after children."""
    found: dict[str, None] = {}
    waiting = list(heads)
    while waiting:
        sha = waiting.pop(0)
        if sha in place.commits and sha not in found:
            found[sha] = None
            waiting += place.commits[sha].parent_ids
    return _in_order(place, found)


def _in_order(place: Project, found: Iterable[str]) -> list[str]:
    """By time; of one moment the commit made later stands first."""
    made = {sha: number for number, sha in enumerate(place.commits)}
    return sorted(found, key=lambda sha: (place.commits[sha].at, made[sha]), reverse=True)


def merge_base(place: Project, heads: list[str]) -> str | None:
    """The newest commit that all have behind them."""
    common = set.intersection(*(set(history(place, head)) for head in heads))
    return next(iter(_in_order(place, common)), None)


def between(place: Project, before: str, after: str) -> list[str]:
    """The commits that `after` has behind it and `before` has not, oldest first."""
    had = set(history(place, before))
    return [sha for sha in reversed(history(place, after)) if sha not in had]


def compare(place: Project, target: str, head: str) -> tuple[str, list[str]]:
    """The common ancestor, and the commits since then, oldest first, as a merge request has them.

    https://docs.gitlab.com/api/merge_requests/#retrieve-merge-request-commits
    """
    base = merge_base(place, [target, head]) or target
    return base, between(place, base, head)


def brought_by(place: Project, one: Deployment) -> list[MergeRequest]:
    """Requests whose commits the environment did not have after its last success before this.

    A rollback brings nothing, nor does an environment in a folder (review/…), nor what did not
    succeed. Squashed, fast-forwarded and cherry-picked requests count.
    https://docs.gitlab.com/ci/environments/deployments/#track-newly-included-merge-requests-per-deployment
    """
    if one.status != "success" or "/" in one.environment:
        return []
    earlier = [each for each in place.deployments if _before(each, one)]
    had = set(history(place, *[each.sha for each in earlier]))
    new = set(history(place, one.sha)) - had
    return [mr for mr in place.merge_requests.values() if new & landed(mr)]


def _before(each: Deployment, one: Deployment) -> bool:
    same = each.environment == one.environment and each.status == "success"
    return same and each.id < one.id


def landed(mr: MergeRequest) -> set[str]:
    """The commits by which a request reached its target and other branches."""
    known = {mr.merge_commit_sha, mr.squash_commit_sha, mr.merged_sha, *mr.picked_as}
    return {sha for sha in known if sha}
