"""Deployments: what was brought where, which merge requests it carries, and what is there now.

Pure. A deployment to an environment is taken to contain what was deployed there before, unless its
commit was there already: then everything deployed in between is gone again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sync.core.model.deployments import (
    _TIER_ORDER,
    Deployment,
    DeploymentStatus,
    EnvironmentStatus,
    same_commit,
)
from sync.core.model.merge_requests import MergeRequest, MergeRequestState

_D = DeploymentStatus
_FINAL_STATUSES = frozenset({_D.SUCCESS, _D.FAILED, _D.CANCELED, _D.BLOCKED, _D.REJECTED})
_ACTIVE_STATUSES = frozenset({_D.RUNNING, _D.APPROVED})
_MERGE_REQUEST_REF = re.compile(r"refs/merge-requests/([0-9]{1,18})/")


def includes_merge_request(deployment: Deployment, merge_request: MergeRequest) -> bool:
    """Whether the deployment is of the merge request's own commit, branch or pipeline."""
    if merge_request.project.id != deployment.project.id:
        return False
    if found := _MERGE_REQUEST_REF.match(deployment.ref):
        return int(found[1]) == merge_request.iid
    own = [sha for sha in (merge_request.head_sha, merge_request.merge_sha) if sha]
    if any(same_commit(deployment.sha, sha) for sha in own):
        return True
    is_open = merge_request.state in (MergeRequestState.OPENED, MergeRequestState.LOCKED)
    default = merge_request.project.default_branch or merge_request.target_branch
    own_branch = deployment.ref == merge_request.source_branch and not merge_request.from_fork
    return is_open and own_branch and deployment.ref != default


def previous_success(deployment: Deployment, candidates: Iterable[Deployment]) -> Deployment | None:
    """The last successful deployment to the environment before this one, by the code host."""
    done = [
        of
        for of in candidates
        if of.status is _D.SUCCESS and of.id > 0 and of.sort_key < deployment.sort_key
    ]
    return max(done, key=lambda of: of.sort_key, default=None)


def undone_by(deployment: Deployment, history: Iterable[Deployment]) -> tuple[Deployment, ...]:
    """Return the successful deployments that one to an older commit takes back, oldest first."""
    if deployment.status is not _D.SUCCESS:
        return ()
    before = sorted(
        (
            one
            for one in history
            if one.status is _D.SUCCESS
            and one.environment == deployment.environment
            and one.sort_key < deployment.sort_key
        ),
        key=lambda one: one.sort_key,
    )
    there = _still_deployed(before)
    same = [n for n, one in enumerate(there) if same_commit(one.sha, deployment.sha)]
    return tuple(there[same[0] + 1 :]) if same else ()


def environment_statuses(
    history: Iterable[Deployment], carrying: frozenset[int]
) -> tuple[EnvironmentStatus, ...]:
    """The environments of one project, ordered by tier, as seen from a task.

    `carrying`: ids of the deployments that carry its work.
    """
    known = list(history)
    shas: dict[str, list[str]] = {}
    for one in known:
        if one.id in carrying:
            shas.setdefault(one.environment, []).append(one.sha)
    of_environment: dict[str, list[Deployment]] = {}
    for one in sorted(_without_duplicates(known), key=lambda one: one.sort_key):
        of_environment.setdefault(one.environment, []).append(one)
    found = [
        _environment_status(name, mine, shas.get(name, [])) for name, mine in of_environment.items()
    ]
    return tuple(sorted(found, key=lambda one: (_TIER_ORDER.index(one.tier), one.environment)))


def _without_duplicates(deployments: Sequence[Deployment]) -> list[Deployment]:
    """What a job told is left out where the code host tells of the same deployment."""
    hosts = [one for one in deployments if one.id > 0]
    return [
        one
        for one in deployments
        if one.id > 0 or not any(_same_deployment(one, of) for of in hosts)
    ]


def _same_deployment(deployment: Deployment, other_deployment: Deployment) -> bool:
    return deployment.environment == other_deployment.environment and same_commit(
        deployment.sha, other_deployment.sha
    )


def _environment_status(
    name: str, deployments: Sequence[Deployment], shas: Sequence[str]
) -> EnvironmentStatus:
    """`shas`: the commits that carry the task's work."""
    newest = deployments[-1]
    carried = [one for one in deployments if any(same_commit(one.sha, sha) for sha in shas)]
    told = [one for one in carried if one.status in _FINAL_STATUSES]
    done = [one for one in deployments if one.status is _D.SUCCESS]
    there = _still_deployed(done)
    inside = any(one in carried for one in there)
    was = any(one in carried for one in done)
    return EnvironmentStatus(
        newest.project,
        name,
        newest.tier,
        last_deployment=told[-1] if told else None,
        includes_work=inside,
        reverted_by=done[-1] if was and not inside else None,
        in_progress=newest if newest in carried and newest.status in _ACTIVE_STATUSES else None,
    )


def _still_deployed(done: Iterable[Deployment]) -> list[Deployment]:
    """The successful deployments whose commits are still there: going back takes off what
    came after."""
    there: list[Deployment] = []
    for one in done:
        earlier = [n for n, of in enumerate(there) if same_commit(of.sha, one.sha)]
        there = [*(there[: earlier[0]] if earlier else there), one]
    return there
