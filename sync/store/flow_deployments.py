"""Read finished production deployments, and when each merge request was first in production."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, select

from sync.core.model.common import SHORT_SHA, Project
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.store.db.upsert import in_keys
from sync.store.projects import project_paths
from sync.store.tables import deployment, deployment_merge_request, in_literals

ProjectKey = tuple[int, int]  # connection, project
ChangeKey = tuple[int, int, int]  # connection, project, number of the merge request
AnyRow: TypeAlias = Any  # a sqlalchemy.Row, whose columns are read by their names


def read_production(conn: Connection, projects: Collection[ProjectKey]) -> list[AnyRow]:
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
        c.body["lacks"].as_string().label("lacks"),
    ).where(in_literals(c.status, DeploymentStatus.SUCCESS.value), is_production)
    return [
        row
        for condition in in_keys((c.connection_id, c.project_id), projects)
        for row in conn.execute(query.where(condition)).all()
    ]


def list_deployments(
    conn: Connection, projects: Collection[ProjectKey], rows: Sequence[AnyRow]
) -> Iterator[Deployment]:
    """Build deployments of rows, without what a job reported where the host reports the same."""
    paths = project_paths(conn, projects)
    by_key = {(a, b): Project(a, b, path, url) for (a, b), (path, url) in paths.items()}
    return _without_duplicates([_deployment(row, by_key[row[0], row[1]]) for row in rows])


def _deployment(row: AnyRow, project: Project) -> Deployment:
    """Build it from its columns: to read thousands of whole ones takes half a second."""
    return Deployment(
        project,
        row.deployment_id,
        row.environment,
        Tier.PRODUCTION,
        DeploymentStatus.SUCCESS,
        row.sha,
        "",
        row.updated_at,
        url=row.url or "",
        job_url=row.job_url or "",
        lacks=tuple(json.loads(row.lacks)) if row.lacks else (),
    )


def _without_duplicates(deployments: Sequence[Deployment]) -> Iterator[Deployment]:
    def same(of: Deployment) -> tuple[int, int, str, str]:
        return (of.project.connection_id, of.project.id, of.environment, of.sha[:SHORT_SHA])

    hosts = {same(of) for of in deployments if of.id > 0}
    return (of for of in deployments if of.id > 0 or same(of) not in hosts)


class FirstDeployed:
    """When the first finished production deployment with each merge request ended.

    It carries what the code host says, and the merge request whose merge commit it is of.
    """

    def __init__(
        self, conn: Connection, projects: Collection[ProjectKey], production: Sequence[AnyRow]
    ) -> None:
        self._by_key: dict[ChangeKey, datetime] = {}
        self._by_commit: dict[tuple[int, int, str], datetime] = {}
        contents = deployment_merge_request.c
        ended: dict[tuple[int, int, int], datetime] = {}
        for row in production:
            a, b, deployment_id, _, at, sha = row[:6]
            commit = a, b, sha[:SHORT_SHA]
            self._by_commit[commit] = min(at, self._by_commit.get(commit, at))
            number = a, b, deployment_id
            ended[number] = min(at, ended.get(number, at))
        carried = select(
            contents.connection_id, contents.project_id, contents.deployment_id, contents.iid
        )
        for condition in in_keys((contents.connection_id, contents.project_id), projects):
            for a, b, deployment_id, iid in conn.execute(carried.where(condition)).all():
                if (moment := ended.get((a, b, deployment_id))) is not None:
                    key = a, b, iid
                    self._by_key[key] = min(moment, self._by_key.get(key, moment))

    def since(self, moment: datetime) -> set[ChangeKey]:
        """Return the merge requests that the host says were deployed first since then."""
        return {key for key, at in self._by_key.items() if at >= moment}

    def commits_since(self, moment: datetime) -> set[str]:
        """Return the beginnings of the commits that were deployed first since then."""
        return {commit[2] for commit, at in self._by_commit.items() if at >= moment}

    def moment_of(self, key: ChangeKey, merge_sha: str) -> datetime | None:
        """Return when the merge request was first in production."""
        own = self._by_commit.get((*key[:2], merge_sha[:SHORT_SHA])) if merge_sha else None
        reported = self._by_key.get(key)
        return min(own, reported) if own and reported else own or reported
