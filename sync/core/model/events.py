"""Typed events that the systems' rooms parse from a delivery. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.core.model.activity import ActivityItem
from sync.core.model.common import Person
from sync.core.model.deployments import Deployment
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import Pipeline
from sync.core.model.replaced import Replaced

COMMENTED = "comment"  # the action of a merge request that a comment's hook shows beside it


@dataclass(frozen=True, slots=True)
class MergeRequestEvent:
    """A merge request as a hook reported it.

    `action`: open, close, reopen, update, approved, unapproved, approval, unapproval, merge,
    `COMMENTED`, or "" where the hook names none. `approved` and `approved_by` of the merge
    request hold only what this hook can know. `actor_approved` is True where `actor` approved,
    False where the approval was withdrawn, None for neither. `approval_rules_met` is the
    verdict of the approval rules, None where not reported. `approvals_reset`: the host withdrew
    all approvals, as after a push. `replaced`: the former values of the fields that the event
    changed, by name.
    """

    merge_request: MergeRequest
    action: str
    actor: Person | None
    actor_approved: bool | None = None
    approval_rules_met: bool | None = None
    approvals_reset: bool = False
    author_id: int | None = None
    replaced: Replaced = ()


@dataclass(frozen=True, slots=True)
class PipelineEvent:
    """A pipeline as a hook or a job reported it."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class DeploymentEvent:
    """A deployment; `merge_request_iids` are those that a job reports it contains."""

    deployment: Deployment
    merge_request_iids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UnrecognisedEvent:
    """A delivery that is stored but not understood: `kind` in the vendor's words."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class TaskChanged:
    """A task of the portal was created or changed."""

    task_id: int


@dataclass(frozen=True, slots=True)
class TaskDeleted:
    """A task of the portal was deleted."""

    task_id: int


@dataclass(frozen=True, slots=True)
class TaskCommented:
    """A comment on a task: `message_id` in its chat (new card) or `comment_id` (old card)."""

    task_id: int
    message_id: int | None = None
    comment_id: int | None = None


@dataclass(frozen=True, slots=True)
class IssueHint:
    """An issue of a tracker changed in some way: what counts is read from the tracker.

    `number`: its readable number, as people name it, unique in the connection. `deleted`: the
    tracker says that it is gone. `kinds`: what changed, in the sender's words, for the record.
    """

    connection_id: int
    number: str
    deleted: bool = False
    kinds: tuple[str, ...] = ()


# A push, a tag, a comment, a release, a job and any other resource are events as they are stored.
CodeEvent = MergeRequestEvent | ActivityItem | PipelineEvent | DeploymentEvent | UnrecognisedEvent
TrackerEvent = IssueHint | UnrecognisedEvent
TaskEvent = TaskChanged | TaskDeleted | TaskCommented | UnrecognisedEvent
