"""What was heard, in the words of the field: typed events a room makes of a delivery. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.core.model.activity import ActivityItem
from sync.core.model.common import Person
from sync.core.model.deployments import Deployment
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import Pipeline


@dataclass(frozen=True, slots=True)
class MergeRequestEvent:
    """A merge request as a hook told it.

    `action`: open, close, reopen, update, approved, unapproved, approval, unapproval, merge, or
    "" where the hook names none. `approved` and `approved_by` of the merge request hold only what
    this hook can know; `approval` says what it changes: None nothing, True one more, False one
    less (by `actor`), and `rules_met` the verdict of the approval rules, None where not told.
    """

    merge_request: MergeRequest
    action: str
    actor: Person | None
    actor_approved: bool | None = None
    approval_rules_met: bool | None = None
    approvals_reset: bool = False
    author_id: int | None = None


@dataclass(frozen=True, slots=True)
class PipelineEvent:
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class DeploymentEvent:
    """`carries`: numbers of merge requests that a job says it brought."""

    deployment: Deployment
    merge_request_iids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UnrecognisedEvent:
    """A delivery that is kept but says nothing yet: `kind` in the vendor's words and why."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class TaskChanged:
    task_id: int


@dataclass(frozen=True, slots=True)
class TaskDeleted:
    task_id: int


@dataclass(frozen=True, slots=True)
class TaskCommented:
    """A comment: `message_id` in the task's chat (new card) or `comment_id` (old card)."""

    task_id: int
    message_id: int | None = None
    comment_id: int | None = None


# A push, a tag, a comment, a release, a job and any other thing are told as they are kept.
CodeEvent = MergeRequestEvent | ActivityItem | PipelineEvent | DeploymentEvent | UnrecognisedEvent
TaskEvent = TaskChanged | TaskDeleted | TaskCommented | UnrecognisedEvent
