"""Deployments, environments and their tiers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from sync.core.model.common import SHORT_SHA, Person, Project


class DeploymentStatus(StrEnum):
    """A deployment's status in GitLab's words; `unknown` stands for future ones."""

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
    """The purpose of an environment, in the order in which a change reaches them."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    STAGING = "staging"
    PRODUCTION = "production"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment as last reported.

    `sha` is whole where reported so, else its first eight characters. A negative `id`: reported by
    a job, not by the code host. `url` is the environment's; `job_url` is "" where no job deployed.
    `lacks`: commits deployed there before that it does not contain, as the host says.
    """

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
    lacks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return the permanent key within the project.

        It has the environment in it, because a job's number may be that of another deployment.
        """
        return f"{self.id}:{self.environment}"

    @property
    def sort_key(self) -> tuple[datetime, int]:
        """Return the key that orders deployments from oldest to newest."""
        return self.updated_at, self.id


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """One environment of a project as seen from a task.

    `last_deployment` is the newest finished or stopped deployment that contains the task's work;
    None where none does. `includes_work`: the work is there now. `reverted_by` is the deployment
    that removed it. `in_progress` is the newest deployment, where it contains the work and still
    runs.
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
        """Return the key of the environment's message in the task."""
        return f"deploy:{self.project.connection_id}/{self.project.id}:{self.environment}"


# How the code host guesses an undeclared tier, and the Russian names that it does not know.
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


def tier_of(declared: str, environment: str) -> Tier:
    """Return the declared tier, else guess it from the environment's name.

    The host declares `other` for every name that it cannot read, Russian ones among them.
    """
    if declared in _NAMED_TIERS:
        return Tier(declared)
    names = (
        (_RUSSIAN_TIER_PATTERNS,)
        if declared == Tier.OTHER
        else (_HOST_TIER_PATTERNS, _RUSSIAN_TIER_PATTERNS)
    )
    tiers = [tier for guesses in names for tier, name in guesses if name.search(environment)]
    return min(tiers, key=_TIER_ORDER.index, default=Tier.OTHER)


def environment_matches(environment: str, tier: Tier, patterns: Sequence[str]) -> bool:
    """Tell whether `patterns` match the environment's name or its tier.

    Without patterns every tier but development matches: environments of reviews come and go.
    """
    if not patterns:
        return tier is not Tier.DEVELOPMENT
    names = environment.casefold(), tier.value
    details = [pattern.casefold() for pattern in patterns]
    return any(
        _TIER_ALIASES.get(item) is tier or any(fnmatchcase(n, item) for n in names)
        for item in details
    )


def same_commit(sha: str, other_sha: str) -> bool:
    """Tell whether two commit ids are equal, either of which may be shortened."""
    least = min(len(sha), len(other_sha))
    return least >= SHORT_SHA and sha[:least] == other_sha[:least]
