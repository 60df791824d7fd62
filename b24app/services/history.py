"""Reading history in from a page: in a thread of this process, its progress in the database.

The page may be closed meanwhile: whoever opens it next reads how far it is. What a process that
was stopped had not read is read by the next start, as each page is stored with its cursor.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

from b24app.deps import Deps
from b24app.errors import explain_failure
from b24app.services.settings_form.changed import engine_deps
from b24app.texts import translate
from sync.engine.lanes import LaneLost
from sync.engine.upkeep import backfill
from sync.engine.upkeep.backfill_parts import PARTS
from sync.errors import SyncError
from sync.sentences import as_text
from sync.store import backfill as backfill_table
from sync.store import connections, leases
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord

NO_TARGETS: dict[str, list[str]] = {"projects": [], "groups": []}
DAYS = 90  # of history that a page reads in
_running: dict[int, threading.Thread] = {}  # by portal
_errors: dict[int, list[str]] = {}  # of a portal: what the last reading could not read, and why
_lock = threading.Lock()


def start_history(deps: Deps, portal: PortalRecord) -> bool:
    """Begin to read the history of what the portal connects; False: it is being read already."""
    with _lock:
        thread = _running.get(portal.id)
        if thread is not None and thread.is_alive():
            return False
        with read(deps.engine) as conn:
            records = [
                row for row in connections.by_portal(conn, portal.id) if row.kind == "gitlab"
            ]
        _errors.pop(portal.id, None)
        thread = threading.Thread(
            target=_read_all, args=(deps, portal, records), name="history", daemon=True
        )
        thread.start()  # first: whoever finds it may wait for it
        _running[portal.id] = thread
    return True


def wait_for_history(portal_id: int, seconds: float) -> bool:
    """Wait until no reading of this process runs for the portal; return whether it is over."""
    thread = _running.get(portal_id)
    if thread is not None:
        thread.join(seconds)
    return thread is None or not thread.is_alive()


def history_progress(deps: Deps, portal: PortalRecord, language: str) -> dict[str, Any]:
    """Return how far the reading is: of every project its parts done, of all, and what failed."""
    thread = _running.get(portal.id)
    with read(deps.engine) as conn:
        records = {row.id: row for row in connections.by_portal(conn, portal.id)}
        rows = backfill_table.of_connections(conn, records)
        lanes = {backfill.lane_name(row.connection_id, row.project_id) for _, row in rows}
        held = leases.held_leases(conn, lanes, deps.clock.now())
    projects: dict[str, dict[str, Any]] = {}
    for path, row in rows:
        project = projects.setdefault(
            path, {"path": path, "done": 0, "parts": len(PARTS), "read": 0, "problems": []}
        )
        project["done"] += row.state == "done"
        project["read"] += row.read
        if row.state == "failed" and row.error:
            project["problems"].append(translate(language, row.error))
    return {
        "running": bool(held) or (thread is not None and thread.is_alive()),
        "projects": list(projects.values()),
        "problems": [translate(language, text) for text in _errors.get(portal.id, ())],
    }


def _read_all(deps: Deps, portal: PortalRecord, records: list[ConnectionRecord]) -> None:
    """Read project by project; what is refused of some does not stop the others."""
    engine = engine_deps(deps, "history")
    midnight = deps.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=DAYS)
    for record, name in [(row, name) for each in records for row, name in _parts(each)]:
        try:
            for project in backfill.connection_projects(engine, record):
                backfill.run_backfill(engine, record, project, since)
        except SyncError as error:
            _errors.setdefault(portal.id, []).append(explain_failure(name, error))
        except LaneLost as error:
            _errors.setdefault(portal.id, []).append(as_text(error))
    deps.wake(portal.id)


def _parts(record: ConnectionRecord) -> list[tuple[ConnectionRecord, str]]:
    """Return the connection as if it were of each of its projects and groups alone, by their names.

    Of a connection that names none: itself.
    """
    named = [
        (replace(record, options={**record.options, **NO_TARGETS, kind: [entry]}), str(entry))
        for kind in NO_TARGETS
        for entry in record.options.get(kind) or ()
    ]
    return named or [(record, record.name)]
