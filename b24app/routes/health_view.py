"""/api/health: what is right and wrong with the portal and the service, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify

from b24app.deps import Deps
from b24app.errors import page_language
from b24app.routes.page_requests import require_admin
from b24app.services.health import (
    check_backup,
    check_clock_of,
    check_disk,
    check_portal,
    check_queue,
    check_worker,
    present_fingerprints,
    read_disk,
    wrong,
)
from b24app.services.health_check import Check
from b24app.services.health_rows import HealthRows, load_rows
from b24app.texts import translate
from b24app.texts_health import describe, subject_name
from sync.store import inbox, logs, program
from sync.store.db.database import read
from sync.store.hook_logs import HookLogRow, describe_target
from sync.store.rows import PortalRecord


def add_health_routes(here: Blueprint, deps: Deps) -> None:
    """Add the route of the health view."""

    @here.get("/health")
    def health() -> Response:
        """Show every check of the portal and of the service, what is wrong first."""
        _, portal = require_admin(deps)
        checks, rows = read_portal_checks(deps, portal)
        urgent, *_ = (*(check for check in wrong(checks) if check.urgent), None)
        return jsonify(
            ok=urgent is None,
            checks=[_check_json(check) for check in _ordered(checks)],
            missed=_missed_json(rows),
            at=deps.clock.now(),
        )


def read_portal_checks(deps: Deps, portal: PortalRecord) -> tuple[tuple[Check, ...], HealthRows]:
    """Return what an administrator of the portal may see: of the queue only their own."""
    now = deps.clock.now()
    with read(deps.engine) as conn:
        rows = load_rows(conn, [portal.id])
        workers = logs.workers(conn)
        oldest = inbox.oldest_waiting_at(conn, portal.id)
        state = program.read_state(conn)
    checks = [
        check_worker(workers, now),
        check_disk(read_disk(deps.config.data_dir)),
        check_backup(state, present_fingerprints(deps.config), now),
        *check_clock_of(workers, now),
        check_queue(oldest, now),
    ]
    of_portal = (check for each in rows.portals for check in check_portal(each, rows, now))
    return (*checks, *of_portal), rows


def _ordered(checks: Sequence[Check]) -> list[Check]:
    return [*wrong(checks), *(check for check in checks if check.ok)]


def _check_json(check: Check) -> dict[str, Any]:
    language = page_language()
    words = describe(check, language, on_page=True)
    return {
        "subject": check.subject,
        "name": subject_name(check.subject, language),
        "ok": check.ok,
        "urgent": check.urgent and not check.ok,
        "place": check.place.partition(" ")[2],
        "what": words.what,
        "why": "" if check.ok else words.why,
        "change": "" if check.ok else words.change,
        "since": check.since,
    }


def _missed_json(rows: HealthRows) -> list[dict[str, Any]]:
    """Return the last gap of each webhook and of the portal's events.

    What failed while we were away, and was made up for.
    """
    names = {record.id: record.name for each in rows.connections.values() for record in each}
    hooks: list[HookLogRow] = [row for each in rows.hooks.values() for row in each]
    events = [
        {
            "connection": "Bitrix24",
            "target": "",
            "failed": gap.tasks,
            "made_up": gap.tasks,
            "at": gap.at,
        }
        for gap in rows.task_gaps.values()
    ]
    return events + [
        {
            "connection": names.get(row.connection_id, ""),
            "target": translate(page_language(), describe_target(row.target)),
            "failed": row.failed,
            "made_up": row.made_up,
            "at": row.gap_at,
        }
        for row in hooks
        if row.failed and row.gap_at
    ]
