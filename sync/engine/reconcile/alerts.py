"""The alerts of refs: derived anew and saved, their news marked, what they ask for commanded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.core.alert_names import AlertKey, Line
from sync.core.alerts.derive import alerts_of, closed
from sync.core.alerts.model import Alert, request_of
from sync.core.alerts.plan import Concern, assignment, end
from sync.core.alerts.plan import decide as decide_due
from sync.core.alerts.results import ending_of
from sync.core.merge_requests.milestones import is_open
from sync.core.model.common import MergeRequestKey, Pipeline
from sync.core.model.task_view import Said
from sync.core.rules.portal import AlertRules, Rules
from sync.engine.deliver.refusals import refused
from sync.engine.deps import ALERTS, LANE, NEWS, Deps
from sync.engine.ingest.alerts import watched
from sync.engine.ingest.digest import explained
from sync.engine.lanes import Lane
from sync.engine.load import alerts as load_alerts
from sync.engine.load import people as load_people
from sync.engine.load.people import Signed
from sync.engine.reconcile import fetch, notifications
from sync.store import alerts, logs, messages, outbox, portals, subjects, tasks
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store.alerts import AlertRow
from sync.store.db.database import read, write
from sync.store.rows import DecisionRow, NewCommand, SubjectRow

log = structlog.get_logger()


@dataclass
class _Looked:
    """A line as it was found, and what is derived of it."""

    row: SubjectRow
    line: Line
    history: tuple[Pipeline, ...]
    stored: tuple[AlertRow, ...]
    watched: bool
    gone: datetime | None
    derived: tuple[Alert, ...] = ()
    error: str = ""

    @property
    def rows(self) -> dict[AlertKey, AlertRow]:
        """The alerts as derived, with what people said of them."""
        known = {row.key: row for row in self.stored}
        keys = {AlertKey(self.line, one.opened_by, one.stage): one for one in self.derived}
        return {
            key: replace(known.get(key) or AlertRow(key, one), alert=one)
            for key, one in keys.items()
        }

    @property
    def changed(self) -> list[AlertKey]:
        known = {row.key: row.alert for row in self.stored}
        return [key for key, row in self.rows.items() if known.get(key) != row.alert]


def reconcile(
    deps: Deps, lane: Lane, portal_id: int, portal: Portal, due: Sequence[SubjectRow]
) -> None:
    """Derives the alerts of the lines. Raises Later and Denied where a task cannot be read."""
    rules = deps.rules_for(portal_id)
    with read(deps.database) as conn:
        looked = [_look(conn, row, rules) for row in due]
    history = {one.line: one.history for one in looked if one.watched}
    fetch.read_jobs(deps, lane, history, rules)
    with read(deps.database) as conn:
        for one in looked:
            _derive(conn, one, rules, deps.clock.now())
    over = [row for one in looked for row in one.rows.values() if row.alert.state.over]
    fetch.read_tasks(deps, lane, portal_id, portal, over)
    with write(deps.database) as conn:
        lane.keep(conn)
        for one in looked:
            _record(conn, deps, portal_id, one, rules)


def _look(conn: Connection, row: SubjectRow, rules: Rules) -> _Looked:
    line = Line.read(row.key)
    history = alerts.history(conn, line)
    stored = alerts.of_line(conn, line)
    minded = bool(watched(conn, {line: history[-1]}, rules)) if history else bool(stored)
    minded = minded and not _request_is_over(conn, line)
    gone = alerts.deleted_at(conn, line)
    return _Looked(row, line, history, _near(stored, history), minded, gone)


def _request_is_over(conn: Connection, line: Line) -> bool:
    """Whether it is the ref of a merge request that was merged or closed."""
    iid = request_of(line.ref)
    if iid is None:
        return False
    key = MergeRequestKey(line.connection_id, line.project_id, iid)
    known = store_merge_requests.get_merge_requests(conn, [key]).get(key)
    return known is not None and not is_open(known)


def _near(stored: Sequence[AlertRow], history: Sequence[Pipeline]) -> tuple[AlertRow, ...]:
    """Open alerts, and those that the history may still change; older ones are as they are."""
    oldest = history[0].id if history else 0
    return tuple(row for row in stored if not row.alert.state.over or row.alert.failed_by >= oldest)


def _derive(conn: Connection, one: _Looked, rules: Rules, now: datetime) -> None:
    stored = [row.alert for row in one.stored]
    if not one.watched:
        one.derived = closed(stored, now)
        return
    try:
        known = store_pipelines.jobs(conn, map(fetch.id_of, one.history))
        endings = [ending_of(p, load_alerts.jobs_of(known, p)) for p in one.history]
        last = one.history[-1:]
        wanted = rules.alerts_of(last[0].project.path) if last else AlertRules()
        one.derived = alerts_of(endings, wanted, now, stored, gone=one.gone)
    except Exception as error:
        log.exception("alerts_failed", line=str(one.line))
        one.error = explained(error)


def _record(conn: Connection, deps: Deps, portal_id: int, one: _Looked, rules: Rules) -> None:
    now, row = deps.clock.now(), one.row
    if one.error:
        notifications.fail(conn, deps, portal_id, row, error=one.error, now=now)
        return
    alerts.save(conn, one.line, one.derived)
    current = {r.key: r for r in alerts.of_line(conn, one.line)}
    rows = {key: current[key] for key in one.rows if key in current}
    marks = [(NEWS, key.about, "the alert changed") for key in one.changed]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
    _command(conn, portal_id, row, _concerns(conn, portal_id, rows, rules), rules, now)
    quiet_at = min((a.quiet_at for a in one.derived if a.quiet_at), default=None)
    if quiet_at:
        subjects.put_off(conn, portal_id, row.kind, row.key, row.version, quiet_at)
    else:
        subjects.clean_many(conn, portal_id, [(row.kind, row.key, row.version)])


def _concerns(
    conn: Connection, portal_id: int, rows: Mapping[AlertKey, AlertRow], rules: Rules
) -> list[Concern]:
    found = load_alerts.told(conn, portal_id, rows, rules)
    record = portals.by_id(conn, portal_id)
    authors = _authors(conn, portal_id, rows, rules)
    known = tasks.get(conn, portal_id, {row.task_id for row in rows.values() if row.task_id})
    there = {
        t: row.body for t, row in known.items() if row.body and row.read_at and not row.missing
    }
    said = messages.by_tasks(conn, portal_id, there)
    told = messages.get_told(conn, portal_id, [assignment(key.about) for key in rows])
    return [
        Concern(
            one,
            author=authors.get(key),
            administrator=record.token_user_id if record else None,
            task_id=rows[key].task_id,
            task=there.get(rows[key].task_id or 0),
            said=said.get(rows[key].task_id or 0, {}).get(end(key.about), Said()),
            told=told.get(assignment(key.about)),
        )
        for key, one in found.items()
    ]


def _authors(
    conn: Connection, portal_id: int, rows: Mapping[AlertKey, AlertRow], rules: Rules
) -> dict[AlertKey, int]:
    """Of the commits that broke the lines."""
    ids = {
        key: (key.line.connection_id, key.line.project_id, row.alert.opened_by)
        for key, row in rows.items()
    }
    opened = store_pipelines.pipelines(conn, ids.values())
    signed = {
        key: Signed(p.project.connection_id, p.commit, p.actor)
        for key, place in ids.items()
        if (p := opened.get(place)) and p.commit
    }
    return load_people.authors(conn, portal_id, signed, rules)


def _command(
    conn: Connection,
    portal_id: int,
    row: SubjectRow,
    concerns: Sequence[Concern],
    rules: Rules,
    now: datetime,
) -> None:
    dead = refused(conn, portal_id, ALERTS, [row.key])
    wanted = [
        (name, effect, reason)
        for one in concerns
        for name, effect, reason in decide_due(one, rules, now)
        if not {(row.key, name, effect), (row.key, name, None)} & dead
    ]
    commands = [NewCommand(LANE, name, effect, reason) for name, effect, reason in wanted]
    outbox.replace_waiting(conn, portal_id, {(ALERTS, row.key): commands}, now)
    reasons = "; ".join(reason for _, _, reason in wanted)
    if reasons:
        logs.save_decisions(conn, [DecisionRow(portal_id, ALERTS, row.key, now, reasons)])
