"""What reaches users: tags, releases, deployments with their approvals, environments."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

# https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments ; first match wins.
TIERS = (
    ("development", r"dev|review|trunk"),
    ("testing", r"test|tst|int|ac(ce|)pt|qa|qc|control|quality"),
    ("staging", r"st(a|)g|mod(e|)l|pre|demo|non"),
    ("production", r"pr(o|)d|live"),
)
SLUG_LENGTH = 24


@dataclass
class Tag:
    """`message`: of an annotated tag."""

    name: str
    sha: str
    created_at: datetime
    message: str = ""
    protected: bool = False


@dataclass
class Environment:
    id: int
    name: str
    tier: str
    created_at: datetime
    updated_at: datetime
    external_url: str = ""
    state: str = "available"

    @property
    def slug(self) -> str:
        return slug_of(self.name)


@dataclass
class Approval:
    """`status`: approved or rejected."""

    id: int
    user_id: int
    status: str
    comment: str
    created_at: datetime
    required: int = 1


@dataclass
class Deployment:
    """`job_id` None: made by the API or by a trigger job."""

    id: int
    environment: str
    status: str
    sha: str
    ref: str
    pipeline_id: int
    job_id: int | None
    created_at: datetime
    updated_at: datetime
    user_id: int
    iid: int = 1
    finished_at: datetime | None = None
    approvals: list[Approval] = field(default_factory=list)


@dataclass
class Release:
    """`links`: assets by name."""

    id: int
    tag: str
    name: str
    description: str
    author_id: int
    created_at: datetime
    released_at: datetime
    links: dict[str, str] = field(default_factory=dict)


def guessed_tier(name: str) -> str:
    """What GitLab takes an environment for by its name, Latin letters only."""
    return next((tier for tier, like in TIERS if re.search(like, name, re.IGNORECASE)), "other")


def slug_of(name: str) -> str:
    """The name where it fits into a domain's label, else a shortened one with a hash."""
    bare = re.sub(r"[^a-z0-9]+", "-", name.lower())
    if bare == name and len(bare) <= SLUG_LENGTH and bare[:1].isalpha():
        return bare
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    kept = bare if bare[:1].isalpha() else f"env-{bare}"
    return f"{kept[: SLUG_LENGTH - 7].strip('-')}-{digest}"
