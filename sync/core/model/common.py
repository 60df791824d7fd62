"""The nouns of the field: people, merge requests, pipelines, tasks and what links them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SHORT_SHA = 8  # characters, as the code host shortens a commit's name


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the code host. `email` is None where the host hides it."""

    id: int
    username: str
    name: str = ""
    email: str | None = None

    @property
    def display_name(self) -> str:
        return self.name or self.username


@dataclass(frozen=True, slots=True)
class Project:
    connection_id: int
    id: int
    path: str
    url: str
    name: str = ""
    default_branch: str = ""


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


class PipelineStatus(StrEnum):
    """A pipeline's status in GitLab's words; `unknown` is what a future version may add."""

    CREATED = "created"
    WAITING_FOR_RESOURCE = "waiting_for_resource"
    PREPARING = "preparing"
    WAITING_FOR_CALLBACK = "waiting_for_callback"
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELING = "canceling"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    MANUAL = "manual"
    BLOCKED = "blocked"
    SCHEDULED = "scheduled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    message: str
    author_name: str
    author_email: str | None
    url: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that failed. `allowed`: the pipeline passes all the same. `log`: its last lines."""

    id: int
    name: str
    stage: str
    url: str
    allow_failure: bool = False
    log: str = ""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`commit`, `actor` (who started it): None where they were not told.

    `passed_stages`, `failed_stages`: by its own jobs, where a hook told of them. `tag`: `ref` is
    one; lists do not tell.
    """

    project: Project
    id: int
    status: PipelineStatus
    ref: str
    sha: str
    url: str
    updated_at: datetime
    source: str = ""
    merge_request_iid: int | None = None
    duration_seconds: int | None = None
    commit: Commit | None = None
    actor: Person | None = None
    passed_stages: tuple[str, ...] = ()
    failed_stages: tuple[str, ...] = ()
    tag: bool = False


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
    actor: Person | None = None  # who brought it into its present milestone

    @property
    def key(self) -> MergeRequestKey:
        return MergeRequestKey(self.project.connection_id, self.project.id, self.iid)


class TaskStatus(StrEnum):
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    AWAITING_CONTROL = "awaiting_control"
    COMPLETED = "completed"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Task:
    """A portal task as last read. `chat_id` is None where the portal has the old task card.

    `actions` are the names the portal says its token may do now (start, pause, complete, renew,
    defer, approve, disapprove, edit); None: not known.
    """

    id: int
    title: str
    status: TaskStatus
    group_id: int = 0
    stage_id: int = 0
    responsible_id: int = 0
    creator_id: int = 0
    accomplices: tuple[int, ...] = ()
    auditors: tuple[int, ...] = ()
    needs_control: bool = False
    chat_id: int | None = None
    actions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class KanbanStage:
    """A kanban column of a workgroup. `system_type`: NEW, PROGRESS, WORK, REVIEW, FINISH or ''."""

    id: int
    title: str
    system_type: str = ""
    sort: int = 0


@dataclass(frozen=True, slots=True)
class PortalUser:
    id: int
    name: str
    email: str | None = None
    active: bool = True


class LinkKind(StrEnum):
    """How strongly a merge request names a task; the strongest of several mentions counts."""

    MENTION = "mention"
    MOVE = "move"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A task named in text. `where`: branch, title, description or commit."""

    task_id: int
    kind: LinkKind
    source: str = ""


class Step(StrEnum):
    """Where the development of a task stands, computed from the set of its merge requests."""

    DEVELOPMENT = "development"  # only drafts are open
    REVIEW = "review"  # at least one open, not all open ones approved
    APPROVED = "approved"  # all open ones approved
    MERGED = "merged"  # none open, at least one merged
    CLOSED = "closed"  # none open, none merged


class ReviewEvent(StrEnum):
    """What the responsible person may be told of one merge request."""

    OPENED = "opened"
    APPROVED = "approved"
    MERGED = "merged"
    CLOSED = "closed"
    REOPENED = "reopened"
