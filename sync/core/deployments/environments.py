"""Deployments: what was brought where, which merge requests it carries, and what is there now.

Pure. A deployment to an environment is taken to contain what was deployed there before, unless its
commit was there already: then everything deployed in between is gone again. So is what the code
host says that its commit lacks, as a hotfix cut from an older commit does.
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
    if match := _MERGE_REQUEST_REF.match(deployment.ref):
        return int(match[1]) == merge_request.iid
    own = [sha for sha in (merge_request.head_sha, merge_request.merge_sha) if sha]
    if any(same_commit(deployment.sha, sha) for sha in own):
        return True
    is_open = merge_request.state in (MergeRequestState.OPENED, MergeRequestState.LOCKED)
    default = merge_request.project.default_branch or merge_request.target_branch
    own_branch = deployment.ref == merge_request.source_branch and not merge_request.from_fork
    return is_open and own_branch and deployment.ref != default


def previous_success(deployment: Deployment, candidates: Iterable[Deployment]) -> Deployment | None:
    """Return the last successful deployment to its environment before it, by the code host."""
    done = [
        of
        for of in candidates
        if of.status is _D.SUCCESS and of.id > 0 and of.sort_key < deployment.sort_key
    ]
    return max(done, key=lambda of: of.sort_key, default=None)


def undone_by(deployment: Deployment, history: Iterable[Deployment]) -> tuple[Deployment, ...]:
    """Return the successful deployments that one takes back, oldest first."""
    if deployment.status is not _D.SUCCESS:
        return ()
    before = sorted(
        (
            entry
            for entry in history
            if entry.status is _D.SUCCESS
            and entry.environment == deployment.environment
            and entry.sort_key < deployment.sort_key
        ),
        key=lambda deployment: deployment.sort_key,
    )
    deployments = _still_deployed(before)
    kept = _kept_by(deployment, deployments)
    return tuple(
        entry
        for entry in deployments
        if entry not in kept and not same_commit(entry.sha, deployment.sha)
    )


def environment_statuses(
    history: Iterable[Deployment], carrying: frozenset[int]
) -> tuple[EnvironmentStatus, ...]:
    """Return the environments of one project, ordered by tier, as seen from a task.

    `carrying`: ids of the deployments that carry its work.
    """
    deployments = list(history)
    shas: dict[str, list[str]] = {}
    for deployment in deployments:
        if deployment.id in carrying:
            shas.setdefault(deployment.environment, []).append(deployment.sha)
    of_environment: dict[str, list[Deployment]] = {}
    for deployment in sorted(
        _without_duplicates(deployments), key=lambda deployment: deployment.sort_key
    ):
        of_environment.setdefault(deployment.environment, []).append(deployment)
    environment_statuss = [
        _environment_status(name, own, shas.get(name, [])) for name, own in of_environment.items()
    ]
    return tuple(
        sorted(
            environment_statuss,
            key=lambda environment_status: (
                _TIER_ORDER.index(environment_status.tier),
                environment_status.environment,
            ),
        )
    )


def _without_duplicates(deployments: Sequence[Deployment]) -> list[Deployment]:
    """Leave out what a job reported where the code host reports the same deployment."""
    hosts = [deployment for deployment in deployments if deployment.id > 0]
    return [
        deployment
        for deployment in deployments
        if deployment.id > 0 or not any(_same_deployment(deployment, of) for of in hosts)
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
    included = [
        deployment
        for deployment in deployments
        if any(same_commit(deployment.sha, sha) for sha in shas)
    ]
    details = [deployment for deployment in included if deployment.status in _FINAL_STATUSES]
    done = [deployment for deployment in deployments if deployment.status is _D.SUCCESS]
    present = _still_deployed(done)
    inside = any(deployment in included for deployment in present)
    was = any(deployment in included for deployment in done)
    return EnvironmentStatus(
        newest.project,
        name,
        newest.tier,
        last_deployment=details[-1] if details else None,
        includes_work=inside,
        reverted_by=done[-1] if was and not inside else None,
        in_progress=newest if newest in included and newest.status in _ACTIVE_STATUSES else None,
    )


def _still_deployed(done: Iterable[Deployment]) -> list[Deployment]:
    """Return the successful deployments whose commits are still there: going back takes off what
    came after."""
    deployments: list[Deployment] = []
    for deployment in done:
        deployments = [*_kept_by(deployment, deployments), deployment]
    return deployments


def _kept_by(deployment: Deployment, deployments: Sequence[Deployment]) -> list[Deployment]:
    """Return those of the deployments that are still there behind the next one."""
    same = [n for n, of in enumerate(deployments) if same_commit(of.sha, deployment.sha)]
    kept = deployments[: same[0]] if same else deployments
    return [of for of in kept if not any(same_commit(of.sha, sha) for sha in deployment.lacks)]
