"""Merge requests: their state, reviewers and review events. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync.core.model.common import Person, Project
from sync.core.model.pipelines import Pipeline


@dataclass(frozen=True, slots=True, order=True)
class MergeRequestKey:
    """The identity of a merge request across connections."""

    connection_id: int
    project_id: int
    iid: int

    def __str__(self) -> str:
        return f"{self.connection_id}/{self.project_id}!{self.iid}"


class MergeRequestState(StrEnum):
    """A merge request's state in GitLab's words."""

    OPENED = "opened"
    CLOSED = "closed"
    MERGED = "merged"
    LOCKED = "locked"  # being merged right now


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A reviewer of a merge request.

    `state`: unreviewed, review_started, reviewed, requested_changes, approved or unapproved.
    """

    person: Person
    state: str = "unreviewed"


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """A merge request as last reported; `approved`: its approval rules are met."""

    project: Project
    iid: int
    title: str
    description: str
    url: str
    state: MergeRequestState
    draft: bool
    source_branch: str
    target_branch: str
    author: Person | None
    updated_at: datetime
    assignees: tuple[Person, ...] = ()
    reviewers: tuple[Reviewer, ...] = ()
    labels: tuple[str, ...] = ()
    approved: bool = False
    approved_by: tuple[Person, ...] = ()
    head_sha: str = ""
    merge_sha: str = ""  # the commit it was merged as
    pipeline: Pipeline | None = None
    source_project_id: int = 0  # of the source branch: a fork's, or 0 for the project's own
    ended_at: datetime | None = field(default=None, compare=False)  # as the API told it
    actor: Person | None = None  # who brought it into its present state
    created_at: datetime | None = field(default=None, compare=False)  # None: not reported

    @property
    def key(self) -> MergeRequestKey:
        """Return the merge request's identity."""
        return MergeRequestKey(self.project.connection_id, self.project.id, self.iid)

    @property
    def subject_key(self) -> str:
        """Its name for good among all that messages and notifications are about."""
        return f"merge_request:{self.project.connection_id}/{self.project.id}:{self.iid}"

    @property
    def branch_key(self) -> tuple[int, int, str]:
        """The source branch by connection, project and name: a fork's branch is another branch."""
        project_id = self.source_project_id or self.project.id
        return self.project.connection_id, project_id, self.source_branch

    @property
    def from_fork(self) -> bool:
        """Tell whether the source branch belongs to another project."""
        return self.source_project_id not in (0, self.project.id)


@dataclass(frozen=True, slots=True)
class ReviewTimes:
    """When a merge request came how far; None where nobody reported the moment.

    `approvals`: by people other than the author, withdrawn ones too, oldest first.
    """

    opened_at: datetime | None = None
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    approvals: tuple[datetime, ...] = ()


NO_TIMES = ReviewTimes()


class ReviewEvent(StrEnum):
    """An event of a merge request that the responsible person may be notified of."""

    OPENED = "opened"
    APPROVED = "approved"
    MERGED = "merged"
    CLOSED = "closed"
    REOPENED = "reopened"


_OPEN = {MergeRequestState.OPENED, MergeRequestState.LOCKED}


def is_open(merge_request: MergeRequest) -> bool:
    """Tell whether the merge request is open or being merged at this moment."""
    return merge_request.state in _OPEN
