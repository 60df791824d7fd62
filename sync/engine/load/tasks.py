"""Loads what decisions about many tasks see, in a handful of queries however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import Connection

from sync.core.model.activity import ActivityItem, Comment
from sync.core.model.common import Person
from sync.core.model.deployments import EnvironmentStatus
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, MergeRequestState
from sync.core.model.smart_commits import PendingSmartCommit
from sync.core.model.task_view import BranchPipeline, SentMessage
from sync.core.model.tasks import KanbanStage, Task
from sync.core.plan import LinkView, TaskView
from sync.core.rules.portal import Rules
from sync.engine.load import deployments as load_deployments
from sync.engine.load import people as load_people
from sync.engine.load import pipelines as load_pipelines
from sync.engine.load import smart_commits as load_smart_commits
from sync.engine.load.people import people_of_merge_request
from sync.engine.load.pipelines import FailedJobsByPipeline, LoadedPipelines
from sync.engine.load.scope import Scope
from sync.store import activity as store_activity
from sync.store import links, messages, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store.rows import LinkRow, TaskRow

# No message can be new or edited for a comment of which nothing was heard for so long.
COMMENT_WINDOW = timedelta(days=4)


STAGES_TTL = timedelta(hours=1)  # columns of a workgroup change rarely, and tell no one
ConnectionPerson = tuple[int, Person]  # connection, person


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


def load(
    conn: Connection,
    scope: Scope,
    task_ids: Iterable[int],
    *,
    just_read: Iterable[int] = (),
    retry_missing: Iterable[int] = (),
) -> LoadedTasks:
    """Load what is known of the tasks now, of comments the late ones.

    Those `just_read` are fresh whatever the times say. Missing ones of `again` are asked for
    anew, as are those something was heard of since.
    """
    portal_id, now = scope.portal_id, scope.now
    keys, fresh, anew = set(task_ids), set(just_read), set(retry_missing)
    stored = tasks.get(conn, portal_id, keys)
    tasks_by_key = links.by_tasks(conn, portal_id, keys)
    groups = {row.body.group_id for row in stored.values() if row.body}
    stages = recent_stages(conn, scope, groups)
    merge_requests = store_merge_requests.get_merge_requests(
        conn, {row.merge_request for rows in tasks_by_key.values() for row in rows}
    )
    versions = {
        task_id: _build_links(tasks_by_key.get(task_id, ()), merge_requests) for task_id in keys
    }
    concerning = store_activity.of_tasks(conn, portal_id, keys, now - COMMENT_WINDOW)
    comments = {task_id: task_activity.comments for task_id, task_activity in concerning.items()}
    present = load_deployments.load(
        conn,
        versions,
        {task_id: task_activity.deployments for task_id, task_activity in concerning.items()},
    )
    people = [
        *(mr_person for mr in merge_requests.values() for mr_person in _merge_request_people(mr)),
        *(
            pair
            for value in comments.values()
            for comment, _ in value
            for pair in _comment_author(comment)
        ),
    ]
    users = load_people.portal_users_of(conn, scope, _by_connection(people))
    runs = load_pipelines.load(conn, scope, versions)
    ran = runs.by_task
    commanded = load_smart_commits.load(conn, scope, keys)
    outcome = messages.by_tasks(conn, portal_id, keys)
    by_key = messages.anyones_states(
        conn,
        portal_id,
        {
            branch_pipeline.subject_key
            for branch_pipelines in ran.values()
            for branch_pipeline in branch_pipelines
        },
    )
    views = {
        task_id: _build_view(
            stored.get(task_id) or _unread_task(task_id),
            versions[task_id],
            stages=stages,
            users=users,
            fresh=task_id in fresh,
            messages=outcome.get(task_id, {}),
            notified_states=by_key,
            branch_pipelines=ran[task_id],
            environments=present[task_id],
            comments=comments.get(task_id, ()),
            smart_commits=commanded.get(task_id, ()),
        )
        for task_id in keys
    }
    missing = {task_id for task_id, row in stored.items() if row.missing}
    doubtful = {task_id for task_id in missing if task_id in anew or stored[task_id].stale}
    return LoadedTasks(views, frozenset(missing - (doubtful - fresh)), runs)


def recent_stages(
    conn: Connection, scope: Scope, group_ids: Iterable[int]
) -> dict[int, tuple[KanbanStage, ...]]:
    """Return the columns of the workgroups' boards that were read in the last hour.

    Only where the rules move tasks to columns: nothing else looks at them.
    """
    groups = set(group_ids) - {0} if moves_to_stages(scope.rules) else set()
    stored = tasks.stages(conn, scope.portal_id, groups)
    return {
        group_id: row.stages
        for group_id, row in stored.items()
        if scope.now - row.read_at < STAGES_TTL
    }


def moves_to_stages(rules: Rules) -> bool:
    """Whether any rule moves a task to a column of its workgroup's board."""
    groups = (rules.default, *rules.groups.values())
    return any(target.stage for group in groups for target in group.steps.values())


def _unread_task(task_id: int) -> TaskRow:
    return TaskRow(task_id, False, None, None, None, None, {})


def _build_view(
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


def _build_links(
    rows: Sequence[LinkRow], merge_requests: Mapping[MergeRequestKey, MergeRequest]
) -> tuple[LinkView, ...]:
    return tuple(
        LinkView(
            merge_request=merge_requests[row.merge_request],
            kind=row.kind,
            live=row.live,
            silent=row.silent,
            review_event=row.review_event,
            carries_on=_carries_on(row, rows, merge_requests),
        )
        for row in rows
        if row.merge_request in merge_requests
    )


def _carries_on(
    row: LinkRow, rows: Sequence[LinkRow], merge_requests: Mapping[MergeRequestKey, MergeRequest]
) -> bool:
    """Tell whether another merge request brought the task's work into the branch of this one.

    Then this is a release of that work. A branch that is called after the task, and commits that
    were not merged before, are work of its own.
    """
    release = merge_requests[row.merge_request]
    if {"branch", "commit"} & set(row.found_in) or release.from_fork:
        return False
    earlier = (
        merge_requests[other.merge_request]
        for other in rows
        if other.live and other.kind.is_work and other.merge_request in merge_requests
    )
    return any(
        item.state is MergeRequestState.MERGED
        and item.project.id == release.project.id
        and item.project.connection_id == release.project.connection_id
        and item.target_branch == release.source_branch
        for item in earlier
    )


def _merge_request_people(merge_request: MergeRequest) -> Iterable[ConnectionPerson]:
    connection_id = merge_request.project.connection_id
    return [(connection_id, person) for person in people_of_merge_request(merge_request) if person]


def _comment_author(activity_item: ActivityItem) -> Iterable[ConnectionPerson]:
    author = activity_item.author if isinstance(activity_item, Comment) else None
    return [(activity_item.project.connection_id, author)] if author else []


def _by_connection(people: Iterable[ConnectionPerson]) -> dict[int, list[Person]]:
    by_key: dict[int, list[Person]] = {}
    for connection_id, person in people:
        by_key.setdefault(connection_id, []).append(person)
    return by_key
