"""Reconciles the alerts of refs: derived anew, their notifications marked, what they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from sync.core.alerts.derive import close_all, derive_alerts
from sync.core.alerts.model import Alert, AlertKey, RefKey, parse_merge_request_ref
from sync.core.alerts.plan import AlertView, assignment_key, end_message_key, plan_alert
from sync.core.alerts.results import pipeline_result
from sync.core.model.merge_requests import MergeRequestKey, is_open
from sync.core.model.pipelines import Pipeline
from sync.core.model.task_view import SentMessage
from sync.core.rules.portal import AlertRules, Rules
from sync.engine.backoff import format_traceback
from sync.engine.deps import NOTIFICATION
from sync.engine.ingest.alerts import watched_refs
from sync.engine.load import alerts as load_alerts
from sync.engine.load import people as load_people
from sync.engine.load.people import AuthoredCommit
from sync.engine.load.scope import Scope
from sync.engine.reconcile import fetch
from sync.engine.reconcile.turn import KindPlan, ReconcileTurn, Rows, SubjectPlan
from sync.sentences import join_sentences
from sync.store import alerts, messages, subjects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store.alerts import AlertRow
from sync.store.db.database import select_only
from sync.store.rows import SubjectRow

log = structlog.get_logger()


@dataclass
class _RefState:
    """A ref as it was loaded, and what is derived of it."""

    row: SubjectRow
    ref_key: RefKey
    history: tuple[Pipeline, ...]
    stored: tuple[AlertRow, ...]
    watched: bool
    deleted_at: datetime | None
    derived: tuple[Alert, ...] = ()
    error: str = ""

    @property
    def alert_rows(self) -> dict[AlertKey, AlertRow]:
        """The alerts as derived, with what people did about them."""
        stored = {row.key: row for row in self.stored}
        keys = {
            AlertKey(self.ref_key, alert.first_pipeline_id, alert.stage): alert
            for alert in self.derived
        }
        return {
            key: replace(stored.get(key) or AlertRow(key, alert), alert=alert)
            for key, alert in keys.items()
        }

    @property
    def changed_keys(self) -> list[AlertKey]:
        stored = {row.key: row.alert for row in self.stored}
        return [key for key, row in self.alert_rows.items() if stored.get(key) != row.alert]


def load(conn: Connection, turn: ReconcileTurn, rows: Rows) -> list[_RefState]:
    """Load the refs with their pipelines and the alerts as they are stored."""
    return [_load_ref(conn, row, turn.scope.rules) for row in rows]


def plan(turn: ReconcileTurn, rows: Rows, refs: Sequence[_RefState]) -> KindPlan:
    """Derive the alerts of the refs. Raises Later and Denied where a task cannot be read."""
    deps, lane, scope = turn.deps, turn.lane, turn.scope
    history = {entry.ref_key: entry.history for entry in refs if entry.watched}
    fetch.fetch_alert_jobs(deps, lane, history, scope.rules)
    with select_only(deps.database) as conn:
        for entry in refs:
            _derive_alerts(conn, entry, scope.rules, deps.clock.now())
    over = [row for entry in refs for row in entry.alert_rows.values() if row.alert.state.ended]
    fetch.fetch_alert_tasks(deps, lane, scope.portal_id, turn.portal, over)
    with select_only(deps.database) as conn:
        subject_plans = {entry.row.key: _plan_ref(conn, turn, entry) for entry in refs}

    def save(conn: Connection) -> None:
        for entry in refs:
            if not entry.error:
                alerts.save(conn, entry.ref_key, entry.derived)
        marks = [
            (NOTIFICATION, key.subject_key, "the alert changed")
            for entry in refs
            if not entry.error
            for key in entry.changed_keys
        ]
        subjects.mark_dirty_many(conn, scope.portal_id, marks, deps.clock.now())

    return KindPlan(subject_plans, save)


def _load_ref(conn: Connection, row: SubjectRow, rules: Rules) -> _RefState:
    line = RefKey.parse(row.key)
    history = alerts.history(conn, line)
    stored = alerts.list_of_ref(conn, line)
    minded = bool(watched_refs(conn, {line: history[-1]}, rules)) if history else bool(stored)
    minded = minded and not _merge_request_has_ended(conn, line)
    removed = alerts.deleted_at(conn, line)
    return _RefState(row, line, history, _recent_alerts(stored, history), minded, removed)


def _merge_request_has_ended(conn: Connection, line: RefKey) -> bool:
    """Whether it is the ref of a merge request that was merged or closed."""
    iid = parse_merge_request_ref(line.ref)
    if iid is None:
        return False
    key = MergeRequestKey(line.connection_id, line.project_id, iid)
    merge_request = store_merge_requests.get_merge_requests(conn, [key]).get(key)
    return merge_request is not None and not is_open(merge_request)


def _recent_alerts(stored: Sequence[AlertRow], history: Sequence[Pipeline]) -> tuple[AlertRow, ...]:
    """Open alerts, and those that the history may still change; older ones are as they are."""
    oldest = history[0].id if history else 0
    return tuple(
        row
        for row in stored
        if not row.alert.state.ended or row.alert.last_failed_pipeline_id >= oldest
    )


def _derive_alerts(conn: Connection, entry: _RefState, rules: Rules, now: datetime) -> None:
    stored = [row.alert for row in entry.stored]
    if not entry.watched:
        entry.derived = close_all(stored, now)
        return
    try:
        stored_by_key = store_pipelines.failed_jobs(conn, map(fetch.pipeline_id, entry.history))
        endings = [
            pipeline_result(p, load_alerts.current_jobs(stored_by_key, p)) for p in entry.history
        ]
        last = entry.history[-1:]
        alert_rules = rules.alerts_of(last[0].project.path) if last else AlertRules()
        entry.derived = derive_alerts(
            endings, alert_rules, now, stored, deleted_at=entry.deleted_at
        )
    except Exception as error:
        log.exception("alerts_failed", line=str(entry.ref_key))
        entry.error = format_traceback(error)


def _plan_ref(conn: Connection, turn: ReconcileTurn, entry: _RefState) -> SubjectPlan:
    if entry.error:
        return SubjectPlan(error=entry.error)
    views = _load_views(conn, turn.scope, _newest_rows(entry))
    now = turn.deps.clock.now()
    commands = [
        planned for view in views for planned in plan_alert(view, turn.scope.rules, now).commands
    ]
    given = [planned.reason for planned in commands]
    reasons = [join_sentences("; ", given)] if given else []
    quiet_at = min((alert.quiet_at for alert in entry.derived if alert.quiet_at), default=None)
    return SubjectPlan(commands, reasons, wait_until=quiet_at)


def _newest_rows(entry: _RefState) -> dict[AlertKey, AlertRow]:
    """Return the alerts that something may still be due of: open ones, and the newest."""
    rows = sorted(entry.alert_rows.values(), key=lambda row: (row.alert.opened_at, row.key))
    newest = {row.key for row in rows[-alerts.NEWEST_LIMIT :]}
    return {row.key: row for row in rows if row.key in newest or not row.alert.state.ended}


def _load_views(
    conn: Connection, scope: Scope, rows: Mapping[AlertKey, AlertRow]
) -> list[AlertView]:
    portal_id = scope.portal_id
    by_key = load_alerts.load_contexts(conn, scope, rows)
    authors = _authors(conn, scope, rows)
    stored = tasks.get(conn, portal_id, {row.task_id for row in rows.values() if row.task_id})
    present = {
        t: row.body for t, row in stored.items() if row.body and row.read_at and not row.missing
    }
    outcome = messages.by_tasks(conn, portal_id, present)
    values_by_key = messages.anyones_states(
        conn, portal_id, [assignment_key(key.subject_key) for key in rows]
    )
    return [
        AlertView(
            alert_context,
            author_id=authors.get(key),
            administrator_id=scope.administrator_id,
            task_id=rows[key].task_id,
            task=present.get(rows[key].task_id or 0),
            end_message=outcome.get(rows[key].task_id or 0, {}).get(
                end_message_key(key.subject_key), SentMessage()
            ),
            notified_assignee=values_by_key.get(assignment_key(key.subject_key)),
        )
        for key, alert_context in by_key.items()
    ]


def _authors(
    conn: Connection, scope: Scope, rows: Mapping[AlertKey, AlertRow]
) -> dict[AlertKey, int]:
    """Return the portal users who wrote the commits that broke the refs."""
    ids = {
        key: (key.ref_key.connection_id, key.ref_key.project_id, row.alert.first_pipeline_id)
        for key, row in rows.items()
    }
    opened = store_pipelines.pipelines(conn, ids.values())
    signed = {
        key: AuthoredCommit(p.project.connection_id, p.commit, p.actor)
        for key, place in ids.items()
        if (p := opened.get(place)) and p.commit
    }
    return load_people.portal_authors(conn, scope, signed)
