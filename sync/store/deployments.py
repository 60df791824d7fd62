"""Deployments as last heard, and the merge requests that the code host says they carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from sync.core.model.deployments import Deployment, DeploymentStatus, same_commit
from sync.core.model.merge_requests import MergeRequestKey
from sync.store.db.codec import encode, from_json
from sync.store.db.upsert import in_keys, upsert
from sync.store.projects import has_project
from sync.store.tables import (
    connection,
    deployment,
    deployment_merge_request,
    in_literals,
    merge_request,
    pipeline,
)

ProjectKey = tuple[int, int]  # connection, project
DeploymentId = tuple[int, int, int]  # connection, project, deployment
DeploymentKey = tuple[int, int, str, int]  # connection, project, environment, deployment

NEAREST_LIMIT = 30  # deployments of an environment among which one is looked for

_KEYS = ("connection_id", "project_id", "environment", "deployment_id")
_MERGE_REQUEST_COLUMNS = tuple(
    merge_request.c[name] for name in ("connection_id", "project_id", "iid")
)
_SHA_LENGTH = 40  # characters of a whole commit id, at least
_FINISHED = ("success", "failed", "canceled", "rejected")


def save(
    conn: Connection,
    deployments: Iterable[Deployment],
    now: datetime,
    *,
    contents_known: bool = False,
) -> None:
    """Store the deployments, each as it was last: an older account changes nothing.

    The host is asked what a finished one carries, unless it was `asked`; of two accounts of one
    moment the one that has it ended is the later. The host has one that was rejected fail then:
    it stays rejected, whichever is heard first.
    """
    c = deployment.c
    upsert(
        conn,
        deployment,
        [_row(entry, None if contents_known else now) for entry in deployments],
        keys=_KEYS,
        update=("updated_at", "status", "fetch_at", "body"),
        where=lambda new: and_(
            ~and_(c.status == "rejected", new.status == "failed"),
            or_(
                new.updated_at > c.updated_at,
                and_(c.status == "failed", new.status == "rejected"),
                and_(
                    new.updated_at == c.updated_at,
                    or_(in_literals(new.status, *_FINISHED), ~in_literals(c.status, *_FINISHED)),
                ),
            ),
        ),
    )


def newest(
    conn: Connection, projects: Iterable[ProjectKey], most: int, environment: str | None = None
) -> dict[ProjectKey, tuple[Deployment, ...]]:
    """Return the newest deployments of each project, up to `most` of it."""
    c = deployment.c
    by_key = {}
    for place in sorted(set(projects)):
        query = select(c.body).where(c.connection_id == place[0], c.project_id == place[1])
        if environment is not None:
            query = query.where(c.environment == environment)
        query = query.order_by(c.updated_at.desc(), c.deployment_id.desc()).limit(most)
        by_key[place] = tuple(from_json(Deployment, body) for body in conn.scalars(query))
    return by_key


def get(
    conn: Connection, deployment_keys: Iterable[DeploymentKey]
) -> dict[DeploymentKey, Deployment]:
    """Return the deployments by connection, project, environment and number."""
    of = [deployment.c[name] for name in _KEYS]
    return {
        tuple(key): from_json(Deployment, body)
        for condition in in_keys(of, deployment_keys)
        for *key, body in conn.execute(select(*of, deployment.c.body).where(condition))
    }


def deployment_key(deployment: Deployment) -> DeploymentKey:
    """Return the key under which a deployment is stored."""
    return (
        deployment.project.connection_id,
        deployment.project.id,
        deployment.environment,
        deployment.id,
    )


def previous_results(conn: Connection, of: Iterable[Deployment]) -> dict[DeploymentKey, str]:
    """Return the result of the newest finished deployment before each, in its environment.

    One that a job told of, and not the host, is no line of its own beside those of the host.
    """
    by_key = {}
    for entry in of:
        c, own = deployment.c, deployment_key(entry)
        here = [c[name] == value for name, value in zip(_KEYS[:3], own[:3], strict=True)]
        earlier = or_(
            c.updated_at < entry.updated_at,
            and_(c.updated_at == entry.updated_at, c.deployment_id < entry.id),
        )
        ended = in_literals(c.status, "success", "failed")
        query = select(c.status).where(*here, ended, earlier, c.deployment_id != entry.id)
        query = query.where(c.deployment_id > 0) if entry.id > 0 else query
        newest_first = query.order_by(c.updated_at.desc(), c.deployment_id.desc())
        if (status := conn.scalar(newest_first.limit(1))) is not None:
            by_key[own] = status
    return by_key


def also_on_host(conn: Connection, deployments: Iterable[Deployment]) -> frozenset[DeploymentKey]:
    """Those that the host itself tells of, too: of the same commit and environment."""
    unknowns = set()
    for entry in deployments:
        c, own = deployment.c, deployment_key(entry)
        here = [c[name] == value for name, value in zip(_KEYS[:3], own[:3], strict=True)]
        query = select(c.body).where(*here, c.deployment_id > 0).order_by(c.updated_at.desc())
        near = (from_json(Deployment, body) for body in conn.scalars(query.limit(NEAREST_LIMIT)))
        if any(same_commit(other.sha, entry.sha) for other in near):
            unknowns.add(own)
    return frozenset(unknowns)


def without_pipeline(
    conn: Connection, deployments: Iterable[Deployment]
) -> frozenset[DeploymentKey]:
    """Return those by a job of which neither an earlier account nor the pipeline is stored.

    A project whose other pipelines are not known either tells nothing by that, unless nothing at
    all is known of it.
    """
    unknown = set()
    for entry in deployments:
        place = entry.project.connection_id, entry.project.id
        of = pipeline.c.connection_id == place[0], pipeline.c.project_id == place[1]
        same = pipeline.c.sha.startswith(entry.sha, autoescape=True)
        newest_first = select(same).where(*of).order_by(same.desc()).limit(1)
        has_own = conn.scalar(newest_first)
        is_first = has_own is None and not has_project(conn, *place)
        if (is_first or has_own is False) and not get(conn, [deployment_key(entry)]):
            unknown.add(deployment_key(entry))
    return frozenset(unknown)


def save_contents(conn: Connection, by_key: Mapping[DeploymentId, Iterable[int]]) -> None:
    """Remembers the numbers of the merge requests that deployments carry."""
    rows = [
        {"connection_id": c, "project_id": p, "deployment_id": d, "iid": iid}
        for (c, p, d), iids in sorted(by_key.items())
        for iid in sorted(set(iids))
    ]
    upsert(
        conn,
        deployment_merge_request,
        rows,
        keys=("connection_id", "project_id", "deployment_id", "iid"),
    )


def deployments_containing(
    conn: Connection, keys: Iterable[MergeRequestKey]
) -> dict[MergeRequestKey, frozenset[int]]:
    """Return the deployments that are reported to contain the merge requests."""
    of = (
        deployment_merge_request.c.connection_id,
        deployment_merge_request.c.project_id,
        deployment_merge_request.c.iid,
    )
    by_key: dict[MergeRequestKey, frozenset[int]] = {}
    for condition in in_keys(of, [(key.connection_id, key.project_id, key.iid) for key in keys]):
        for *place, number in conn.execute(
            select(*of, deployment_merge_request.c.deployment_id).where(condition)
        ):
            key = MergeRequestKey(*place)
            by_key[key] = by_key.get(key, frozenset()) | {number}
    return by_key


def merge_requests_of(
    conn: Connection, deployments: Sequence[Deployment]
) -> frozenset[MergeRequestKey]:
    """Merge requests that the deployments may carry: by what was told, commit and branch."""
    merge_request_keys: set[MergeRequestKey] = set()
    c, ids, branches = merge_request.c, set(), set()
    commits: dict[Any, set[tuple[int, int, str]]] = {c.head_sha: set(), c.merge_sha: set()}
    for shipped in deployments:
        place = shipped.project.connection_id, shipped.project.id
        ids.add((*place, shipped.id))
        branches.add((*place, shipped.ref))
        for column, complete in commits.items():
            if len(shipped.sha) >= _SHA_LENGTH:
                complete.add((*place, shipped.sha))
            else:
                short = column.startswith(shipped.sha, autoescape=True)
                same = c.connection_id == place[0], c.project_id == place[1], short
                merge_request_keys |= {
                    MergeRequestKey(*row)
                    for row in conn.execute(select(*_MERGE_REQUEST_COLUMNS).where(*same))
                }
        if shipped.ref.startswith("refs/merge-requests/") and shipped.ref.split("/")[2].isdecimal():
            merge_request_keys.add(MergeRequestKey(*place, int(shipped.ref.split("/")[2])))
    details = (
        deployment_merge_request.c.connection_id,
        deployment_merge_request.c.project_id,
        deployment_merge_request.c.deployment_id,
    )
    for condition in in_keys(details, ids):
        query = select(details[0], details[1], deployment_merge_request.c.iid).where(condition)
        merge_request_keys |= {MergeRequestKey(*row) for row in conn.execute(query)}
    for column, keys in (*commits.items(), (c.source_branch, branches)):
        for condition in in_keys((c.connection_id, c.project_id, column), keys):
            merge_request_keys |= {
                MergeRequestKey(*row)
                for row in conn.execute(select(*_MERGE_REQUEST_COLUMNS).where(condition))
            }
    return frozenset(merge_request_keys)


def is_due(now: Any) -> ColumnElement[bool]:
    """Build the condition of deployments whose contents the host is to be asked for at `now`."""
    condition: ColumnElement[bool] = deployment.c.fetch_at <= now
    return condition


def to_fetch(conn: Connection, portal_id: int, now: datetime, limit: int) -> tuple[Deployment, ...]:
    """Deployments of which the code host is to be asked now what they carry."""
    query = (
        select(deployment.c.body)
        .join(connection, connection.c.id == deployment.c.connection_id)
        .where(connection.c.portal_id == portal_id, is_due(now))
        .order_by(deployment.c.fetch_at, deployment.c.deployment_id)
        .limit(limit)
    )
    return tuple(from_json(Deployment, body) for body in conn.scalars(query))


def portals_to_fetch(conn: Connection, now: datetime) -> tuple[int, ...]:
    """Return the portals with such deployments."""
    query = (
        select(connection.c.portal_id)
        .join(deployment, connection.c.id == deployment.c.connection_id)
        .where(is_due(now))
        .distinct()
    )
    return tuple(sorted(conn.scalars(query)))


def set_fetch_at(conn: Connection, entry: Deployment, moment: datetime | None) -> None:
    """When the host is to be asked again; None: not any more."""
    values = (entry.project.connection_id, entry.project.id, entry.environment, entry.id)
    where = [deployment.c[name] == value for name, value in zip(_KEYS, values, strict=True)]
    conn.execute(update(deployment).where(*where).values(fetch_at=moment))


def set_lacks(conn: Connection, entry: Deployment, shas: tuple[str, ...]) -> None:
    """Store which commits deployed before the host says it lacks; without any nothing is done."""
    if not shas:
        return
    stored = get(conn, [deployment_key(entry)]).get(deployment_key(entry))
    if stored is not None:
        values = deployment_key(entry)
        where = [deployment.c[name] == value for name, value in zip(_KEYS, values, strict=True)]
        body = encode(replace(stored, lacks=shas))
        conn.execute(update(deployment).where(*where).values(body=body))


def _row(deployment: Deployment, fetch_at: datetime | None) -> dict[str, Any]:
    tells = deployment.id > 0 and deployment.status is DeploymentStatus.SUCCESS
    return {
        "connection_id": deployment.project.connection_id,
        "project_id": deployment.project.id,
        "environment": deployment.environment,
        "deployment_id": deployment.id,
        "updated_at": deployment.updated_at,
        "status": deployment.status.value,
        "fetch_at": fetch_at if tells else None,
        "body": encode(deployment),
    }
