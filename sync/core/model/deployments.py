"""Deployments, environments and their tiers, as decisions see them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from sync.core.model.common import SHORT_SHA, Person, Project


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
