"""Measure the projects that a visitor may see, and list what each number is made of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import Connection, Engine

from b24app.auth.visit_cache import ExpiringValues
from sync.core.deployments.metrics.changes import PARTS, SPANS, Change, Period, spans_of
from sync.core.deployments.metrics.failures import REMEDIATION_WINDOW, Failure
from sync.core.deployments.metrics.summary import Flow, measure_flow, measures, weekly
from sync.core.model.deployments import Deployment
from sync.core.model.merge_requests import MergeRequestKey
from sync.core.rules.portal import Rules
from sync.store import flow as store_flow
from sync.store import links
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import read
from sync.store.flow import MeasuredProject
from sync.store.flow_deployments import ProjectKey

log = structlog.get_logger()
DEFAULT_DAYS = 30
ITEMS_PER_PAGE = 25
FLOW_TTL = timedelta(minutes=1)  # thousands of changes are read in some tenths of a second
KEPT_TTL = timedelta(minutes=10)  # one that is older than FLOW_TTL is shown while it is read anew
MAX_FLOWS = 16
PATIENCE = 0.06  # seconds in which most are read; who asks for others asks again
FlowKey = tuple[frozenset[ProjectKey], datetime, date]
ROLLBACK_HISTORY = timedelta(days=90)  # before the period, in which the older commit is looked for
BEING_READ: dict[str, Any] = {
    "measures": [], "weeks": [], "parts": [], "remediation_days": REMEDIATION_WINDOW.days,
    "is_overdue": False, "is_being_read": True,
}  # fmt: skip
LISTS = (
    "deployment_frequency", "change_failure_rate", "time_to_restore", "throughput",
    "work_in_progress", *SPANS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProjectChoice:
    """A project that the visitor may see, and the workgroup it belongs to (0: none)."""

    project: MeasuredProject
    group_id: int


@dataclass(frozen=True, slots=True)
class FlowItem:
    """A line of a list. `kind`: merge_request or deployment; `seconds`: None for no data.

    `key`: of the merge request, of which the title is hidden from who may open none of its tasks.
    `remedy` and `remedy_url`: what mended a failed deployment, and where.
    """

    kind: str
    title: str
    url: str
    project: str
    at: datetime | None
    seconds: float | None = None
    remedy: str = ""
    remedy_url: str = ""
    key: MergeRequestKey | None = None


def project_choices(conn: Connection, portal_id: int, rules: Rules) -> tuple[ProjectChoice, ...]:
    """Return every project of the portal with its workgroup."""
    return tuple(
        ProjectChoice(project, rules.group_of(project.path))
        for project in store_flow.measured_projects(conn, portal_id)
    )


@dataclass(frozen=True, slots=True)
class MeasuredFlow:
    """What happened in a period, as known at a moment, and its numbers as the pages get them.

    `is_overdue`: to read it anew has failed since.
    """

    flow: Flow
    summary: dict[str, Any]
    read_at: datetime
    is_overdue: bool = False


class FlowCache:
    """Flows that were read lately, so that nobody waits while thousands of changes are read.

    After a minute a flow is read anew in the background: who asks then gets the one before. A
    period within another that was read lately is worked out from that. `pool` starts its threads
    when it is first used, so the process may fork until then.
    """

    def __init__(self, pool: Executor | None = None, *, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._pool = pool or ThreadPoolExecutor(2, thread_name_prefix="flows")
        self._flows: ExpiringValues[FlowKey, MeasuredFlow] = ExpiringValues(limit=MAX_FLOWS)
        self._reading: dict[FlowKey, Future[MeasuredFlow]] = {}
        self._failed: set[FlowKey] = set()  # whose last reading failed
        self._lock = Lock()

    def read(
        self, engine: Engine, chosen: Sequence[ProjectChoice], period: Period, now: datetime
    ) -> MeasuredFlow:
        """Return what happened to the chosen projects in the period and around it."""
        key = _flow_key(chosen, period)
        measured = self._flows.get(key, now)
        reading = self.prepare(engine, chosen, period, now)
        if measured is None:
            return reading.result()
        return replace(measured, is_overdue=key in self._failed)

    def read_soon(
        self, engine: Engine, chosen: Sequence[ProjectChoice], period: Period, now: datetime
    ) -> MeasuredFlow | None:
        """Return the same, None where it is being read and takes longer than `patience`.

        So nobody holds a thread of the server while a year of a large portal is read.
        """
        key = _flow_key(chosen, period)
        reading = self.prepare(engine, chosen, period, now)
        with self._lock:
            is_first = key not in self._failed and self._flows.get(key, now) is None
        if is_first and not wait([reading], self.patience).done:
            return None
        return self.read(engine, chosen, period, now)

    def prepare(
        self, engine: Engine, chosen: Sequence[ProjectChoice], period: Period, now: datetime
    ) -> Future[MeasuredFlow]:
        """Begin to read a flow that is older than a minute, unless somebody does so already."""
        key = _flow_key(chosen, period)
        with self._lock:
            measured = self._flows.get(key, now)
            if measured is not None and now < measured.read_at + FLOW_TTL:
                ready: Future[MeasuredFlow] = Future()
                ready.set_result(measured)
                return ready
            if key not in self._reading:
                self._reading[key] = self._pool.submit(self._measure, engine, key, period, now)
            return self._reading[key]

    def _measure(self, engine: Engine, key: FlowKey, period: Period, now: datetime) -> MeasuredFlow:
        try:
            wider = self._find_wider(key, now)
            if wider is None:
                with read(engine) as conn:
                    flow = _read_flow(conn, key[0], period)
            else:
                since = period.start - ROLLBACK_HISTORY
                shipments = (s for s in wider.shipments if s.deployment.updated_at >= since)
                flow = measure_flow(wider.changes, shipments, period)
            measured = MeasuredFlow(flow, summarize_flow(flow, now), now)
            with self._lock:
                self._flows.put(key, measured, now, KEPT_TTL)
                self._failed.discard(key)
            return measured
        except Exception:
            log.exception("metrics_not_read", since=period.start.isoformat())
            with self._lock:
                self._failed = {key, *self._failed} if len(self._failed) < MAX_FLOWS else {key}
            raise
        finally:
            with self._lock:
                self._reading.pop(key, None)

    def _find_wider(self, key: FlowKey, now: datetime) -> Flow | None:
        """Return a flow of the same projects that was read within a minute and begins earlier."""
        with self._lock:
            flows = [
                measured.flow
                for (projects, start, end), measured in self._flows.items(now)
                if projects == key[0]
                and start <= key[1]
                and end >= key[2]
                and now < measured.read_at + FLOW_TTL
            ]
        return flows[0] if flows else None


def prepare_flow(
    flows: FlowCache, engine: Engine, chosen: Sequence[ProjectChoice], now: datetime
) -> None:
    """Begin to read what the page of metrics shows first, for somebody who may go there next."""
    flows.prepare(engine, chosen, last_days(now.date(), DEFAULT_DAYS, now), now)


def _flow_key(chosen: Sequence[ProjectChoice], period: Period) -> FlowKey:
    return frozenset(choice.project.key for choice in chosen), period.start, period.end.date()


def _read_flow(conn: Connection, keys: Collection[ProjectKey], period: Period) -> Flow:
    since, changes_since = period.start - ROLLBACK_HISTORY, period.start - REMEDIATION_WINDOW
    changes, shipments = store_flow.read_flow(conn, keys, since, changes_since)
    return measure_flow(changes, shipments, period)


def last_days(last: date, count: int, now: datetime) -> Period:
    """Return `count` days up to `last`, of UTC; they end now at the latest."""
    return period_of(last - timedelta(days=count - 1), last, now)


def period_of(first: date, last: date, now: datetime) -> Period:
    """Return the days from `first` to `last`, of UTC; they end now at the latest."""
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
    return Period(start, max(start, min(end + timedelta(days=1), now)))


def summarize_flow(flow: Flow, now: datetime) -> dict[str, Any]:
    """Return the numbers, the weeks and the parts of the way, in the order in which they show."""
    return {
        "measures": [asdict(measure) for measure in measures(flow)],
        "weeks": [asdict(week) for week in weekly(flow, now)],
        "parts": PARTS,
        "remediation_days": REMEDIATION_WINDOW.days,
    }


def list_items(conn: Connection, flow: Flow, name: str, page: int) -> tuple[int, list[FlowItem]]:
    """Return how many items a number is made of, and those of one page (from 1 on).

    Spans begin with the longest, everything else with the newest.
    """
    match name:
        case "deployment_frequency":
            of = sorted(flow.deployments(), key=lambda s: s.deployment.sort_key, reverse=True)
            return len(of), [_deployment_item(s.deployment) for s in _page(of, page)]
        case "change_failure_rate":
            return _failure_items(flow.failed(), page)
        case "time_to_restore":
            return _failure_items(flow.restored(), page)
        case "throughput":
            merged = [(change, change.merged_at, None) for change in flow.merged()]
            return _change_items(conn, sorted(merged, key=_at, reverse=True), page)
        case "work_in_progress":
            opened = [(change, change.opened_at, None) for change in flow.in_progress()]
            return _change_items(conn, sorted(opened, key=_at), page)
    spans: list[tuple[Change, datetime | None, float]] = [
        (change, getattr(change, SPANS[name][2]), span.total_seconds())
        for change, span in spans_of(flow.changes, name, flow.period)
    ]
    return _change_items(conn, sorted(spans, key=lambda row: (row[2], _at(row)))[::-1], page)


def tasks_named(
    conn: Connection, keys: Sequence[MergeRequestKey]
) -> dict[MergeRequestKey, frozenset[int]]:
    """Return the tasks that each merge request names."""
    return {
        key: frozenset(link.task_id for link in rows if link.live)
        for key, rows in links.by_merge_requests(conn, keys).items()
    }


def _at(row: tuple[Change, datetime | None, float | None]) -> tuple[float, MergeRequestKey]:
    return (row[1].timestamp() if row[1] else 0.0), row[0].key


def _change_items(
    conn: Connection, rows: Sequence[tuple[Change, datetime | None, float | None]], page: int
) -> tuple[int, list[FlowItem]]:
    shown = _page(rows, page)
    merge_requests = store_merge_requests.without_pipelines(conn, [row[0].key for row in shown])
    items = []
    for change, at, seconds in shown:
        merge_request = merge_requests[change.key]
        reference = f"{merge_request.project.path}!{change.key.iid}"
        items.append(
            FlowItem(
                "merge_request", f"{merge_request.title} ({reference})", merge_request.url,
                merge_request.project.path, at, seconds, key=change.key,
            )
        )  # fmt: skip
    return len(rows), items


def _failure_items(failures: Sequence[Failure], page: int) -> tuple[int, list[FlowItem]]:
    newest_first = failures[::-1]
    return len(failures), [
        _deployment_item(failure.failed, failure) for failure in _page(newest_first, page)
    ]


def _deployment_item(of: Deployment, failure: Failure | None = None) -> FlowItem:
    """Return a line without the commit's title, which may name what its reader may not open."""
    return FlowItem(
        "deployment",
        f"{of.environment} ({of.sha[:8]})",
        of.job_url or of.url,
        of.project.path,
        of.updated_at,
        failure.restored_after.total_seconds() if failure else None,
        remedy=failure.kind if failure else "",
        remedy_url=(failure.remedy.job_url or failure.remedy.url) if failure else "",
    )


def _page(rows: Sequence[Any], page: int) -> Sequence[Any]:
    return rows[(page - 1) * ITEMS_PER_PAGE : page * ITEMS_PER_PAGE]
