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
from sync.core.model.tasks import KanbanStage, LinkKind, Step, Task


@dataclass(frozen=True, slots=True)
class LinkView:
    """One merge request that names, or named, the task.

    `live`: it still names the task. `silent`: it did so before the portal was connected; nothing
    is shown of it. `message_*`: its card as last written. `review_event`: as last recorded.
    `carries_on`: it takes further what was merged for the task before, as a release does.
    """

    merge_request: MergeRequest
    kind: LinkKind
    live: bool = True
    silent: bool = False
    message_id: int | None = None
    message_text: str | None = None
    message_at: datetime | None = None
    review_event: ReviewEvent | None = None
    carries_on: bool = False

    @property
    def moves_task(self) -> bool:
        """Whether its work is the task's: its pipelines and deployments are shown there."""
        return self.live and self.kind.is_work and not self.carries_on

    @property
    def decides_step(self) -> bool:
        """Whether the task's step depends on it: a part of the work does while it goes on."""
        if self.kind is LinkKind.PART:
            return self.live and is_open(self.merge_request) and not self.carries_on
        return self.moves_task

    @property
    def visible(self) -> bool:
        return self.live and not self.silent


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message in the task's discussion as last written, and when it was new."""

    message_id: int | None = None
    text: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BranchPipeline:
    """The newest pipeline of a branch that the task's work is on.

    `about`: the branch's name for good. `jobs`: those that failed, None where they were not asked
    for since. `author`: of the commit, a portal user. `speaks`: of the tasks that share the
    branch, this is the one that tells people.
    """

    subject_key: str
    branch: str
    pipeline: Pipeline
    failed_jobs: tuple[FailedJob, ...] | None = None
    author_id: int | None = None
    notifies: bool = True


@dataclass(frozen=True, slots=True)
class TaskView:
    """`task`: as last read, None where it never was; `fresh`: nothing was heard of it since.

    `step`: as last recorded. `stages`: the columns of the task's workgroup, None where not read.
    `users`: by connection, as ids of people mean something on their own host only:
    a person's id there → the portal user's id. `fields`: the task's own fields as last agreed.
    `said`: the messages in its discussion by what they are about; `told`: what people were last
    told of such a thing. `runs`: the pipelines of its work, one a branch. `places`: the
    environments of its projects. `notes`: late comments on its work. `spoken`: what commits told it
    to do and nobody did yet, in order.
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
