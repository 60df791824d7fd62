"""Deployments: what was brought where, which merge requests it carries, and what is there now.

Pure. A deployment to an environment is taken to contain what was deployed there before, unless its
commit was there already: then everything deployed in between is gone again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from sync.core.model.common import SHORT_SHA, MergeRequest, MergeRequestState, Person, Project


class DeploymentStatus(StrEnum):
    """A deployment's status in GitLab's words; `unknown` is what a future version may add."""

    CREATED = "created"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    APPROVED = "approved"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Tier(StrEnum):
    """What an environment is for, from the first to the last that a change comes to."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    STAGING = "staging"
    PRODUCTION = "production"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Deployment:
    """`sha`: whole where it was told, else its first eight characters. `id` below 0: a job told
    of it, not the code host. `url`: of the environment. `job_url`: "" where no job deployed."""

    project: Project
    id: int
    environment: str
    tier: Tier
    status: DeploymentStatus
    sha: str
    ref: str
    updated_at: datetime
    url: str = ""
    job_url: str = ""
    commit_title: str = ""
    actor: Person | None = None

    @property
    def key(self) -> str:
        """Its name for good within the project; a job's number may be that of another place."""
        return f"{self.id}:{self.environment}"

    @property
    def sort_key(self) -> tuple[datetime, int]:
        return self.updated_at, self.id


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """One environment of a project as seen from a task.

    `shown`: the newest finished or stopped deployment that carries the task's work; None where
    none does. `inside`: the work is there now. `undone_by`: the deployment that took it away.
    `under_way`: the newest deployment, where it carries the work and goes on.
    """

    project: Project
    environment: str
    tier: Tier
    last_deployment: Deployment | None = None
    includes_work: bool = False
    reverted_by: Deployment | None = None
    in_progress: Deployment | None = None

    @property
    def subject_key(self) -> str:
        return f"deploy:{self.project.connection_id}/{self.project.id}:{self.environment}"


# The code host's own guess where no tier is told, and the Russian names that it does not know.
# https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments
_TIERS: tuple[tuple[Tier, str, str], ...] = (
    (Tier.DEVELOPMENT, r"dev|review|trunk", r"разраб|\bдев"),
    (Tier.TESTING, r"test|tst|int|acc?e?pt|qa|qc|control|quality", r"тест|при[её]м"),
    (Tier.STAGING, r"sta?g|mode?l|pre|demo|non", r"ст[еэ][йи]?дж|пред?[-_ ]?прод|демо"),
    (Tier.PRODUCTION, r"pro?d|live", r"прод|\bбо[йея]"),
)
_HOST_TIER_PATTERNS = tuple((tier, re.compile(names, re.IGNORECASE)) for tier, names, _ in _TIERS)
_RUSSIAN_TIER_PATTERNS = tuple(
    (tier, re.compile(names, re.IGNORECASE)) for tier, _, names in _TIERS
)
# What people call a whole tier: as a filter it means the tier, whatever the environment's name.
_TIER_ALIASES: Mapping[str, Tier] = {
    "разработка": Tier.DEVELOPMENT,
    **dict.fromkeys(("тест", "тестовый", "тестовая"), Tier.TESTING),
    **dict.fromkeys(("предпрод", "препрод", "стейдж"), Tier.STAGING),
    **dict.fromkeys(("прод", "продакшен", "продакшн", "бой", "боевой", "боевая"), Tier.PRODUCTION),
}
_TIER_ORDER = (Tier.DEVELOPMENT, Tier.TESTING, Tier.STAGING, Tier.PRODUCTION, Tier.OTHER)
_NAMED_TIERS = frozenset(Tier) - {Tier.OTHER}
_D = DeploymentStatus
_FINAL_STATUSES = frozenset({_D.SUCCESS, _D.FAILED, _D.CANCELED, _D.BLOCKED, _D.REJECTED})
_ACTIVE_STATUSES = frozenset({_D.RUNNING, _D.APPROVED})
_MERGE_REQUEST_REF = re.compile(r"refs/merge-requests/([0-9]{1,18})/")


def tier_of(declared: str, environment: str) -> Tier:
    """The tier as told, else by the environment's name.

    The host tells `other` of every name that it cannot read, Russian ones among them.
    """
    if declared in _NAMED_TIERS:
        return Tier(declared)
    names = (
        (_RUSSIAN_TIER_PATTERNS,)
        if declared == Tier.OTHER
        else (_HOST_TIER_PATTERNS, _RUSSIAN_TIER_PATTERNS)
    )
    found = [tier for guesses in names for tier, name in guesses if name.search(environment)]
    return min(found, key=_TIER_ORDER.index, default=Tier.OTHER)


def environment_matches(environment: str, tier: Tier, patterns: Sequence[str]) -> bool:
    """Whether people are told of the environment: `patterns` match its name or its tier.

    Without patterns every tier but development counts: environments of reviews come and go.
    """
    if not patterns:
        return tier is not Tier.DEVELOPMENT
    names = environment.casefold(), tier.value
    told = [one.casefold() for one in patterns]
    return any(
        _TIER_ALIASES.get(one) is tier or any(fnmatchcase(n, one) for n in names) for one in told
    )


def same_commit(sha: str, other_sha: str) -> bool:
    """Whether two commits are one, of which either may be shortened."""
    least = min(len(sha), len(other_sha))
    return least >= SHORT_SHA and sha[:least] == other_sha[:least]


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
    return is_open and deployment.ref == merge_request.source_branch != default


def previous_success(deployment: Deployment, candidates: Iterable[Deployment]) -> Deployment | None:
    """The last successful deployment to the environment before this one, by the code host."""
    done = [
        of
        for of in candidates
        if of.status is _D.SUCCESS and of.id > 0 and of.sort_key < deployment.sort_key
    ]
    return max(done, key=lambda of: of.sort_key, default=None)


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
