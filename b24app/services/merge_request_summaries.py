"""Merge requests as people see them in lists: state, approvals, pipeline, named tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from sync.core.model.merge_requests import MergeRequest, MergeRequestKey, MergeRequestState
from sync.store import links, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store.rows import LinkRow, TaskRow
from sync.store.tables import connection, merge_request

MAX_MERGE_REQUESTS = 50
_AWAITED = frozenset({"unreviewed", "review_started"})


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task that a merge request names. `unknown`: the app cannot see such a task."""

    id: int
    kind: str
    title: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class MergeRequestSummary:
    """A merge request as people see it. `awaited`: the reviewers who did not answer yet."""

    reference: str
    title: str
    url: str
    state: str
    draft: bool
    approved: bool
    author: str
    approved_by: tuple[str, ...]
    awaited: tuple[str, ...]
    pipeline: str | None
    pipeline_url: str | None
    branch: str
    updated_at: datetime
    tasks: tuple[NamedTask, ...] = ()


def latest_merge_requests(
    conn: Connection, portal_id: int, limit: int = MAX_MERGE_REQUESTS
) -> tuple[MergeRequestSummary, ...]:
    """Return the merge requests of a portal that changed last, newest first."""
    keys = _latest_keys(conn, portal_id, limit)
    links_by_key = links.by_merge_requests(conn, keys)
    return summarize_merge_requests(
        conn, portal_id, keys, [link for link_rows in links_by_key.values() for link in link_rows]
    )


def _latest_keys(conn: Connection, portal_id: int, limit: int) -> list[MergeRequestKey]:
    columns = merge_request.c
    query = (
        select(columns.connection_id, columns.project_id, columns.iid)
        .join(connection, connection.c.id == columns.connection_id)
        .where(connection.c.portal_id == portal_id, connection.c.state != "removed")
        .order_by(columns.updated_at.desc())
        .limit(limit)
    )
    return [MergeRequestKey(*row) for row in conn.execute(query)]


def summarize_merge_requests(
    conn: Connection, portal_id: int, keys: Sequence[MergeRequestKey], link_rows: Iterable[LinkRow]
) -> tuple[MergeRequestSummary, ...]:
    """Return the rows of merge requests in the given order, without unknown ones."""
    live = [link for link in link_rows if link.live]
    merge_requests = store_merge_requests.get_merge_requests(conn, keys)
    read = tasks.get(conn, portal_id, {link.task_id for link in live})
    return tuple(
        _merge_request_summary(
            merge_requests[key],
            [_named_task(link, read) for link in live if link.merge_request == key],
        )
        for key in keys
        if key in merge_requests
    )


def _named_task(link: LinkRow, read: dict[int, TaskRow]) -> NamedTask:
    task = read.get(link.task_id)
    title = task.body.title if task and task.body else ""
    return NamedTask(link.task_id, link.kind.value, title, task is not None and task.missing)


def awaited_reviewers(merge_request: MergeRequest) -> tuple[str, ...]:
    """Return the names of the reviewers who did not answer yet; none once it is over."""
    if merge_request.state not in (MergeRequestState.OPENED, MergeRequestState.LOCKED):
        return ()
    return tuple(
        reviewer.person.display_name
        for reviewer in merge_request.reviewers
        if reviewer.state in _AWAITED
    )


def _merge_request_summary(
    merge_request: MergeRequest, task_list: list[NamedTask]
) -> MergeRequestSummary:
    pipeline = merge_request.pipeline
    return MergeRequestSummary(
        reference=f"{merge_request.project.path}!{merge_request.iid}",
        title=merge_request.title,
        url=merge_request.url,
        state=merge_request.state.value,
        draft=merge_request.draft,
        approved=merge_request.approved,
        author=merge_request.author.display_name if merge_request.author else "",
        approved_by=tuple(person.display_name for person in merge_request.approved_by),
        awaited=awaited_reviewers(merge_request),
        pipeline=pipeline.status.value if pipeline else None,
        pipeline_url=pipeline.url if pipeline else None,
        branch=merge_request.source_branch,
        updated_at=merge_request.updated_at,
        tasks=tuple(task_list),
    )
