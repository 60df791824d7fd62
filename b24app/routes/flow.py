"""/api/metrics: DORA's metrics and the flow, for the projects that the visitor may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from itertools import chain

from flask import Blueprint, Response, jsonify, request

from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.routes.page_requests import require_visitor, translated
from b24app.services import flow_hours, flow_metrics, flow_now, visitors
from b24app.services.alerts import AlertSummary, concerns
from b24app.services.flow_metrics import (
    DEFAULT_DAYS,
    ITEMS_PER_PAGE,
    LISTS,
    FlowItem,
    ProjectChoice,
)
from b24app.services.flow_now import WaitingReview
from sync.core.deployments.metrics.changes import Period
from sync.core.model.merge_requests import MergeRequestKey
from sync.store.db.database import read
from sync.store.rows import PortalRecord

MAX_DAYS = 366
MAX_PAGE = 10_000


def add_flow_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of metrics."""

    @here.get("/metrics")
    def metrics() -> Response:
        """Measure a period for a `project`, the projects of a workgroup (`group`), or all."""
        visitor, portal = require_visitor(deps)
        now = deps.clock.now()
        visible, chosen = _choose(deps, visitor, portal)
        period = _period(now)
        places = {"from": period.start, "to": period.end, "projects": _project_rows(visible)}
        measured = deps.flows.read_soon(deps.engine, chosen, period, now)
        if measured is None:
            return jsonify(flow_metrics.BEING_READ | places | {"read_at": now})
        return jsonify(
            measured.summary
            | places
            | {"read_at": measured.read_at, "is_overdue": measured.is_overdue}
            | {"to": measured.flow.period.end, "is_being_read": False}
        )

    @here.get("/metrics/items")
    def items() -> Response:
        """List what the number `of` is made of, a `page` of it, for the same choice."""
        visitor, portal = require_visitor(deps)
        name, page = request.args.get("of", ""), request.args.get("page", "1")
        if name not in LISTS or not page.isdecimal() or not 0 < int(page) <= MAX_PAGE:
            raise RequestRejected(400, "bad_request", "`of` must be a metric, `page` a number")
        now = deps.clock.now()
        _, chosen = _choose(deps, visitor, portal)
        measured = deps.flows.read_soon(deps.engine, chosen, _period(now), now)
        if measured is None:
            return jsonify(items=[], total=0, page=int(page), pages=0, is_being_read=True)
        with read(deps.engine) as conn:
            total, rows = flow_metrics.list_items(conn, measured.flow, name, int(page))
        hidden = _hidden(deps, visitor, portal, [row.key for row in rows if row.key])
        pages = -(-total // ITEMS_PER_PAGE)
        shown = [_item_row(row, hidden) for row in rows]
        return jsonify(items=shown, total=total, page=int(page), pages=pages, is_being_read=False)

    @here.get("/metrics/now")
    def now() -> Response:
        """Show what waits at this moment, for the same choice of projects."""
        visitor, portal = require_visitor(deps)
        _, chosen = _choose(deps, visitor, portal)
        is_shown = _alert_filter(deps, visitor, portal, chosen)
        with read(deps.engine) as conn:
            state = flow_now.read_current_state(conn, portal.id, chosen, is_shown)
        hidden = _hidden(deps, visitor, portal, [review.key for review in state.reviews])
        return jsonify(
            asdict(state) | {"reviews": [_review_row(review, hidden) for review in state.reviews]}
        )

    @here.get("/metrics/hours")
    def flow_hours_of_period() -> Response:
        """Show who worked how long in the period, and on which tasks, for the same choice."""
        visitor, portal = require_visitor(deps)
        period = _period(deps.clock.now())
        _, chosen = _choose(deps, visitor, portal)
        hours = flow_hours.read_period_hours(deps, visitor, portal, chosen, period)
        people = [translated(asdict(row), "person") for row in hours.people]
        return jsonify(asdict(hours) | {"people": people})


def _period(now: datetime) -> Period:
    """Return the days `from` to `to`, both included, or the last `days`; it ends now at the latest.

    Days are of UTC.
    """
    count = request.args.get("days", str(DEFAULT_DAYS))
    if not count.isdecimal() or not 0 < int(count) <= MAX_DAYS:
        raise _bad_period()
    last = _day("to", now.date())
    first = _day("from", last - timedelta(days=int(count) - 1))
    if not 0 <= (last - first).days < MAX_DAYS:
        raise _bad_period()
    return flow_metrics.period_of(first, last, now)


def _bad_period() -> RequestRejected:
    return RequestRejected(
        400, "bad_period", "A period has 1 to 366 days", "Write days as 2026-03-31"
    )


def _day(name: str, default: date) -> date:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise _bad_period() from None


def _choose(
    deps: Deps, visitor: Visitor, portal: PortalRecord
) -> tuple[Sequence[ProjectChoice], Sequence[ProjectChoice]]:
    """Return the projects that the visitor may see, and those of them that the request names.

    An administrator sees every project; others those of workgroups that they are in.
    """
    rules = deps.clients.rules(visitor.portal_id)
    with read(deps.engine) as conn:
        every = flow_metrics.project_choices(conn, portal.id, rules)
    group_ids = {choice.group_id for choice in every} - {0}
    own = visitors.find_own_workgroups(deps, visitor, portal, group_ids)
    visible = [choice for choice in every if visitor.admin or choice.group_id in own]
    path, group = request.args.get("project", ""), request.args.get("group", "")
    chosen = [
        choice
        for choice in visible
        if (not path or choice.project.path == path)
        and (not group or str(choice.group_id) == group)
    ]
    return visible, chosen


def _hidden(
    deps: Deps, visitor: Visitor, portal: PortalRecord, keys: Sequence[MergeRequestKey]
) -> frozenset[MergeRequestKey]:
    """Return the merge requests that name tasks, none of which the visitor may open."""
    if visitor.admin or not keys:
        return frozenset()
    with read(deps.engine) as conn:
        named = flow_metrics.tasks_named(conn, keys)
    every = set(chain.from_iterable(named.values()))
    readable = visitors.find_readable(deps, visitor, portal, every)
    return frozenset(key for key, tasks in named.items() if tasks and not tasks & readable)


def _alert_filter(
    deps: Deps, visitor: Visitor, portal: PortalRecord, chosen: Sequence[ProjectChoice]
) -> Callable[[AlertSummary], bool]:
    """Return whether the visitor may see an alert: one of no task, or as on the page of alerts."""
    with read(deps.engine) as conn:
        alerts = flow_now.alerts_of(conn, portal.id, chosen)
    task_ids = {alert.task_id for alert in alerts if alert.task_id}
    readable = visitors.find_readable(deps, visitor, portal, task_ids)
    return lambda alert: not alert.task_id or concerns(alert, readable, visitor.user_id)


def _item_row(item: FlowItem, hidden: frozenset[MergeRequestKey]) -> dict[str, object]:
    """Return a line without title and link where its reader may open none of its tasks."""
    if item.key in hidden:
        item = replace(item, title=f"{item.project}!{item.key.iid}" if item.key else "", url="")
    row = asdict(item)
    row.pop("key")
    return row


def _review_row(review: WaitingReview, hidden: frozenset[MergeRequestKey]) -> dict[str, object]:
    if review.key in hidden:
        review = replace(review, title="", url="")
    row = asdict(review)
    row.pop("key")
    return row


def _project_rows(choices: Sequence[ProjectChoice]) -> list[dict[str, object]]:
    return [{"path": choice.project.path, "group": choice.group_id} for choice in choices]
