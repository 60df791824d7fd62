"""What a GraphQL type is made of, and what resolvers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.gitlab.entities import Bridge, Job, Pipeline, Project, User
from tests.emulators.gitlab.state import State

SCALARS = {"ID", "String", "Int", "Boolean", "Time", "PipelineStatusEnum", "CiJobStatus",
           "CiJobKind", "JobID", "CiPipelineID", "Float", "UserID", "MergeRequestReviewState",
           "MergeRequestState"}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What resolvers work with; `actor` None: nobody, who sees what is public."""

    state: State
    actor: User | None


@dataclass(frozen=True)
class Held:
    """A thing inside its pipeline and project."""

    place: Project
    run: Pipeline
    one: Job | Bridge | None = None


Resolve = Callable[[Asked, Any, dict[str, Any]], Any]


@dataclass(frozen=True)
class Spec:
    """`arguments`: name -> type; a `!` at the end makes one required. `cost`: its complexity
    without what is inside; `searches`: that depends on its arguments."""

    type: str
    resolve: Resolve
    arguments: dict[str, str] = field(default_factory=dict)
    cost: int = 1
    searches: bool = False


PAGE = {"first": "Int", "after": "String"}
LONGEST_PAGE = 100
CONNECTION = "Connection"


def gid(kind: str, number: int) -> str:
    return f"gid://gitlab/{kind}/{number}"
