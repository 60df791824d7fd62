"""Merge requests as decisions see them: state, reviewers, review events. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync.core.model.common import Person, Project
from sync.core.model.pipelines import Pipeline


@dataclass(frozen=True, slots=True, order=True)
class MergeRequestKey:
    connection_id: int
    project_id: int
    iid: int

    def __str__(self) -> str:
        return f"{self.connection_id}/{self.project_id}!{self.iid}"


class MergeRequestState(StrEnum):
    OPENED = "opened"
    CLOSED = "closed"
    MERGED = "merged"
    LOCKED = "locked"  # being merged right now


@dataclass(frozen=True, slots=True)
class Reviewer:
    """`state`: unreviewed, review_started, reviewed, requested_changes, approved, unapproved."""

    person: Person
    state: str = "unreviewed"


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """A merge request as last known. `approved`: the host says its approval rules are met."""

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
    actor: Person | None = None  # who brought it into its present state

    @property
    def key(self) -> MergeRequestKey:
        return MergeRequestKey(self.project.connection_id, self.project.id, self.iid)

    @property
    def subject_key(self) -> str:
        """Its name for good among all that messages and notifications are about."""
        return f"merge_request:{self.project.connection_id}/{self.project.id}:{self.iid}"


class ReviewEvent(StrEnum):
    """What the responsible person may be told of one merge request."""

    OPENED = "opened"
    APPROVED = "approved"
    MERGED = "merged"
    CLOSED = "closed"
    REOPENED = "reopened"


_OPEN = {MergeRequestState.OPENED, MergeRequestState.LOCKED}


def is_open(merge_request: MergeRequest) -> bool:
    """Open, or being merged at this moment."""
    return merge_request.state in _OPEN
