"""What a decision about one task sees: the task, its links and what was last agreed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.model.activity import Comment
from sync.core.model.common import Project
from sync.core.model.deployments import EnvironmentStatus
from sync.core.model.merge_requests import MergeRequest, ReviewEvent, is_open
from sync.core.model.pipelines import FailedJob, Pipeline
from sync.core.model.smart_commits import PendingSmartCommit
from sync.core.model.tasks import KanbanStage, LinkKind, Step, Task, is_shown_work


@dataclass(frozen=True, slots=True)
class LinkView:
    """One merge request that names, or named, the task.

    `live`: it still names the task. `silent`: it did so before the portal was connected; nothing
    is shown of it. `review_event`: the last one that people were told of.
    """

    merge_request: MergeRequest
    kind: LinkKind
    live: bool = True
    silent: bool = False
    review_event: ReviewEvent | None = None

    @property
    def moves_task(self) -> bool:
        """Whether its work is the task's: its pipelines and deployments are shown there."""
        return self.live and self.kind.is_work

    @property
    def decides_step(self) -> bool:
        """Whether the task's step depends on it: a part of the work does while it goes on."""
        if self.kind is LinkKind.PART:
            return self.live and is_open(self.merge_request)
        return self.moves_task

    @property
    def visible(self) -> bool:
        return self.live and not self.silent

    @property
    def is_shown_work(self) -> bool:
        return is_shown_work(self.kind, live=self.live, silent=self.silent)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message in a discussion or chat as last written, and when it was new."""

    message_id: int | None = None
    text: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BranchPipeline:
    """The newest pipeline of a branch that the task's work is on.

    `subject_key`: the branch's. `failed_jobs`: None where they were not asked for since.
    `author_id`: of the commit, a portal user. `notifies`: of the tasks that share the branch, this
    is the one that notifies people.
    """

    subject_key: str
    branch: str
    pipeline: Pipeline
    failed_jobs: tuple[FailedJob, ...] | None = None
    author_id: int | None = None
    notifies: bool = True


@dataclass(frozen=True, slots=True)
class TaskView:
    """`task`: as last read, None where it never was; `fresh`: it has not changed since.

    `step`: as last recorded. `stages`: the columns of the task's workgroup, None where not read.
    `users`: by connection, as ids of people mean something on their own host only:
    a person's id there → the portal user's id. `fields`: the task's own fields as last agreed.
    `messages`: those in its discussion, by subject key; `notified_states`: what people were last
    notified of, by subject key. `branch_pipelines`: of its work, one a branch. `environments`: of
    its projects. `comments`: late ones on its work. `smart_commits`: waiting ones, in order.
    """

    task: Task | None
    fresh: bool
    step: Step | None
    stages: tuple[KanbanStage, ...] | None
    links: tuple[LinkView, ...]
    users: Mapping[int, Mapping[int, int]]
    fields: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, SentMessage] = field(default_factory=dict)
    notified_states: Mapping[str, str] = field(default_factory=dict)
    branch_pipelines: tuple[BranchPipeline, ...] = ()
    environments: tuple[EnvironmentStatus, ...] = ()
    comments: tuple[Comment, ...] = ()
    smart_commits: tuple[PendingSmartCommit, ...] = ()

    def sent_message(self, subject_key: str) -> SentMessage:
        """Return the message in the task's discussion about the subject, empty for none."""
        return self.messages.get(subject_key, SentMessage())

    @property
    def fresh_task(self) -> Task | None:
        """The task, if what is known of it may be acted on."""
        return self.task if self.fresh else None

    def users_of(self, project: Project) -> Mapping[int, int]:
        """The portal users behind the people of the project's host."""
        return self.users.get(project.connection_id, {})

    def ordered_links(self) -> list[LinkView]:
        """The links in an order of their own, so that the order they came in means nothing."""
        return sorted(self.links, key=lambda link: link.merge_request.key)
