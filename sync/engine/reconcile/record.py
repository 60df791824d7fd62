"""Records what was planned for the subjects of one kind, the same way for every kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.model.plans import PlannedCommand, Records
from sync.engine import backoff
from sync.engine.deliver.refusals import is_refused, refused_of
from sync.engine.deliver.smart_commits import record_results
from sync.engine.deps import PORTAL_LANE, Deps
from sync.engine.reconcile.turn import (
    CommandsByKey,
    KindPlan,
    ReconcileTurn,
    Rows,
    SubjectPlan,
)
from sync.store import links, logs, messages, outbox, subjects
from sync.store.rows import DecisionRow, SubjectRow

PlansByKey = Mapping[str, SubjectPlan]


def record(
    conn: Connection, turn: ReconcileTurn, kind: str, rows: Rows, kind_plan: KindPlan
) -> None:
    """Store the plans of subjects of one kind, and settle the subjects."""
    kind_plan.save(conn)
    portal_id, now = turn.scope.portal_id, turn.deps.clock.now()
    plans = {
        row.key: plan
        for row in rows
        if (plan := kind_plan.subjects.get(row.key)) and not plan.error
    }
    commands = _replace_commands(conn, portal_id, kind, plans, now)
    decisions = [
        DecisionRow(portal_id, kind, key, now, reason)
        for key, plan in plans.items()
        for reason in plan.reasons
    ]
    logs.save_decisions(conn, decisions)
    _record_without_command(conn, portal_id, plans, commands, now)
    kind_plan.save_rest(conn, commands)
    for plan in plans.values():
        record_results(conn, plan.finished_smart_commits)
    _settle_subjects(conn, turn.deps, portal_id, rows, kind_plan.subjects)


def _replace_commands(
    conn: Connection, portal_id: int, kind: str, plans: PlansByKey, now: datetime
) -> dict[str, list[PlannedCommand]]:
    """Make what was planned the waiting commands, but for what was refused before."""
    stored = outbox.waiting_and_refused(conn, portal_id, kind, plans)
    refused = refused_of(stored)
    commands = {
        key: [planned for planned in plan.commands if not is_refused(refused, key, planned)]
        for key, plan in plans.items()
    }
    by_subject = {(kind, key): planned for key, planned in commands.items()}
    outbox.replace_waiting(conn, portal_id, PORTAL_LANE, by_subject, now, stored=stored)
    return commands


def _record_without_command(
    conn: Connection, portal_id: int, plans: PlansByKey, commands: CommandsByKey, now: datetime
) -> None:
    """Record what no command carries; the rest is recorded when its command ends."""
    remaining: list[tuple[str, Records]] = []
    for key, plan in plans.items():
        carried = {planned.records for planned in commands[key]}
        remaining += [(key, records) for records in plan.records if records not in carried]
    events = [
        (merge_request, int(key), event)
        for key, records in remaining
        if records.review_event
        for merge_request, event in [records.review_event]
    ]
    links.set_review_events(conn, events)
    states = [records.notified for _, records in remaining if records.notified]
    messages.save_notified_states(conn, portal_id, states, now)


def _settle_subjects(
    conn: Connection, deps: Deps, portal_id: int, rows: Rows, plans: PlansByKey
) -> None:
    """Have subjects clean, wait until they are due again, or tried anew after a bug."""
    clean: list[tuple[str, str, int]] = []
    for row in rows:
        plan = plans.get(row.key)
        if plan and plan.error:
            _retry_later(conn, deps, portal_id, row, plan.error)
        elif plan and plan.wait_until:
            subjects.postpone(conn, portal_id, row.kind, row.key, row.version, plan.wait_until)
        else:
            clean.append((row.kind, row.key, row.version))
    subjects.clean_many(conn, portal_id, clean)


def _retry_later(conn: Connection, deps: Deps, portal_id: int, row: SubjectRow, error: str) -> None:
    """Have the subject tried again after a while, a few times."""
    if row.attempts + 1 >= backoff.MAX_ATTEMPTS:
        subjects.mark_dead(conn, portal_id, row.kind, row.key, error=error)
        return
    wait = timedelta(seconds=backoff.delay(row.attempts + 1, deps.jitter()))
    next_at = deps.clock.now() + wait
    subjects.fail(conn, portal_id, row.kind, row.key, error=error, next_at=next_at)
