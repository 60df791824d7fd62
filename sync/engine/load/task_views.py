"""What the plans of tasks see: views built of stored rows, and renewed with later answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync.core.model.activity import ActivityItem, Comment
from sync.core.model.deployments import EnvironmentStatus
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, MergeRequestState
from sync.core.model.smart_commits import PendingSmartCommit
from sync.core.model.task_view import BranchPipeline, SentMessage
from sync.core.model.tasks import KanbanStage, Task
from sync.core.plan import LinkView, TaskView
from sync.engine.ingest.earlier_work import CHERRY_PICK
from sync.engine.load import pipelines as load_pipelines
from sync.engine.load.pipelines import FailedJobsByPipeline, LoadedPipelines
from sync.store.rows import LinkRow, TaskRow


@dataclass(frozen=True)
class LoadedTasks:
    """The views by task id, and the ids of tasks that the portal does not show."""

    views: Mapping[int, TaskView]
    missing: frozenset[int]
    pipelines: LoadedPipelines

    def with_answers(self, answers: Answers) -> LoadedTasks:
        """Return the same with what was asked for since, as if it had been stored and loaded."""
        runs = load_pipelines.with_answers(self.pipelines, answers.tasks, answers.failed_jobs)
        views = {
            task_id: self._renew_view(task_id, view, answers, runs)
            for task_id, view in self.views.items()
        }
        absent = {task_id for task_id, task in answers.tasks.items() if task is None}
        missing = (self.missing - answers.tasks.keys()) | (absent & views.keys())
        return LoadedTasks(views, missing, runs)

    def _renew_view(
        self, task_id: int, view: TaskView, answers: Answers, runs: LoadedPipelines
    ) -> TaskView:
        was_read = task_id in answers.tasks
        task = answers.tasks[task_id] if was_read else view.task
        return replace(
            view,
            task=task,
            fresh=task is not None and (was_read or view.fresh),
            stages=answers.stages.get(task.group_id, view.stages) if task else None,
            branch_pipelines=runs.by_task[task_id],
        )


@dataclass(frozen=True)
class Answers:
    """What the other sides answered when they were asked for what plans lack.

    `tasks` by id, None where the portal shows no such task; `stages` by workgroup;
    `failed_jobs` by pipeline, each with the pipeline's moment they were read for.
    """

    tasks: Mapping[int, Task | None] = field(default_factory=dict)
    stages: Mapping[int, tuple[KanbanStage, ...]] = field(default_factory=dict)
    failed_jobs: FailedJobsByPipeline = field(default_factory=dict)


def unread_task(task_id: int) -> TaskRow:
    """Return the row of a task of which nothing is stored."""
    return TaskRow(task_id, False, None, None, None, None, {})


def build_view(
    row: TaskRow,
    link_views: tuple[LinkView, ...],
    *,
    stages: Mapping[int, tuple[KanbanStage, ...]],
    users: Mapping[int, Mapping[int, int]],
    fresh: bool,
    messages: Mapping[str, SentMessage],
    notified_states: Mapping[str, str],
    branch_pipelines: tuple[BranchPipeline, ...],
    environments: tuple[EnvironmentStatus, ...],
    comments: Sequence[tuple[ActivityItem, bool]],
    smart_commits: tuple[PendingSmartCommit, ...],
) -> TaskView:
    """Build what the plan of a task sees; `fresh`: it was read just now, whatever the times say."""
    body = None if row.missing else row.body
    return TaskView(
        task=body,
        fresh=body is not None and (fresh or not row.stale),
        step=row.step,
        stages=stages.get(body.group_id) if body else None,
        links=link_views,
        users=users,
        fields=row.fields,
        messages=messages,
        notified_states=notified_states,
        branch_pipelines=branch_pipelines,
        environments=environments,
        comments=tuple(
            activity_item
            for activity_item, silent in comments
            if isinstance(activity_item, Comment) and not silent
        ),
        smart_commits=smart_commits,
    )


def build_links(
    rows: Sequence[LinkRow], merge_requests: Mapping[MergeRequestKey, MergeRequest]
) -> tuple[LinkView, ...]:
    """Build the links of a task to the merge requests that are known."""
    return tuple(
        LinkView(
            merge_request=merge_requests[row.merge_request],
            kind=row.kind,
            live=row.live,
            silent=row.silent,
            review_event=row.review_event,
            carries_on=_carries_on(row, rows, merge_requests),
            opened_before=_opened_before(merge_requests[row.merge_request], row.connected_at),
        )
        for row in rows
        if row.merge_request in merge_requests
    )


def _opened_before(merge_request: MergeRequest, moment: datetime | None) -> bool:
    opened_at = merge_request.created_at
    return opened_at is not None and moment is not None and opened_at < moment


def _carries_on(
    row: LinkRow, rows: Sequence[LinkRow], merge_requests: Mapping[MergeRequestKey, MergeRequest]
) -> bool:
    """Tell whether another merge request brought the task's work into the branch of this one.

    Then this is a release of that work; one whose description names its merge commit is a pick of
    it. A branch that is called after the task, and commits that were not merged before, are work
    of its own.
    """
    release = merge_requests[row.merge_request]
    if {"branch", "commit"} & set(row.found_in) or release.from_fork:
        return False
    earlier = (
        merge_requests[other.merge_request]
        for other in rows
        if other.live and other.kind.is_work and other.merge_request in merge_requests
    )
    picked = tuple(CHERRY_PICK.findall(release.description))
    return any(
        item.state is MergeRequestState.MERGED
        and item.project.id == release.project.id
        and item.project.connection_id == release.project.connection_id
        and (
            item.target_branch == release.source_branch
            or (item.key != release.key and item.merge_sha.startswith(picked))
        )
        for item in earlier
    )
