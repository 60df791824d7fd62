"""Alerts as rows for pages and the command line."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.alerts.model import RefKey, display_ref
from sync.store import alerts, people
from sync.store import projects as store_projects
from sync.store.alerts import AlertRow

RECOVERY_PERIOD = timedelta(days=30)  # of mean times to recovery


@dataclass(frozen=True, slots=True)
class AlertSummary:
    """An alert as people see it.

    `id`: what the commands take. `assigned_to`: a portal user's id.
    """

    id: str
    project: str
    branch: str
    stage: str
    state: str
    severity: str
    failures: int
    opened_at: datetime
    failed_at: datetime
    ended_at: datetime | None
    pipeline_url: str
    acknowledged_by: str
    acknowledged_at: datetime | None
    assigned_to: int | None
    assigned_name: str
    task_id: int | None


@dataclass(frozen=True, slots=True)
class RecoverySummary:
    """The mean time (`seconds`) in which a branch recovered, `count` times."""

    project: str
    branch: str
    count: int
    seconds: int


def list_alerts(
    conn: Connection, portal_id: int, *, include_ended: bool = False
) -> tuple[AlertSummary, ...]:
    """Return the portal's open alerts, oldest first; `include_ended` adds those that ended."""
    return summarize(
        conn, portal_id, alerts.list_of_portal(conn, portal_id, include_ended=include_ended)
    )


def summarize(
    conn: Connection, portal_id: int, rows: Iterable[AlertRow]
) -> tuple[AlertSummary, ...]:
    """Return the rows as people see them, with paths of projects and names of users."""
    rows = tuple(rows)
    projects = _projects(conn, (row.key.ref_key for row in rows))
    names = {
        portal_user.id: portal_user.name
        for portal_user in people.portal_users(conn, portal_id).values()
    }
    return tuple(_summary(row, projects, names) for row in rows)


def concerns(alert: AlertSummary, readable_tasks: Container[int], user_id: int) -> bool:
    """Return whether a user who is no administrator may see the alert: theirs, or their task's."""
    return alert.assigned_to == user_id or alert.task_id in readable_tasks


def recoveries(conn: Connection, portal_id: int, now: datetime) -> tuple[RecoverySummary, ...]:
    """Return the mean times of branches that recovered within RECOVERY_PERIOD."""
    recovered = alerts.recovery(conn, portal_id, now - RECOVERY_PERIOD, now)
    projects = _projects(conn, (recovery.ref_key for recovery in recovered))
    return tuple(
        RecoverySummary(
            projects.get(_project_key(recovery.ref_key), ("", ""))[0],
            display_ref(recovery.ref_key.ref),
            recovery.count,
            round(recovery.mean.total_seconds()),
        )
        for recovery in recovered
    )


def _projects(conn: Connection, lines: Iterable[RefKey]) -> dict[tuple[int, int], tuple[str, str]]:
    """Return path and address by connection and project."""
    return store_projects.project_paths(conn, {_project_key(line) for line in lines})


def _project_key(line: RefKey) -> tuple[int, int]:
    return line.connection_id, line.project_id


def _summary(
    row: AlertRow, projects: dict[tuple[int, int], tuple[str, str]], names: dict[int, str]
) -> AlertSummary:
    alert, line = row.alert, row.key.ref_key
    path, url = projects.get(_project_key(line), ("", ""))
    return AlertSummary(
        id=row.key.handle,
        project=path,
        branch=display_ref(line.ref),
        stage=alert.stage,
        state=alert.state.value,
        severity=alert.severity.value,
        failures=alert.failures,
        opened_at=alert.opened_at,
        failed_at=alert.failed_at,
        ended_at=alert.ended_at,
        pipeline_url=f"{url}/-/pipelines/{alert.last_failed_pipeline_id}" if url else "",
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        assigned_to=row.assigned_to,
        assigned_name=names.get(row.assigned_to or 0, ""),
        task_id=row.task_id,
    )
