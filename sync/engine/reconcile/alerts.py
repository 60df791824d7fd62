"""The alerts of refs: derived anew and saved, their news marked, what they ask for commanded."""

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
from sync.engine.deliver.refusals import is_refused, refused_before
from sync.engine.deps import ALERT, NOTIFICATION, PORTAL_LANE, Deps
from sync.engine.ingest.alerts import watched_refs
from sync.engine.load import alerts as load_alerts
from sync.engine.load import people as load_people
from sync.engine.load.people import AuthoredCommit
from sync.engine.load.scope import Scope
from sync.engine.reconcile import fetch, notifications
from sync.engine.reconcile.turn import ReconcileTurn, Recorder, Rows
from sync.store import alerts, logs, messages, outbox, subjects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store.alerts import AlertRow
from sync.store.db.database import read
from sync.store.rows import DecisionRow, SubjectRow

log = structlog.get_logger()


@dataclass
class _RefState:
    """A line as it was found, and what is derived of it."""

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
        """The alerts as derived, with what people said of them."""
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


def plan(turn: ReconcileTurn, rows: Rows, looked: Sequence[_RefState]) -> Recorder:
    """Derive the alerts of the refs. Raises Later and Denied where a task cannot be read."""
    deps, lane, scope, portal = turn.deps, turn.lane, turn.scope, turn.portal
    portal_id, rules = scope.portal_id, scope.rules
    history = {entry.ref_key: entry.history for entry in looked if entry.watched}
    fetch.fetch_alert_jobs(deps, lane, history, rules)
    with read(deps.database) as conn:
        for entry in looked:
            _derive_alerts(conn, entry, rules, deps.clock.now())
    over = [row for entry in looked for row in entry.alert_rows.values() if row.alert.state.ended]
    fetch.fetch_alert_tasks(deps, lane, portal_id, portal, over)

    def record(conn: Connection) -> None:
        for entry in looked:
            _record(conn, deps, scope, entry)

    return record


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


def _record(conn: Connection, deps: Deps, scope: Scope, entry: _RefState) -> None:
    portal_id = scope.portal_id
    now, row = deps.clock.now(), entry.row
    if entry.error:
        notifications.retry_later(conn, deps, portal_id, row, error=entry.error, now=now)
        return
    alerts.save(conn, entry.ref_key, entry.derived)
    current = {r.key: r for r in alerts.list_of_ref(conn, entry.ref_key)}
    rows = {key: current[key] for key in entry.alert_rows if key in current}
    marks = [(NOTIFICATION, key.subject_key, "the alert changed") for key in entry.changed_keys]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    _plan_commands(conn, scope, row, _load_views(conn, scope, rows), now)
    quiet_at = min((a.quiet_at for a in entry.derived if a.quiet_at), default=None)
    if quiet_at:
        subjects.postpone(conn, portal_id, row.kind, row.key, row.version, quiet_at)
    else:
        subjects.clean_many(conn, portal_id, [(row.kind, row.key, row.version)])


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
    """Of the commits that broke the lines."""
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


def _plan_commands(
    conn: Connection,
    scope: Scope,
    row: SubjectRow,
    views: Sequence[AlertView],
    now: datetime,
) -> None:
    portal_id = scope.portal_id
    refused = refused_before(conn, portal_id, ALERT, [row.key])
    commands = [
        planned
        for view in views
        for planned in plan_alert(view, scope.rules, now).commands
        if not is_refused(refused, row.key, planned)
    ]
    outbox.replace_waiting(conn, portal_id, PORTAL_LANE, {(ALERT, row.key): commands}, now)
    reasons = "; ".join(planned.reason for planned in commands)
    if reasons:
        logs.save_decisions(conn, [DecisionRow(portal_id, ALERT, row.key, now, reasons)])
