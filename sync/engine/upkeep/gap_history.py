"""Make up for what no log of deliveries holds: what happened since is read and told as by a hook.

For a GitLab that keeps no such log, and for webhooks that it had switched off. What the mirror has
heard of already is left as the hooks told it, who tell more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from sync.core.model.activity import ActivityItem, Comment, Push, Resource, TagPush
from sync.core.model.common import Commit, Project
from sync.core.model.deployments import Deployment
from sync.core.model.events import DeploymentEvent, PipelineEvent
from sync.core.model.pipelines import Pipeline
from sync.engine.deps import Deps, clock_lead, read_scope
from sync.engine.ingest import apply
from sync.engine.ingest.mirror_lock import write_mirror
from sync.errors import Refused
from sync.gitlab.api import merge_requests as gitlab_peer
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.pagination import Cursor, Page
from sync.gitlab.history import changes as history_changes
from sync.gitlab.history import deployments as history_deployments
from sync.gitlab.history import discussions as history_discussions
from sync.gitlab.history import events as history_events
from sync.gitlab.history import project as history_project
from sync.gitlab.history.project import ZERO_SHA
from sync.gitlab.history.pushes import read_branches_with_commits
from sync.store import activity, commits, deployments, pipelines
from sync.store.db.database import select_only
from sync.store.rows import ConnectionRecord

log = structlog.get_logger()

SETTLED = timedelta(minutes=2)  # the hook of what is younger may still come, or be waiting
OVERLAP = timedelta(minutes=5)  # longer: what was too young is read the next time
MOST_PAGES = 3  # of one part of one project
NOWHERE_LISTED = "wiki pages, feature flags, emoji, members, tokens, vulnerabilities, jobs"

Select = Callable[[Connection, Sequence[Any]], list[Any]]


def _unheard_activity(conn: Connection, items: Sequence[ActivityItem]) -> list[ActivityItem]:
    stored = activity.get(conn, map(activity.activity_id, items))
    return [item for item in items if activity.activity_id(item) not in stored]


def _unheard_comments(conn: Connection, comments: Sequence[Comment]) -> list[Comment]:
    """Return the comments that were not heard of, or were edited since."""
    stored = activity.get(conn, map(activity.activity_id, comments))
    times = {key: item.at for key, (item, _) in stored.items()}
    return [
        comment
        for comment in comments
        if (before := times.get(activity.activity_id(comment))) is None or before < comment.at
    ]


def _unheard_refs(conn: Connection, items: Sequence[Push | TagPush]) -> list[Push | TagPush]:
    """Return the tags and deleted branches of which something else was heard last, or nothing."""
    stored = activity.get(conn, map(activity.activity_id, items))

    def is_unheard(item: Push | TagPush) -> bool:
        before, _ = stored.get(activity.activity_id(item), (None, False))
        match before:
            case TagPush() if isinstance(item, TagPush):
                return (before.deleted, before.sha) != (item.deleted, item.sha)
            case Push():
                return not before.deleted
        return True

    return [item for item in items if is_unheard(item)]


def _changed_resources(conn: Connection, items: Sequence[Resource]) -> list[Resource]:
    """Return what was opened or closed unheard, or is not as it was last heard of.

    A comment changes an issue's date as well; it is read as what it is.
    """
    stored = activity.get(conn, map(activity.activity_id, items))
    changed = []
    for item in items:
        before, _ = stored.get(activity.activity_id(item), (None, False))
        if not isinstance(before, Resource):
            changed += [item] if item.action != "update" else []
        elif before.state != item.state:
            reopened = item.action != "close"
            changed.append(replace(item, action="reopen") if reopened else item)
        elif _content(before) != _content(item):
            changed.append(replace(item, action="update"))
    return changed


def _content(item: Resource) -> tuple[str, str, frozenset[str]]:
    return item.title, item.text, frozenset(item.labels)


def _unheard_pushes(conn: Connection, pushes: Sequence[Push]) -> list[Push]:
    """Return the pushes with the commits that were not heard of on that or the default branch."""
    stored = activity.get(conn, map(activity.activity_id, pushes))
    pushes = [
        replace(push, created=push.created and activity.activity_id(push) not in stored)
        for push in pushes
    ]
    unheard = _unheard_activity(conn, pushes)
    return [part for push in unheard if isinstance(push, Push) for part in _new_part(conn, push)]


def _new_part(conn: Connection, push: Push) -> Iterator[Push]:
    place = push.project.connection_id, push.project.id
    branches = {push.branch, push.project.default_branch}
    keys = [(*place, name, commit.sha) for name in branches for commit in push.commits]
    stored_shas = {sha for *_, sha in commits.by_sha(conn, keys)}
    if push.after in stored_shas:
        return
    last = max(
        (n for n, commit in enumerate(push.commits, 1) if commit.sha in stored_shas), default=0
    )
    rest = push.commits[last:]
    before = ZERO_SHA if push.created else push.before or ZERO_SHA
    before = push.commits[last - 1].sha if last else before
    yield replace(push, commits=rest, before=before, total=len(rest), created=before == ZERO_SHA)


def _changed_pipelines(conn: Connection, items: Sequence[Pipeline]) -> list[PipelineEvent]:
    stored = pipelines.pipelines(conn, map(pipelines.pipeline_id, items))
    statuses = {key: pipeline.status for key, pipeline in stored.items()}
    return [
        PipelineEvent(item)
        for item in items
        if statuses.get(pipelines.pipeline_id(item)) is not item.status
    ]


def _changed_deployments(
    conn: Connection, events: Sequence[DeploymentEvent]
) -> list[DeploymentEvent]:
    items: list[Deployment] = [event.deployment for event in events]
    stored = deployments.get(conn, map(deployments.deployment_key, items))
    statuses = {key: deployment.status for key, deployment in stored.items()}
    return [
        event
        for event in events
        if statuses.get(deployments.deployment_key(event.deployment)) is not event.deployment.status
    ]


# In the order in which each finds what it refers to. Merge requests are the sweep's.
PARTS: tuple[tuple[Callable[..., Page[Any]], Select], ...] = (
    (read_branches_with_commits, _unheard_pushes),
    (history_project.read_pipelines, _changed_pipelines),
    (history_deployments.read_deployments, _changed_deployments),
    (history_changes.read_refs, _unheard_refs),
    (history_project.read_releases, _unheard_activity),
    (history_changes.read_issues, _changed_resources),
    (history_changes.read_milestones, _changed_resources),
    (partial(history_discussions.read_notes, "merge_requests"), _unheard_comments),
    (partial(history_discussions.read_notes, "issues"), _unheard_comments),
)


def read_missed(
    deps: Deps, connection: ConnectionRecord, client: GitLab, last_good: datetime
) -> dict[str, int]:
    """Take in what happened since the last good moment; return how much was not heard of.

    By the project's path. Not what is so young that its hook may still come. Raises Later, Denied.
    """
    began = connection.created_at + timedelta(seconds=1)  # of before nobody is told
    since = max(min(last_good, deps.clock.now()) - OVERLAP - clock_lead(deps), began)
    counts: dict[str, int] = {}
    for project in gitlab_peer.read_projects(client, connection.options):
        find_commits = partial(_commits_by_title, deps, project)
        read_code_comments: Callable[..., Page[Any]] = partial(
            history_events.read_notes, find_commits_by_title=find_commits
        )
        for read_page, select in (*PARTS, (read_code_comments, _unheard_comments)):
            count = _read_part(deps, connection, client, project, since, read_page, select)
            counts[project.path] = counts.get(project.path, 0) + count
    if any(counts.values()):
        log.warning(
            "missed_and_read_since",
            connection_id=connection.id,
            count=sum(counts.values()),
            not_made_up_for=NOWHERE_LISTED,
        )
    return counts


def _commits_by_title(
    deps: Deps, project: Project, titles: Collection[str]
) -> dict[str, tuple[Commit, ...]]:
    with select_only(deps.database) as conn:
        return commits.by_title(conn, (project.connection_id, project.id), titles)


def _read_part(
    deps: Deps,
    connection: ConnectionRecord,
    client: GitLab,
    project: Project,
    since: datetime,
    read_page: Callable[..., Page[Any]],
    select: Select,
) -> int:
    """Read a few pages of one part; what a project does not have (403, 404) counts as empty."""
    count = 0
    cursor: Cursor | None = None
    for _ in range(MOST_PAGES):
        try:
            page: Page[Any] = read_page(client, project, since, cursor)
        except Refused:
            return count
        until = deps.clock.now() - SETTLED
        settled = [item for item in page.items if _is_before(item, until)]
        count += _take_in(deps, connection, settled, select)
        cursor = page.cursor
        if cursor is None:
            break
    return count


def _is_before(item: Any, moment: datetime) -> bool:
    """Tell whether it happened before that moment; what tells no time did."""
    match item:
        case DeploymentEvent():
            at: datetime | None = item.deployment.updated_at
        case Pipeline() | Comment():
            at = item.updated_at
        case _:
            at = getattr(item, "at", None)
    return at is None or at <= moment


def _take_in(deps: Deps, connection: ConnectionRecord, items: Sequence[Any], select: Select) -> int:
    taken: list[Any] = []

    def ingest(conn: Connection) -> None:
        taken.extend(select(conn, items))
        if taken:
            rules = read_scope(deps, conn, connection.portal_id).rules
            apply.ingest(conn, connection.portal_id, {0: taken}, rules, deps.clock.now())

    if items:
        write_mirror(deps, connection.portal_id, ingest)
    return len(taken)
