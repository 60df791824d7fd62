"""The inputs of a plan for one task: the task, its links and what was last recorded. Pure."""

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
    is shown of it. `opened_before`: it was opened before that. `review_event`: the last one that
    people were told of.
    """

    merge_request: MergeRequest
    kind: LinkKind
    live: bool = True
    silent: bool = False
    review_event: ReviewEvent | None = None
    carries_on: bool = False
    opened_before: bool = False

    @property
    def moves_task(self) -> bool:
        """Tell whether its pipelines and deployments are shown in the task."""
        return self.live and self.kind.is_work and not self.carries_on

    @property
    def decides_step(self) -> bool:
        """Tell whether the task's step depends on it.

        A part of the work counts while its merge request is open.
        """
        if self.kind is LinkKind.PART:
            return self.live and is_open(self.merge_request) and not self.carries_on
        return self.moves_task

    @property
    def visible(self) -> bool:
        """Tell whether the task shows the merge request."""
        return self.live and not self.silent

    @property
    def is_shown_work(self) -> bool:
        """Tell whether it counts as the task's work and people are told of it."""
        return is_shown_work(self.kind, live=self.live, silent=self.silent)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message in a discussion or chat as last written, and when it was first sent.

    `bot_id`: the bot that wrote it, which alone may edit it; 0: the application itself.
    """

    message_id: int | None = None
    text: str | None = None
    at: datetime | None = None
    bot_id: int = 0


@dataclass(frozen=True, slots=True)
class BranchPipeline:
    """The newest pipeline of a branch that the task's work is on.

    `subject_key` is permanent for the branch. `failed_jobs` is None where they were not fetched
    since. `author_id` is the commit's author as a portal user. `notifies`: of the tasks that share
    the branch, this is the one that notifies people. `merged`: name and address of each merge
    request of the task that brought its work to this branch. `gone`: the branch was put back to a
    commit before.
    """

    subject_key: str
    branch: str
    pipeline: Pipeline
    failed_jobs: tuple[FailedJob, ...] | None = None
    author_id: int | None = None
    notifies: bool = True
    merged: tuple[tuple[str, str], ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class TaskView:
    """Everything that plans for one task read.

    `task` is as last read, None where it never was; `fresh`: nothing has changed in it since.
    `step` is as last recorded. `stages` are the columns of the task's workgroup, None where not
    read. `users` maps connection → a person's id on that host → the portal user's id, because ids
    mean something on their own host only. `fields` are the task's own fields as last written.
    `messages` are those in its discussion and `notified_states` what people were last notified of,
    both by subject key. `branch_pipelines` are the pipelines of its work, one a branch;
    `environments` those of its projects; `comments` late ones on its work; `smart_commits` the
    commands that wait, in order.
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
        """Return the task if its data is recent enough to act on, else None."""
        return self.task if self.fresh else None

    def users_of(self, project: Project) -> Mapping[int, int]:
        """Map people of the project's host to portal users, by id."""
        return self.users.get(project.connection_id, {})

    def ordered_links(self) -> list[LinkView]:
        """Return the links sorted by key, so that arrival order has no effect."""
        return sorted(self.links, key=lambda link: link.merge_request.key)
