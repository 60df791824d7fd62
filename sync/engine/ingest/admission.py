"""Deliveries from outside of what is connected: recorded, counted, and dropped.

The webhook of a project that was taken out of the settings goes on sending until somebody removes
it, and one webhook address may have been put into any project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from sync.core.model.common import Project
from sync.core.rules.projects import is_connected
from sync.gitlab.ci_reports.events import EVENT as CI_REPORT
from sync.store import connections
from sync.store.inbox import OUTSIDE
from sync.store.rows import DeliveryRow

Events = Mapping[int, Sequence[object]]


def find_outside(conn: Connection, batch: Sequence[DeliveryRow], events: Events) -> dict[int, str]:
    """Return the deliveries from outside by id, each with its outcome.

    A project that was connected once by its path stays so when it is renamed or moved. A CI job's
    report was looked at when it came, and what names no project comes from no other one.
    """
    outside: dict[int, str] = {}
    admissions: dict[int, dict[str, str]] = {}
    for delivery in batch:
        project = _project_of(events[delivery.id])
        if project is None or delivery.options is None or delivery.event == CI_REPORT:
            continue
        number, key = project.connection_id, str(project.id)
        admitted = admissions.setdefault(number, dict(delivery.admitted or {}))
        allowed = is_connected(delivery.options, project.id, project.path)
        if allowed and key not in admitted:
            admitted[key] = project.path
            connections.set_admitted(conn, number, admitted)
        if allowed is False and not _was_renamed(delivery.options, admitted.get(key), project):
            outside[delivery.id] = f"{OUTSIDE}{project.path}"
    return outside


def _was_renamed(options: Mapping[str, object], former: str | None, project: Project) -> bool:
    return former is not None and bool(is_connected(options, project.id, former))


def _project_of(events: Sequence[object]) -> Project | None:
    """Return the project that a delivery's events are about."""
    for event in events:
        for part in (event, *(getattr(event, name, None) for name in _PARTS)):
            project = getattr(part, "project", None)
            if isinstance(project, Project):
                return project
    return None


_PARTS = ("merge_request", "pipeline", "deployment")
