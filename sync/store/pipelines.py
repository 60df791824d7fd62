"""Pipelines: those of commits that name tasks, what came before them, and jobs of failed ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from sync.core.alerts.model import alert_ref
from sync.core.model.pipelines import FailedJob, Pipeline
from sync.store.db.codec import encode, from_json, to_json
from sync.store.db.upsert import chunks, in_keys, upsert
from sync.store.tables import (
    commit,
    commit_task,
    in_literals,
    pipeline,
    pipeline_jobs,
)

PipelineId = tuple[int, int, int]  # connection, project, pipeline

_PIPELINE_COLUMNS = ("connection_id", "project_id", "pipeline_id")
_FINISHED = ("success", "failed", "canceled", "skipped")
_MAX_LOOKED_AHEAD = 50  # pipelines after one that did not pass that may speak for its commit
_MAX_LOOKED_BACK = 20  # finished pipelines of a branch's name that are looked through


class PushedPipeline(NamedTuple):
    """A pipeline with the branch pushed to; `gone`: its commit is not on that branch any more."""

    branch: str
    pipeline: Pipeline
    gone: bool


def pipeline_id(pipeline: Pipeline) -> PipelineId:
    """Return the key of a pipeline: its connection, project and number."""
    return pipeline.project.connection_id, pipeline.project.id, pipeline.id


def pipelines_of_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int]
) -> dict[int, tuple[PushedPipeline, ...]]:
    """Return the pipelines of commits that name the tasks."""
    by_key: dict[int, tuple[PushedPipeline, ...]] = {}
    pairs = commit_task.c
    same = and_(
        pipeline.c.connection_id == pairs.connection_id,
        pipeline.c.project_id == pairs.project_id,
        pipeline.c.sha == pairs.sha,
        pipeline.c.ref == pairs.branch,
    )
    for piece in chunks(set(task_ids)):
        query = (
            select(pairs.task_id, pairs.branch, pairs.gone, pipeline.c.body)
            .join(pipeline, same)
            .where(pairs.portal_id == portal_id, pairs.task_id.in_(piece))
            .order_by(pipeline.c.pipeline_id)
        )
        for task_id, branch, gone, body in conn.execute(query):
            pushed = PushedPipeline(branch, from_json(Pipeline, body), gone)
            by_key[task_id] = (*by_key.get(task_id, ()), pushed)
    return by_key


def later_pipelines(
    conn: Connection, pipelines: Iterable[Pipeline]
) -> dict[PipelineId, tuple[Pipeline, ...]]:
    """Return the pipelines of its branch that followed each, in order.

    Those of merge requests and tags are lines of their own, and one of a commit that was pushed
    before says nothing of a later commit.
    """
    columns, later = pipeline.c, {}
    for item in pipelines:
        query = (
            select(columns.body)
            .where(columns.connection_id == item.project.connection_id)
            .where(columns.project_id == item.project.id, columns.ref == item.ref)
            .where(columns.pipeline_id > item.id)
            .order_by(columns.pipeline_id)
            .limit(_MAX_LOOKED_AHEAD)
        )
        following = [from_json(Pipeline, body) for body in conn.scalars(query)]
        following = [entry for entry in following if alert_ref(entry) == item.ref]
        earlier = _pushed_before(conn, item, {entry.sha for entry in following} - {item.sha})
        later[pipeline_id(item)] = tuple(e for e in following if e.sha not in earlier)
    return later


def _pushed_before(conn: Connection, item: Pipeline, shas: Iterable[str]) -> frozenset[str]:
    """Return those of the commits that came to the pipeline's branch before its own."""
    columns = commit.c
    place = columns.connection_id, columns.project_id, columns.branch, columns.sha
    of = item.project.connection_id, item.project.id, item.ref
    received: dict[str, datetime] = {}
    for condition in in_keys(place, [(*of, sha) for sha in (item.sha, *shas)] if shas else []):
        query = select(columns.sha, columns.received_at).where(condition)
        received.update({sha: at for sha, at in conn.execute(query)})
    own = received.get(item.sha)
    return frozenset(sha for sha, at in received.items() if own is not None and at < own)


def unresolved_tasks(conn: Connection, portal_id: int, item: Pipeline) -> tuple[int, ...]:
    """Return the tasks whose own pipelines of the branch did not pass since it last passed."""
    columns = pipeline.c
    on_branch = (
        columns.connection_id == item.project.connection_id,
        columns.project_id == item.project.id,
        columns.ref == item.ref,
        columns.pipeline_id < item.id,
    )
    passed = select(func.max(columns.pipeline_id)).where(
        *on_branch, in_literals(columns.status, "success")
    )
    pairs = and_(
        commit_task.c.connection_id == columns.connection_id,
        commit_task.c.project_id == columns.project_id,
        commit_task.c.branch == columns.ref,
        commit_task.c.sha == columns.sha,
    )
    query = (
        select(commit_task.c.task_id)
        .join(pipeline, pairs)
        .where(*on_branch, commit_task.c.portal_id == portal_id, commit_task.c.gone.is_(False))
        .where(columns.pipeline_id > func.coalesce(passed.scalar_subquery(), 0))
    )
    return tuple(conn.scalars(query.distinct().order_by(commit_task.c.task_id)))


def failed_jobs(
    conn: Connection, pipeline_ids: Iterable[PipelineId]
) -> dict[PipelineId, tuple[datetime, tuple[FailedJob, ...]]]:
    """Return the jobs as read, and the pipeline's moment they were read for."""
    by_key = {}
    for condition in in_keys([pipeline_jobs.c[name] for name in _PIPELINE_COLUMNS], pipeline_ids):
        for row in conn.execute(select(pipeline_jobs).where(condition)):
            key = row.connection_id, row.project_id, row.pipeline_id
            by_key[key] = row.pipeline_updated_at, from_json(tuple[FailedJob, ...], row.body)
    return by_key


def save_failed_jobs(
    conn: Connection, read: Mapping[PipelineId, tuple[datetime, tuple[FailedJob, ...]]]
) -> None:
    """Store the failed jobs of pipelines, each with the pipeline's moment they were read for."""
    rows = [
        dict(zip(_PIPELINE_COLUMNS, key, strict=True))
        | {"pipeline_updated_at": at, "body": [to_json(job) for job in failed_jobs]}
        for key, (at, failed_jobs) in sorted(read.items())
    ]
    upsert(
        conn, pipeline_jobs, rows, keys=_PIPELINE_COLUMNS, update=("pipeline_updated_at", "body")
    )


def pipelines(
    conn: Connection, keys: Iterable[tuple[int, int, int]]
) -> dict[tuple[int, int, int], Pipeline]:
    """Return the pipelines by connection, project and number; unknown ones are left out."""
    columns = pipeline.c
    of = columns.connection_id, columns.project_id, columns.pipeline_id
    return {
        tuple(key): from_json(Pipeline, body)
        for condition in in_keys(of, keys)
        for *key, body in conn.execute(select(*of, columns.body).where(condition))
    }


def previous_results(conn: Connection, of: Iterable[Pipeline]) -> dict[tuple[int, int, int], str]:
    """Return the result of the newest finished pipeline before each, on its branch.

    Pipelines of merge requests name the branch they come from, and are lines of their own.
    """
    columns, by_key = pipeline.c, {}
    for entry in of:
        place = entry.project.connection_id, entry.project.id
        query = (
            select(columns.body)
            .where(columns.connection_id == place[0], columns.project_id == place[1])
            .where(columns.ref == entry.ref, columns.pipeline_id < entry.id)
            .where(in_literals(columns.status, "success", "failed"))
            .order_by(columns.pipeline_id.desc())
            .limit(_MAX_LOOKED_BACK)
        )
        earlier = (from_json(Pipeline, body) for body in conn.scalars(query))
        before = next((item for item in earlier if alert_ref(item) == alert_ref(entry)), None)
        if before is not None:
            by_key[*place, entry.id] = before.status.value
    return by_key


def save_pipelines(conn: Connection, pipelines: Iterable[Pipeline]) -> None:
    """Store the pipelines, each as it was last: an older account changes nothing.

    Of two accounts of one moment the one that has it finished is the later. What the host does
    not say when it is asked (the commit, who started it) stays as a hook told it.
    """
    rows = [_pipeline_row(item) for item in _with_commits(conn, list(pipelines))]
    upsert(
        conn,
        pipeline,
        rows,
        keys=("connection_id", "project_id", "pipeline_id"),
        update=("ref", "sha", "merge_request_iid", "status", "updated_at", "body"),
        where=_is_newer,
    )


def _is_newer(new: Any) -> Any:
    """Newer, or of the same second and not a finished one become unfinished again."""
    return or_(
        new.updated_at > pipeline.c.updated_at,
        and_(
            new.updated_at == pipeline.c.updated_at,
            or_(in_literals(new.status, *_FINISHED), ~in_literals(pipeline.c.status, *_FINISHED)),
        ),
    )


def _with_commits(conn: Connection, pipelines: list[Pipeline]) -> Iterable[Pipeline]:
    columns = pipeline.c
    of = columns.connection_id, columns.project_id, columns.pipeline_id
    bare = [(p.project.connection_id, p.project.id, p.id) for p in pipelines if p.commit is None]
    stored = {
        tuple(key): from_json(Pipeline, body)
        for condition in in_keys(of, bare)
        for *key, body in conn.execute(select(*of, columns.body).where(condition))
    }
    for item in pipelines:
        before = stored.get((item.project.connection_id, item.project.id, item.id))
        if before is not None and item.commit is None:
            stages = before if item.status is before.status else item  # only hooks tell them
            item = replace(
                item,
                ref=before.ref,
                commit=before.commit,
                actor=item.actor or before.actor,
                duration_seconds=_known_duration(item, before),
                tag=item.tag or before.tag,
                passed_stages=stages.passed_stages,
                failed_stages=stages.failed_stages,
            )
        yield item


def _known_duration(item: Pipeline, before: Pipeline) -> int | None:
    """Return the duration, which lists do not tell."""
    same = item.status is before.status
    return item.duration_seconds or (before.duration_seconds if same else None)


def _pipeline_row(item: Pipeline) -> dict[str, Any]:
    return {
        "connection_id": item.project.connection_id,
        "project_id": item.project.id,
        "pipeline_id": item.id,
        "ref": item.ref,
        "sha": item.sha,
        "merge_request_iid": item.merge_request_iid,
        "status": item.status.value,
        "updated_at": item.updated_at,
        "body": encode(item),
    }
