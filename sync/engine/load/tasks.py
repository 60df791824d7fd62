"""Loads what decisions about many tasks see, in a handful of queries however many they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection

from sync.core.clock import is_recent
from sync.core.model.activity import ActivityItem, Comment
from sync.core.model.common import Person
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.tasks import KanbanStage
from sync.core.rules.portal import Rules
from sync.engine.load import deployments as load_deployments
from sync.engine.load import people as load_people
from sync.engine.load import pipelines as load_pipelines
from sync.engine.load import smart_commits as load_smart_commits
from sync.engine.load.people import people_of_merge_request
from sync.engine.load.scope import Scope
from sync.engine.load.task_views import LoadedTasks, build_links, build_view, unread_task
from sync.store import activity as store_activity
from sync.store import links, messages, tasks
from sync.store import merge_requests as store_merge_requests

# No message can be new or edited for a comment of which nothing was heard for so long.
COMMENT_WINDOW = timedelta(days=4)


STAGES_TTL = timedelta(hours=1)  # columns of a workgroup change rarely, and tell no one
ConnectionPerson = tuple[int, Person]  # connection, person


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
        task_id: build_links(tasks_by_key.get(task_id, ()), merge_requests) for task_id in keys
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
        task_id: build_view(
            stored.get(task_id) or unread_task(task_id),
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
        if is_recent(row.read_at, STAGES_TTL, scope.now)
    }


def moves_to_stages(rules: Rules) -> bool:
    """Whether any rule moves a task to a column of its workgroup's board."""
    groups = (rules.default, *rules.groups.values())
    return any(target.stage for group in groups for target in group.steps.values())


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
