"""Reconciles notifications: messages and notifications about one subject, planned purely."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog
from sqlalchemy import Connection

from sync.core.notifications.plan import NotificationView, plan_notifications
from sync.engine.backoff import format_traceback
from sync.engine.load import notifications as load_notifications
from sync.engine.reconcile.turn import KindPlan, ReconcileTurn, Rows, SubjectPlan

log = structlog.get_logger()


def load(conn: Connection, turn: ReconcileTurn, rows: Rows) -> dict[str, NotificationView]:
    """Load what the plans of the subjects see."""
    return load_notifications.load(conn, turn.scope, [row.key for row in rows])


def plan(turn: ReconcileTurn, rows: Rows, views: Mapping[str, NotificationView]) -> KindPlan:
    """Plan the notifications of the subjects, in the order in which they changed."""
    now = turn.deps.clock.now()
    return KindPlan(
        {row.key: _plan_subject(turn, views[row.key], now) for row in rows if row.key in views}
    )


def _plan_subject(turn: ReconcileTurn, view: NotificationView, now: datetime) -> SubjectPlan:
    try:
        planned = plan_notifications(view, turn.scope.rules, now)
    except Exception as error:
        log.exception("plan_failed", portal_id=turn.scope.portal_id, about=view.subject_key)
        return SubjectPlan(error=format_traceback(error))
    reasons = (planned.decision,) if planned.commands else ()
    return SubjectPlan(planned.commands, reasons, wait_until=planned.wait_until)
