"""Reconciles notifications: messages and notifications about one subject, planned purely."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog
from sqlalchemy import Connection

from sync.core.notifications.plan import NotificationView, needs_tasks, plan_notifications
from sync.core.rules.portal import Rules
from sync.engine.backoff import format_traceback
from sync.engine.load import notifications as load_notifications
from sync.engine.reconcile import fetch
from sync.engine.reconcile.turn import KindPlan, ReconcileTurn, Rows, SubjectPlan
from sync.store.db.database import select_only

log = structlog.get_logger()


def load(conn: Connection, turn: ReconcileTurn, rows: Rows) -> dict[str, NotificationView]:
    """Load what the plans of the subjects see."""
    return load_notifications.load(conn, turn.scope, [row.key for row in rows])


def plan(turn: ReconcileTurn, rows: Rows, views: Mapping[str, NotificationView]) -> KindPlan:
    """Plan the notifications of the subjects, in the order in which they changed.

    Raises Later and Denied where a task cannot be read.
    """
    now = turn.deps.clock.now()
    views = _with_tasks(turn, views, now)
    return KindPlan(
        {row.key: _plan_subject(turn, views[row.key], now) for row in rows if row.key in views}
    )


def _with_tasks(
    turn: ReconcileTurn, views: Mapping[str, NotificationView], now: datetime
) -> Mapping[str, NotificationView]:
    """Read the tasks whose people a rule concerns and that were never read: once each."""
    rules, portal_id = turn.scope.rules, turn.scope.portal_id
    lacking = {
        key: view.unread_tasks for key, view in views.items() if _needs_tasks(view, rules, now)
    }
    if not lacking:
        return views
    task_ids = {task_id for unread in lacking.values() for task_id in unread}
    fetch.fetch_tasks(turn.deps, turn.lane, portal_id, turn.portal, task_ids)
    with select_only(turn.deps.database) as conn:
        return {**views, **load_notifications.load(conn, turn.scope, lacking)}


def _needs_tasks(view: NotificationView, rules: Rules, now: datetime) -> bool:
    try:
        return needs_tasks(view, rules, now)
    except Exception:  # noqa: BLE001 - a bug fails its own plan, which says so
        return False


def _plan_subject(turn: ReconcileTurn, view: NotificationView, now: datetime) -> SubjectPlan:
    try:
        planned = plan_notifications(view, turn.scope.rules, now)
    except Exception as error:
        log.exception("plan_failed", portal_id=turn.scope.portal_id, about=view.subject_key)
        return SubjectPlan(error=format_traceback(error))
    reasons = (planned.decision,) if planned.commands else ()
    return SubjectPlan(planned.commands, reasons, wait_until=planned.wait_until)
