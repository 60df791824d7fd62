"""Dirty news become posts and notifications: planned purely, recorded with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from sync.core.notifications.plan import NotificationPlan, NotificationView, plan_notifications
from sync.engine import backoff
from sync.engine.backoff import format_traceback
from sync.engine.deliver.refusals import is_refused, refused_before
from sync.engine.deps import NOTIFICATION, PORTAL_LANE, Deps
from sync.engine.load import notifications as load_notifications
from sync.engine.reconcile.turn import ReconcileTurn, Recorder, Rows
from sync.store import logs, outbox, subjects
from sync.store.rows import DecisionRow, SubjectRow

log = structlog.get_logger()

NotificationPlans = dict[str, NotificationPlan]


def load(conn: Connection, turn: ReconcileTurn, rows: Rows) -> dict[str, NotificationView]:
    """Load what the plans of the subjects see."""
    return load_notifications.load(conn, turn.scope, [row.key for row in rows])


def plan(turn: ReconcileTurn, rows: Rows, views: Mapping[str, NotificationView]) -> Recorder:
    """Plan the notifications of the subjects; those that fail are tried again later."""
    deps, portal_id = turn.deps, turn.scope.portal_id
    plans, failures = _plan(turn, [row.key for row in rows], views)

    def record(conn: Connection) -> None:
        _record(conn, deps, portal_id, rows, plans)
        _record_failures(conn, deps, portal_id, rows, failures)

    return record


def _plan(
    turn: ReconcileTurn, keys: Sequence[str], views: Mapping[str, NotificationView]
) -> tuple[NotificationPlans, dict[str, str]]:
    now, scope = turn.deps.clock.now(), turn.scope
    plans: NotificationPlans = {}
    failures: dict[str, str] = {}
    for key in keys:  # in the order in which the things were heard
        view = views.get(key)
        if view is None:
            continue
        try:
            plans[key] = plan_notifications(view, scope.rules, now)
        except Exception as error:
            log.exception("plan_failed", portal_id=scope.portal_id, about=key)
            failures[key] = format_traceback(error)
    return plans, failures


def _record(
    conn: Connection,
    deps: Deps,
    portal_id: int,
    rows: Sequence[SubjectRow],
    plans: NotificationPlans,
) -> None:
    now = deps.clock.now()
    refused = refused_before(conn, portal_id, NOTIFICATION, plans)
    commands = {
        (NOTIFICATION, key): [
            planned_command
            for planned_command in plan.commands
            if not is_refused(refused, key, planned_command)
        ]
        for key, plan in plans.items()
    }
    outbox.replace_waiting(conn, portal_id, PORTAL_LANE, commands, now)
    logs.save_decisions(
        conn,
        [
            DecisionRow(portal_id, NOTIFICATION, k, now, p.decision)
            for k, p in plans.items()
            if p.commands
        ],
    )
    for row in rows:
        plan = plans.get(row.key)
        if plan and plan.wait_until:
            subjects.postpone(conn, portal_id, row.kind, row.key, row.version, plan.wait_until)
    done = [row for row in rows if not (row.key in plans and plans[row.key].wait_until)]
    subjects.clean_many(conn, portal_id, [(row.kind, row.key, row.version) for row in done])


def _record_failures(
    conn: Connection,
    deps: Deps,
    portal_id: int,
    rows: Sequence[SubjectRow],
    failures: Mapping[str, str],
) -> None:
    for row in rows:
        if row.key in failures:
            error = failures[row.key]
            retry_later(conn, deps, portal_id, row, error=error, now=deps.clock.now())


def retry_later(
    conn: Connection, deps: Deps, portal_id: int, row: SubjectRow, *, error: str, now: datetime
) -> None:
    """The subject is tried again after a while, a few times."""
    if row.attempts + 1 >= backoff.MAX_ATTEMPTS:
        subjects.mark_dead(conn, portal_id, row.kind, row.key, error=error)
        return
    wait = timedelta(seconds=backoff.delay(row.attempts + 1, deps.jitter()))
    subjects.fail(conn, portal_id, row.kind, row.key, error=error, next_at=now + wait)
