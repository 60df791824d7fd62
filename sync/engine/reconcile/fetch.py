"""What alerts need of the other sides: failed jobs of the code host, tasks of the portal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries as tasks_queries
from sync.core.alerts.model import FAILED, RefKey
from sync.core.model.pipelines import FailedJob, Pipeline
from sync.core.model.task_view import BranchPipeline
from sync.core.pipelines.plan import needs_jobs
from sync.core.rules.portal import Rules
from sync.engine.audit.recording import recording_transaction
from sync.engine.deps import Deps
from sync.engine.lanes import CALL_LEASE_TTL, Lane
from sync.errors import Later, SyncError
from sync.gitlab.api import jobs as gitlab_jobs
from sync.gitlab.api.client import GitLab
from sync.log import log
from sync.store import connections, tasks
from sync.store import pipelines as store_pipelines
from sync.store.alerts import AlertRow
from sync.store.db.database import select_only

MAX_PIPELINES_READ = 10  # pipelines of a line whose jobs are asked for at a time, the newest


def pipeline_id(pipeline: Pipeline) -> store_pipelines.PipelineId:
    """Return the key of a pipeline: its connection, project and number."""
    return pipeline.project.connection_id, pipeline.project.id, pipeline.id


def fetch_alert_jobs(
    deps: Deps, lane: Lane, history: Mapping[RefKey, Sequence[Pipeline]], rules: Rules
) -> None:
    """Fetch the failed jobs that are not known, of what may be shown or counted by stage."""
    pipelines = [
        pipeline
        for listed in history.values()
        for pipeline in _pipelines_without_jobs(listed, rules)
    ]
    if not pipelines:
        return
    with select_only(deps.database) as conn:
        stored = store_pipelines.failed_jobs(conn, map(pipeline_id, pipelines))
    lacking = [
        pipeline
        for pipeline in pipelines
        if stored.get(pipeline_id(pipeline), (None,))[0] != pipeline.updated_at
    ]
    if not lacking:
        return

    def keep() -> None:
        with recording_transaction(deps) as conn:
            lane.keep(conn, CALL_LEASE_TTL)

    by_key = fetch_failed_jobs(
        deps, [BranchPipeline("", pipeline.ref, pipeline) for pipeline in lacking], keep
    )
    with recording_transaction(deps) as conn:
        lane.keep(conn)
        store_pipelines.save_failed_jobs(conn, by_key)


def _pipelines_without_jobs(history: Sequence[Pipeline], rules: Rules) -> list[Pipeline]:
    """By stage the newest failures; else the last, if nothing ended after it."""
    if not history:
        return []
    newest = (
        history[-MAX_PIPELINES_READ:]
        if rules.alerts_of(history[-1].project.path).by_stage
        else history[-1:]
    )
    return [pipeline for pipeline in newest if pipeline.status.value == FAILED]


def fetch_alert_tasks(
    deps: Deps, lane: Lane, portal_id: int, portal: Portal, over: Iterable[AlertRow]
) -> None:
    """Fetch the tasks whose alert has ended and that were never read."""
    keys = {row.task_id for row in over if row.task_id}
    if not keys:
        return
    with select_only(deps.database) as conn:
        stored = tasks.get(conn, portal_id, keys)
    lacking = {t for t in keys if t not in stored or stored[t].read_at is None}
    if lacking:
        fetch_tasks(deps, lane, portal_id, portal, lacking)


def fetch_tasks(
    deps: Deps, lane: Lane, portal_id: int, portal: Portal, task_ids: Iterable[int]
) -> None:
    """Read tasks and store them. Raises Later and Denied where the portal cannot be asked."""
    with recording_transaction(deps) as conn:
        lane.keep(conn, CALL_LEASE_TTL)
    began_at = deps.clock.now()
    answers = tasks_queries.read_tasks(portal, sorted(task_ids))
    with recording_transaction(deps) as conn:
        lane.keep(conn)
        tasks.save_read(conn, portal_id, answers, began_at)


def code_host_client(deps: Deps, connection_id: int) -> GitLab | None:
    """None where the connection has no token, or was removed."""
    with select_only(deps.database) as conn:
        record = connections.by_id(conn, connection_id)
    if record is None or record.state == "removed":
        return None
    try:
        return deps.code_host_for(record)
    except SyncError:
        return None


def fetch_failed_jobs(
    deps: Deps, runs: Iterable[BranchPipeline], keep: Callable[[], None]
) -> dict[store_pipelines.PipelineId, tuple[datetime, tuple[FailedJob, ...]]]:
    """Fetch the failed jobs of runs that lack them, outside any transaction; `keep` before each.

    What cannot be read is no job at all: the message does without. A host that does not answer
    is not asked again this time.
    """
    by_key = {}
    clients: dict[int, GitLab | None] = {}
    for pipeline in {
        store_pipelines.pipeline_id(run.pipeline): run.pipeline for run in runs if needs_jobs(run)
    }.values():
        place = pipeline.project.connection_id
        if place not in clients:
            clients[place] = code_host_client(deps, place)
        jobs: tuple[FailedJob, ...] = ()
        try:
            keep()
            client = clients[place]
            jobs = (
                gitlab_jobs.read_failed_jobs(client, pipeline.project.id, pipeline.id)
                if client
                else ()
            )
        except SyncError as error:
            log.warning("jobs_unread", connection_id=place, pipeline=pipeline.id, error=str(error))
            if isinstance(error, Later):
                clients[place] = None
        by_key[store_pipelines.pipeline_id(pipeline)] = pipeline.updated_at, jobs
    return by_key
