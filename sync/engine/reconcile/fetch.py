"""What alerts need of the other sides: failed jobs of the code host, tasks of the portal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries as tasks_queries
from sync.core.alert_names import RefKey
from sync.core.alerts.model import FAILED
from sync.core.model.common import Pipeline
from sync.core.model.task_view import BranchPipeline
from sync.core.rules.portal import Rules
from sync.engine.audit.recording import recording_transaction
from sync.engine.deps import Deps
from sync.engine.lanes import CALL_LEASE_TTL, Lane
from sync.engine.load import pipelines as load_pipelines
from sync.store import pipelines as store_pipelines
from sync.store import tasks
from sync.store.alerts import AlertRow
from sync.store.db.database import read

MAX_PIPELINES_READ = 10  # pipelines of a line whose jobs are asked for at a time, the newest


def pipeline_id(one: Pipeline) -> store_pipelines.PipelineId:
    return one.project.connection_id, one.project.id, one.id


def fetch_alert_jobs(
    deps: Deps, lane: Lane, history: Mapping[RefKey, Sequence[Pipeline]], rules: Rules
) -> None:
    """The failed jobs that are not known, of what may be shown or counted by stage."""
    wanted = [one for found in history.values() for one in _pipelines_without_jobs(found, rules)]
    if not wanted:
        return
    with read(deps.database) as conn:
        known = store_pipelines.failed_jobs(conn, map(pipeline_id, wanted))
    lacking = [one for one in wanted if known.get(pipeline_id(one), (None,))[0] != one.updated_at]
    if not lacking:
        return

    def keep() -> None:
        with recording_transaction(deps) as conn:
            lane.keep(conn, CALL_LEASE_TTL)

    found = load_pipelines.fetch_failed_jobs(
        deps, [BranchPipeline("", one.ref, one) for one in lacking], keep
    )
    with recording_transaction(deps) as conn:
        lane.keep(conn)
        store_pipelines.save_failed_jobs(conn, found)


def _pipelines_without_jobs(history: Sequence[Pipeline], rules: Rules) -> list[Pipeline]:
    """By stage the newest failures; else the last, if nothing ended after it."""
    if not history:
        return []
    newest = (
        history[-MAX_PIPELINES_READ:]
        if rules.alerts_of(history[-1].project.path).by_stage
        else history[-1:]
    )
    return [one for one in newest if one.status.value == FAILED]


def fetch_alert_tasks(
    deps: Deps, lane: Lane, portal_id: int, portal: Portal, over: Iterable[AlertRow]
) -> None:
    """The tasks that are to be told of an end and were never read."""
    wanted = {row.task_id for row in over if row.task_id}
    if not wanted:
        return
    with read(deps.database) as conn:
        known = tasks.get(conn, portal_id, wanted)
    lacking = sorted(t for t in wanted if t not in known or known[t].read_at is None)
    if not lacking:
        return
    with recording_transaction(deps) as conn:
        lane.keep(conn, CALL_LEASE_TTL)
    began_at = deps.clock.now()
    answers = tasks_queries.read_tasks(portal, lacking)
    with recording_transaction(deps) as conn:
        lane.keep(conn)
        tasks.save_read(conn, portal_id, answers, began_at)
