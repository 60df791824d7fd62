"""What a GraphQL type is made of, and what resolvers work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.emulators.gitlab.entities import Bridge, Job, Pipeline, Project, User
from tests.emulators.gitlab.state import State

if TYPE_CHECKING:
    from tests.emulators.gitlab.issues.service import Issues

SCALARS = {
    *("ID", "String", "Int", "Boolean", "Float", "Time", "Date", "UserID", "WorkItemID", "NoteID"),
    *("PipelineStatusEnum", "CiJobStatus", "CiJobKind", "JobID", "CiPipelineID", "DiscussionID"),
    *("MergeRequestReviewState", "MergeRequestState", "WorkItemState", "WorkItemWidgetType"),
    *("WorkItemStatusCategoryEnum", "CustomFieldType", "IssuablesCustomFieldID"),
}


@dataclass(frozen=True)
class Asked:
    """What resolvers work with; `actor` None: nobody, who sees what is public.

    `chain`: the X-Gitlab-Event-UUID that was sent along; `header` reads any other.
    """

    state: State
    actor: User | None
    issues: Issues
    header: Callable[[str], str]
    errors: list[dict[str, Any]] = field(default_factory=list)  # beside the data

    @property
    def chain(self) -> str:
        return self.header("X-Gitlab-Event-UUID")


@dataclass(frozen=True)
class Held:
    """A thing inside its pipeline and project."""

    place: Project
    run: Pipeline
    one: Job | Bridge | None = None


class Refusal(Exception):
    """An error beside the data: the field is null."""

    def __init__(self, text: str, extensions: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.text, self.extensions = text, extensions


NO_ACCESS = (
    "The resource that you are attempting to access does not exist or you don't have permission "
    "to perform this action"
)
Resolve = Callable[[Asked, Any, dict[str, Any]], Any]


@dataclass(frozen=True)
class Spec:
    """`arguments`: name -> type; a `!` at the end makes one required. `cost`: its complexity
    without what is inside; `searches`: that depends on its arguments, by `weight` an item.
    `key`: what its pages go by, else by number; `descends`: whether they go down.
    """

    type: str
    resolve: Resolve
    arguments: dict[str, str] = field(default_factory=dict)
    cost: int = 1
    searches: bool = False
    weight: float = 0.01
    key: Resolve | None = None
    descends: Callable[[dict[str, Any]], bool] = field(default=lambda given: False)


PAGE = {"first": "Int", "after": "String"}
LONGEST_PAGE = 100
CONNECTION = "Connection"


def gid(kind: str, number: int) -> str:
    return f"gid://gitlab/{kind}/{number}"
