"""Read merge requests with the moments of their way to production, for the metrics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, not_, or_, select

from sync.core.deployments.metrics.changes import Change
from sync.core.model.common import SHORT_SHA
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import NO_TIMES, MergeRequestKey, ReviewTimes
from sync.store.db.upsert import in_keys
from sync.store.flow_deployments import AnyRow, ChangeKey, FirstDeployed, ProjectKey
from sync.store.merge_request_commits import AFTER_OWN
from sync.store.tables import activity, in_literals, merge_request, merge_request_commit

_KEY = merge_request.c.connection_id, merge_request.c.project_id, merge_request.c.iid
_MERGE_REQUESTS = select(
    *_KEY,
    merge_request.c.state,
    merge_request.c.source_branch,
    merge_request.c.merge_sha,
    merge_request.c.body["title"].as_string().label("title"),
    merge_request.c.body[("author", "id")].as_integer().label("author_id"),
    merge_request.c.body["ended_at"].as_string().label("ended_at"),
    merge_request.c.body["created_at"].as_string().label("created_at"),
    merge_request.c.memory["times"].label("times"),
)
_COMMIT = merge_request_commit.c
_FIRST_COMMITS = (
    select(
        _COMMIT.connection_id,
        _COMMIT.project_id,
        _COMMIT.iid,
        func.min(_COMMIT.body["at"].as_string()),
    )
    .join_from(
        merge_request,
        merge_request_commit,
        and_(
            *(
                own == of
                for own, of in zip(
                    _KEY, (_COMMIT.connection_id, _COMMIT.project_id, _COMMIT.iid), strict=True
                )
            )
        ),
    )
    .where(_COMMIT.position < AFTER_OWN)
    .group_by(_COMMIT.connection_id, _COMMIT.project_id, _COMMIT.iid)
)
Reviews = dict[ChangeKey, dict[int, datetime]]  # when each person first commented, by their id


def read_changes(
    conn: Connection, projects: Collection[ProjectKey], deployed: FirstDeployed, since: datetime
) -> tuple[Change, ...]:
    """Return the merge requests that are open, or changed or were deployed since the moment."""
    c = merge_request.c
    is_recent = or_(c.updated_at >= since, in_literals(c.state, "opened", "locked"))
    if commits := deployed.commits_since(since):
        is_recent = or_(is_recent, func.substr(c.merge_sha, 1, SHORT_SHA).in_(commits))
    conditions = [condition & is_recent for condition in in_keys(_KEY[:2], projects)]
    rows: dict[ChangeKey, AnyRow] = {}
    first_commits: dict[ChangeKey, datetime] = {}
    _read_rows(conn, conditions, rows, first_commits)
    _read_rows(conn, list(in_keys(_KEY, deployed.since(since) - rows.keys())), rows, first_commits)
    comments = _first_comments(conn, projects)
    return tuple(
        _change(
            row, first_commits.get(key), comments.get(key, {}),
            deployed.moment_of(key, row[5]),
        )
        for key, row in rows.items()
    )  # fmt: skip


def _read_rows(
    conn: Connection,
    conditions: Collection[ColumnElement[bool]],
    rows: dict[ChangeKey, AnyRow],
    first_commits: dict[ChangeKey, datetime],
) -> None:
    """Add the merge requests of the conditions, and when the first commit of each was made."""
    for condition in conditions:
        for row in conn.execute(_MERGE_REQUESTS.where(condition)).all():
            rows[row[0], row[1], row[2]] = row
        for a, b, iid, at in conn.execute(_FIRST_COMMITS.where(condition)).all():
            if at:
                first_commits[a, b, iid] = datetime.fromisoformat(at)


def _change(
    row: AnyRow,
    first_commit_at: datetime | None,
    comments: Mapping[int, datetime],
    deployed_at: datetime | None,
) -> Change:
    a, b, iid, state, branch, _, title, author_id, ended, created, stored = row
    ended_at = _moment(ended)
    times = _times(stored) if stored else NO_TIMES
    merged_at = (times.merged_at or ended_at) if state == "merged" else None
    approvals = [at for at in times.approvals if merged_at is None or at <= merged_at]
    by_others = [at for person, at in comments.items() if person != author_id]
    reviews = [at for at in (*by_others, *approvals) if merged_at is None or at <= merged_at]
    return Change(
        MergeRequestKey(a, b, iid),
        title or "",
        branch,
        first_commit_at=first_commit_at,
        opened_at=times.opened_at or _moment(created),
        first_review_at=min(reviews, default=None),
        approved_at=max(approvals, default=None),
        merged_at=merged_at,
        closed_at=(times.closed_at or ended_at) if state == "closed" else None,
        deployed_at=deployed_at,
    )


def _times(stored: Mapping[str, Any]) -> ReviewTimes:
    """Read what the memory of a merge request has of its moments."""
    return ReviewTimes(
        _moment(stored["opened_at"]),
        _moment(stored["merged_at"]),
        _moment(stored["closed_at"]),
        tuple(datetime.fromisoformat(at) for at in stored["approvals"]),
    )


def _first_comments(conn: Connection, projects: Collection[ProjectKey]) -> Reviews:
    c = activity.c
    of = c.body[("target", "key")].as_string(), c.body[("author", "id")].as_integer()
    query = (
        select(c.connection_id, c.project_id, *of, func.min(c.body["created_at"].as_string()))
        .where(c.kind == Kind.COMMENT.value)
        .where(c.body[("target", "kind")].as_string() == Kind.MERGE_REQUEST.value)
        .where(not_(c.body["system"].as_boolean()))
        .group_by(c.connection_id, c.project_id, *of)
    )
    comments: Reviews = {}
    for condition in in_keys((c.connection_id, c.project_id), projects):
        for connection_id, project_id, iid, person, at in conn.execute(
            query.where(condition)
        ).all():
            if at and person is not None and str(iid).isdecimal():
                key = connection_id, project_id, int(iid)
                comments.setdefault(key, {})[person] = datetime.fromisoformat(at)
    return comments


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
