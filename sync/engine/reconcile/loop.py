"""Dirty subjects become commands: desired minus applied, decided purely, recorded with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from sync.core.clock import is_recent
from sync.engine.deliver.flights import Flights
from sync.engine.deliver.send import prepare
from sync.engine.deps import ACCESS, ALERT, NOTIFICATION, TASK, Deps, build_scope
from sync.engine.lanes import Lane, final_transaction, lane_transaction
from sync.engine.load.scope import Scope
from sync.engine.reconcile import access, alerts, notifications, task_subjects
from sync.engine.reconcile.record import record
from sync.engine.reconcile.turn import Reconciler, ReconcileTurn
from sync.store import agenda
from sync.store.db.database import select_only
from sync.store.portals import PortalRow
from sync.store.rows import SubjectRow

BATCH = 200  # subjects decided in a round, and recorded in one transaction of a kind
COALESCE = timedelta(seconds=2)  # as long a subject waits for more to be heard of it

RECONCILERS: Mapping[str, Reconciler[Any]] = {  # by kind of subject, in the order of work
    TASK: Reconciler(task_subjects.load, task_subjects.plan),
    ALERT: Reconciler(alerts.load, alerts.plan),
    NOTIFICATION: Reconciler(notifications.load, notifications.plan),
    ACCESS: Reconciler(access.load, access.plan),
}


def reconcile(deps: Deps, lane: Lane, row: PortalRow, flights: Flights) -> int:
    """Decide anew about the dirty subjects of the portal and return about how many.

    What waits to be sent about other subjects goes on meanwhile. Raises Later and Denied where
    another system cannot be asked: of that kind nothing is decided.
    """
    with select_only(deps.database) as conn:
        scope = build_scope(deps, conn, row)
        dirty = _ready_subjects(conn, scope)
        rows_by_kind = {
            kind: rows
            for kind in RECONCILERS
            if (rows := [subject for subject in dirty if subject.kind == kind])
        }
        kinds = list(rows_by_kind)
        if not kinds:
            return len(dirty)
        turn = ReconcileTurn(deps, lane, scope, flights.portal)
        loaded = RECONCILERS[kinds[0]].load(conn, turn, rows_by_kind[kinds[0]])
    with flights.deciding((subject.kind, subject.key) for subject in dirty):
        for kind, rows in rows_by_kind.items():
            reconciler = RECONCILERS[kind]
            if kind != kinds[0]:  # it sees what those before it recorded
                with select_only(deps.database) as conn:
                    loaded = reconciler.load(conn, turn, rows)
            kind_plan = reconciler.plan(turn, rows, loaded)
            with _transaction(turn, is_last=kind == kinds[-1]) as conn:
                record(conn, turn, kind, rows, kind_plan)
    return len(dirty)


def _transaction(turn: ReconcileTurn, *, is_last: bool) -> AbstractContextManager[Connection]:
    """Open a transaction on the lane; the last one also prepares the next round."""
    if not is_last:
        return lane_transaction(turn.deps, turn.lane)
    portal_id, portal, clock = turn.scope.portal_id, turn.portal, turn.deps.clock
    return final_transaction(
        turn.deps, turn.lane, portal_id, lambda conn: prepare(conn, portal_id, portal, clock.now())
    )


def _ready_subjects(conn: Connection, scope: Scope) -> tuple[SubjectRow, ...]:
    """Read the dirty subjects, once nothing more comes in or the oldest has waited enough.

    A subject with a command in flight waits until that is settled.
    """
    dirty, more_to_come = agenda.next_subjects(conn, scope.portal_id, BATCH, scope.now)
    young = bool(dirty) and is_recent(dirty[0].dirty_at, COALESCE, scope.now)
    return () if young and more_to_come else dirty
