"""Reconciles connections' tokens: an administrator is told of what is refused or soon ends."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from sync.core.notifications.access import AccessView, access_subject, plan_access
from sync.engine.reconcile.turn import KindPlan, ReconcileTurn, Rows, SubjectPlan
from sync.store import access, connections, messages
from sync.store.access import LOST, REFUSED, ConnectionAccess
from sync.store.rows import ConnectionRecord


def load(conn: Connection, turn: ReconcileTurn, rows: Rows) -> dict[str, AccessView]:
    """Load what the plans see, by subject key: the connection's number."""
    portal_id = turn.scope.portal_id
    records = {str(record.id): record for record in connections.by_portal(conn, portal_id)}
    stored = access.of_portal(conn, portal_id)
    keys = [access_subject(int(row.key)) for row in rows if row.key in records]
    notified = messages.notified_states(conn, portal_id, keys)
    return {
        row.key: _view(records[row.key], stored[int(row.key)], notified)
        for row in rows
        if row.key in records and int(row.key) in stored
    }


def _view(
    record: ConnectionRecord, row: ConnectionAccess, notified: Mapping[str, Mapping[int, str]]
) -> AccessView:
    from sync.engine.issue_sync.trackers import TRACKERS  # large, and tokens are seldom refused

    return AccessView(
        record.id,
        record.name,
        record.base_url,
        TRACKERS[record.kind].name,
        refused_since=row.since if row.state == REFUSED else None,
        is_lost=row.code == LOST,
        expires_at=row.expires_at,
        rotation=row.rotation,
        notified=notified.get(access_subject(record.id), {}),
    )


def plan(turn: ReconcileTurn, rows: Rows, views: Mapping[str, AccessView]) -> KindPlan:
    """Plan what the administrator is told of each connection."""
    scope = turn.scope
    plans = {}
    for key, view in views.items():
        commands = plan_access(view, scope.administrator_id, scope.rules.language, scope.now)
        plans[key] = SubjectPlan(commands, tuple(command.reason for command in commands))
    return KindPlan(plans)
