"""Alerts as people are shown them: rows for pages and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.alert_names import Line
from sync.core.alerts.model import shown_ref
from sync.store import alerts, people
from sync.store import merge_requests as store_merge_requests
from sync.store.alerts import AlertRow

PERIOD = timedelta(days=30)  # of mean times to recovery


@dataclass(frozen=True, slots=True)
class Row:
    """`id`: what the commands take. `assigned_to`: a portal user, with their name."""

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
class Recovery:
    """How long a branch took to be well again, on average, in seconds."""

    project: str
    branch: str
    count: int
    seconds: int


def rows(conn: Connection, portal_id: int, *, over: bool = False) -> tuple[Row, ...]:
    """The portal's open alerts, the oldest first; with `over` those that ended after them."""
    return shown(conn, portal_id, alerts.of_portal(conn, portal_id, over=over))


def shown(conn: Connection, portal_id: int, found: Iterable[AlertRow]) -> tuple[Row, ...]:
    found = tuple(found)
    projects = _projects(conn, (row.key.line for row in found))
    names = {one.id: one.name for one in people.portal_users(conn, portal_id).values()}
    return tuple(_row(row, projects, names) for row in found)


def recoveries(conn: Connection, portal_id: int, now: datetime) -> tuple[Recovery, ...]:
    """Of the branches whose alerts were resolved lately."""
    found = alerts.recovery(conn, portal_id, now - PERIOD, now)
    projects = _projects(conn, (one.line for one in found))
    return tuple(
        Recovery(
            projects.get(_place(one.line), ("", ""))[0],
            shown_ref(one.line.ref),
            one.count,
            round(one.mean.total_seconds()),
        )
        for one in found
    )


def _projects(conn: Connection, lines: Iterable[Line]) -> dict[tuple[int, int], tuple[str, str]]:
    """Path and address by connection and project."""
    return store_merge_requests.paths(conn, {_place(line) for line in lines})


def _place(line: Line) -> tuple[int, int]:
    return line.connection_id, line.project_id


def _row(
    row: AlertRow, projects: dict[tuple[int, int], tuple[str, str]], names: dict[int, str]
) -> Row:
    alert, line = row.alert, row.key.line
    path, url = projects.get(_place(line), ("", ""))
    return Row(
        id=row.key.handle,
        project=path,
        branch=shown_ref(line.ref),
        stage=alert.stage,
        state=alert.state.value,
        severity=alert.severity.value,
        failures=alert.failures,
        opened_at=alert.opened_at,
        failed_at=alert.failed_at,
        ended_at=alert.ended_at,
        pipeline_url=f"{url}/-/pipelines/{alert.failed_by}" if url else "",
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        assigned_to=row.assigned_to,
        assigned_name=names.get(row.assigned_to or 0, ""),
        task_id=row.task_id,
    )
