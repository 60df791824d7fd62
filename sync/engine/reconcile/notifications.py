"""Dirty news become posts and notifications: planned purely, recorded with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from sync.core.notifications.plan import NotificationPlan, plan_notifications
from sync.core.rules.portal import Rules
from sync.engine import backoff
from sync.engine.backoff import format_traceback
from sync.engine.deliver.refusals import is_refused, refused_before
from sync.engine.deps import NOTIFICATION, PORTAL_LANE, Deps
from sync.engine.lanes import Lane
from sync.engine.load import notifications as load_notifications
from sync.store import logs, outbox, portals, subjects
from sync.store.db.database import read, write
from sync.store.rows import DecisionRow, SubjectRow

log = structlog.get_logger()

NotificationPlans = dict[str, NotificationPlan]


def reconcile(deps: Deps, lane: Lane, portal_id: int, rows: Sequence[SubjectRow]) -> None:
    """Decides anew about the things; those that cannot be decided are tried again later."""
    rules = deps.rules_for(portal_id)
    plans, failures = _plan(deps, portal_id, [row.key for row in rows], rules)
    with write(deps.database) as conn:
        lane.keep(conn)
        _record(conn, deps, portal_id, rows, plans)
        _record_failures(conn, deps, portal_id, rows, failures)


def _plan(
    deps: Deps, portal_id: int, keys: Sequence[str], rules: Rules
) -> tuple[NotificationPlans, dict[str, str]]:
    now = deps.clock.now()
    with read(deps.database) as conn:
        record = portals.by_id(conn, portal_id)
        administrator = record.token_user_id if record else None
        views = load_notifications.load(
            conn, portal_id, keys, rules, now, administrator=administrator
        )
    plans: NotificationPlans = {}
    failures: dict[str, str] = {}
    for key in keys:  # in the order in which the things were heard
        view = views.get(key)
        if view is None:
            continue
        try:
            plans[key] = plan_notifications(view, rules, now)
        except Exception as error:
            log.exception("plan_failed", portal_id=portal_id, about=key)
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
        (NOTIFICATION, key): [one for one in plan.commands if not is_refused(refused, key, one)]
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
