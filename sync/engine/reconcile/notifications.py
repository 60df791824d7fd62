"""Dirty news become posts and notifications: planned purely, recorded with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from sync.core.notifications.plan import NotificationPlan, plan_notifications
from sync.engine import backoff
from sync.engine.backoff import format_traceback
from sync.engine.deliver.refusals import refused_before
from sync.engine.deps import NOTIFICATION, PORTAL_LANE, Deps
from sync.engine.load import notifications as load_notifications
from sync.engine.load.scope import Scope
from sync.engine.reconcile.turn import ReconcileTurn, Recorder
from sync.store import logs, outbox, subjects
from sync.store.db.database import read
from sync.store.rows import DecisionRow, NewCommand, SubjectRow

log = structlog.get_logger()

NotificationPlans = dict[str, NotificationPlan]


def reconcile(turn: ReconcileTurn, rows: Sequence[SubjectRow]) -> Recorder:
    """Plan the notifications of the subjects; those that fail are tried again later."""
    deps, scope = turn.deps, turn.scope
    portal_id = scope.portal_id
    plans, failures = _plan(deps, scope, [row.key for row in rows])

    def record(conn: Connection) -> None:
        _record(conn, deps, portal_id, rows, plans)
        _record_failures(conn, deps, portal_id, rows, failures)

    return record


def _plan(
    deps: Deps, scope: Scope, keys: Sequence[str]
) -> tuple[NotificationPlans, dict[str, str]]:
    now = deps.clock.now()
    with read(deps.database) as conn:
        views = load_notifications.load(conn, scope, keys)
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
    dead = refused_before(conn, portal_id, NOTIFICATION, plans)
    wanted = {
        key: [one for one in plan.commands if (key, one[0], one[1]) not in dead]
        for key, plan in plans.items()
    }
    commands = {
        (NOTIFICATION, key): [
            NewCommand(PORTAL_LANE, name, effect, reason) for name, effect, reason in effects
        ]
        for key, effects in wanted.items()
    }
    outbox.replace_waiting(conn, portal_id, commands, now)
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
