"""Read changes and production deployments for the metrics, from the mirror, in few queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, not_, or_, select

from sync.core.deployments.metrics.changes import Change
from sync.core.deployments.metrics.failures import Shipment
from sync.core.model.common import SHORT_SHA, Project
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import NO_TIMES, MergeRequestKey, ReviewTimes
from sync.store.db.upsert import in_keys
from sync.store.merge_request_commits import AFTER_OWN
from sync.store.projects import project_paths
from sync.store.tables import (
    activity,
    connection,
    deployment,
    deployment_merge_request,
    in_literals,
    merge_request,
    merge_request_commit,
    project,
)

ProjectKey = tuple[int, int]  # connection, project
AnyRow: TypeAlias = Any  # a sqlalchemy.Row, whose columns are read by their names
Moments = dict[MergeRequestKey, datetime]
_MERGE_REQUESTS = select(
    merge_request.c.connection_id,
    merge_request.c.project_id,
    merge_request.c.iid,
    merge_request.c.state,
    merge_request.c.source_branch,
    merge_request.c.merge_sha,
    merge_request.c.body["title"].as_string().label("title"),
    merge_request.c.body[("author", "id")].as_integer().label("author_id"),
    merge_request.c.body["ended_at"].as_string().label("ended_at"),
    merge_request.c.body["created_at"].as_string().label("created_at"),
    merge_request.c.memory["times"].label("times"),
)


@dataclass(frozen=True, slots=True)
class MeasuredProject:
    """A project whose merge requests or deployments may be measured."""

    key: ProjectKey
    path: str
    url: str


def measured_projects(conn: Connection, portal_id: int) -> tuple[MeasuredProject, ...]:
    """Return the projects of a portal's connections, by path; removed connections have none."""
    c = project.c
    query = (
        select(c.connection_id, c.project_id, c.path, c.url)
        .join(connection, connection.c.id == c.connection_id)
        .where(connection.c.portal_id == portal_id, connection.c.state != "removed")
        .order_by(c.path, c.connection_id)
    )
    return tuple(MeasuredProject((a, b), path, url) for a, b, path, url in conn.execute(query))


def read_flow(
    conn: Connection, projects: Collection[ProjectKey], since: datetime
) -> tuple[tuple[Change, ...], tuple[Shipment, ...]]:
    """Return merge requests, and finished production deployments with what each was first to bring.

    Merge requests are those that are open, or changed or were deployed since the moment.
    """
    production = _production(conn, projects)
    changes = _changes(conn, projects, production, since)
    return changes, _shipments(conn, projects, production, changes, since)


def _changes(
    conn: Connection,
    projects: Collection[ProjectKey],
    production: Sequence[AnyRow],
    since: datetime,
) -> tuple[Change, ...]:
    commits, comments = _first_commits(conn, projects), _first_comments(conn, projects)
    deployed = _FirstDeployed(conn, projects, production)
    c = merge_request.c
    is_recent = or_(c.updated_at >= since, in_literals(c.state, "opened", "locked"))
    rows = [
        row
        for condition in in_keys((c.connection_id, c.project_id), projects)
        for row in conn.execute(_MERGE_REQUESTS.where(condition, is_recent))
    ]
    older = deployed.since(since) - {_merge_request_key(row) for row in rows}
    of = c.connection_id, c.project_id, c.iid
    for condition in in_keys(of, [(k.connection_id, k.project_id, k.iid) for k in older]):
        rows += conn.execute(_MERGE_REQUESTS.where(condition))
    return tuple(
        _change(row, commits, comments, deployed.moment_of(_merge_request_key(row), row.merge_sha))
        for row in rows
    )


def _shipments(
    conn: Connection,
    projects: Collection[ProjectKey],
    production: Sequence[AnyRow],
    changes: Iterable[Change],
    since: datetime,
) -> tuple[Shipment, ...]:
    brought: dict[tuple[int, int, datetime], list[Change]] = {}
    for change in changes:
        if change.deployed_at:
            place = change.key.connection_id, change.key.project_id, change.deployed_at
            brought.setdefault(place, []).append(change)
    by_key = _projects_by_key(conn, projects)
    done = [_deployment(row, by_key) for row in production if row.updated_at >= since]
    return tuple(
        Shipment(of, tuple(brought.get((*_place(of), of.updated_at), ())))
        for of in _without_duplicates(done)
    )


def _projects_by_key(
    conn: Connection, projects: Collection[ProjectKey]
) -> dict[ProjectKey, Project]:
    paths = project_paths(conn, projects)
    return {(a, b): Project(a, b, path, url) for (a, b), (path, url) in paths.items()}


def _deployment(row: AnyRow, by_key: Mapping[ProjectKey, Project]) -> Deployment:
    """Build it from its columns: to read thousands of whole ones takes half a second."""
    return Deployment(
        by_key[row.connection_id, row.project_id],
        row.deployment_id,
        row.environment,
        Tier.PRODUCTION,
        DeploymentStatus.SUCCESS,
        row.sha,
        "",
        row.updated_at,
        url=row.url or "",
        job_url=row.job_url or "",
    )


def _production(conn: Connection, projects: Collection[ProjectKey]) -> list[AnyRow]:
    """Read every finished production deployment of the projects."""
    c = deployment.c
    is_production = c.body["tier"].as_string() == Tier.PRODUCTION.value
    query = select(
        c.connection_id,
        c.project_id,
        c.deployment_id,
        c.environment,
        c.updated_at,
        c.body["sha"].as_string().label("sha"),
        c.body["url"].as_string().label("url"),
        c.body["job_url"].as_string().label("job_url"),
    ).where(in_literals(c.status, DeploymentStatus.SUCCESS.value), is_production)
    return [
        row
        for condition in in_keys((c.connection_id, c.project_id), projects)
        for row in conn.execute(query.where(condition))
    ]


def _without_duplicates(deployments: Sequence[Deployment]) -> Iterator[Deployment]:
    """Leave out what a job reported where the code host reports the same deployment."""

    def same(of: Deployment) -> tuple[int, int, str, str]:
        return (*_place(of), of.environment, of.sha[:SHORT_SHA])

    hosts = {same(of) for of in deployments if of.id > 0}
    return (of for of in deployments if of.id > 0 or same(of) not in hosts)


def _place(of: Deployment) -> ProjectKey:
    return of.project.connection_id, of.project.id


def _merge_request_key(row: AnyRow) -> MergeRequestKey:
    return MergeRequestKey(row.connection_id, row.project_id, row.iid)


def _change(
    row: AnyRow,
    commits: Moments,
    comments: Mapping[MergeRequestKey, Mapping[int, datetime]],
    deployed_at: datetime | None,
) -> Change:
    key, ended_at = _merge_request_key(row), _moment(row.ended_at)
    times = _times(row.times) if row.times else NO_TIMES
    merged_at = (times.merged_at or ended_at) if row.state == "merged" else None
    approvals = [at for at in times.approvals if merged_at is None or at <= merged_at]
    by_others = [at for person, at in comments.get(key, {}).items() if person != row.author_id]
    reviews = [at for at in (*by_others, *approvals) if merged_at is None or at <= merged_at]
    return Change(
        key,
        row.title or "",
        row.source_branch,
        first_commit_at=commits.get(key),
        opened_at=times.opened_at or _moment(row.created_at),
        first_review_at=min(reviews, default=None),
        approved_at=max(approvals, default=None),
        merged_at=merged_at,
        closed_at=(times.closed_at or ended_at) if row.state == "closed" else None,
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


def _first_commits(conn: Connection, projects: Collection[ProjectKey]) -> Moments:
    """Return when the first commit of each merge request was made, to the second."""
    c = merge_request_commit.c
    first = func.min(c.body["at"].as_string())
    query = select(c.connection_id, c.project_id, c.iid, first).where(c.position < AFTER_OWN)
    return {
        MergeRequestKey(*key): moment
        for condition in in_keys((c.connection_id, c.project_id), projects)
        for *key, at in conn.execute(
            query.where(condition).group_by(c.connection_id, c.project_id, c.iid)
        )
        if (moment := _moment(at))
    }


def _first_comments(
    conn: Connection, projects: Collection[ProjectKey]
) -> dict[MergeRequestKey, dict[int, datetime]]:
    """Return when each person first commented each merge request, by their id."""
    c = activity.c
    of = c.body[("target", "key")].as_string(), c.body[("author", "id")].as_integer()
    query = (
        select(c.connection_id, c.project_id, *of, func.min(c.body["created_at"].as_string()))
        .where(c.kind == Kind.COMMENT.value)
        .where(c.body[("target", "kind")].as_string() == Kind.MERGE_REQUEST.value)
        .where(not_(c.body["system"].as_boolean()))
        .group_by(c.connection_id, c.project_id, *of)
    )
    comments: dict[MergeRequestKey, dict[int, datetime]] = {}
    for condition in in_keys((c.connection_id, c.project_id), projects):
        for connection_id, project_id, iid, person, at in conn.execute(query.where(condition)):
            moment = _moment(at)
            if moment and person is not None and str(iid).isdecimal():
                key = MergeRequestKey(connection_id, project_id, int(iid))
                comments.setdefault(key, {})[person] = moment
    return comments


class _FirstDeployed:
    """When the first finished production deployment with each merge request ended.

    It carries what the code host says, and the merge request whose merge commit it is of.
    """

    def __init__(
        self, conn: Connection, projects: Collection[ProjectKey], production: Sequence[AnyRow]
    ) -> None:
        self._by_key: Moments = {}
        self._by_commit: dict[tuple[int, int, str], datetime] = {}
        contents = deployment_merge_request.c
        ended: dict[tuple[int, int, int], datetime] = {}
        for row in production:
            commit = row.connection_id, row.project_id, row.sha[:SHORT_SHA]
            self._by_commit[commit] = min(
                row.updated_at, self._by_commit.get(commit, row.updated_at)
            )
            number: tuple[int, int, int] = (row.connection_id, row.project_id, row.deployment_id)
            ended[number] = min(row.updated_at, ended.get(number, row.updated_at))
        carried = select(
            contents.connection_id, contents.project_id, contents.deployment_id, contents.iid
        )
        for condition in in_keys((contents.connection_id, contents.project_id), projects):
            for a, b, deployment_id, iid in conn.execute(carried.where(condition)):
                if (moment := ended.get((a, b, deployment_id))) is not None:
                    key = MergeRequestKey(a, b, iid)
                    self._by_key[key] = min(moment, self._by_key.get(key, moment))

    def since(self, moment: datetime) -> set[MergeRequestKey]:
        """Return the merge requests that the host says were deployed first since then."""
        return {key for key, at in self._by_key.items() if at >= moment}

    def moment_of(self, key: MergeRequestKey, merge_sha: str) -> datetime | None:
        """Return when the merge request was first in production."""
        commit = key.connection_id, key.project_id, merge_sha[:SHORT_SHA]
        own = self._by_commit.get(commit) if merge_sha else None
        return min((at for at in (own, self._by_key.get(key)) if at), default=None)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
