"""/healthz: this process is alive. /readyz: the service can do its work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from b24app.deps import Deps
from sync.store import inbox, logs
from sync.store.db.database import read
from sync.store.revisions import newest_revision

SILENT_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state of the service; ages are in seconds, None where there is nothing to measure."""

    database: bool
    migrations: bool = False
    worker_seen_seconds_ago: float | None = None
    oldest_waiting_seconds: float | None = None

    @property
    def worker_alive(self) -> bool:
        """Whether a worker was seen in the last minute."""
        age = self.worker_seen_seconds_ago
        return age is not None and age <= SILENT_AFTER.total_seconds()

    @property
    def ready(self) -> bool:
        """Whether the service can work. Waiting work does not count: it shows in the figures."""
        return self.database and self.migrations and self.worker_alive


def check_readiness(deps: Deps) -> Readiness:
    """Check the database, its migrations, the worker and the waiting work."""
    now = deps.clock.now()
    try:
        with read(deps.engine) as conn:
            if not _is_migrated(conn):
                return Readiness(database=True)
            seen_at = next((worker_row.seen_at for worker_row in logs.workers(conn)), None)
            waiting = inbox.oldest_waiting_at(conn)
    except SQLAlchemyError:
        return Readiness(database=False)
    return Readiness(True, True, _seconds_since(seen_at, now), _seconds_since(waiting, now))


def _is_migrated(conn: Connection) -> bool:
    """Return whether the newest revision was run."""
    if not inspect(conn).has_table("alembic_version"):
        return False
    stored = conn.scalar(text("SELECT version_num FROM alembic_version"))
    return bool(stored == newest_revision())


def _seconds_since(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 1)


def blueprint(deps: Deps) -> Blueprint:
    """Return the health routes."""
    here = Blueprint("health", __name__)

    @here.get("/healthz")
    def alive() -> Response:
        return jsonify(alive=True)

    @here.get("/readyz")
    def ready() -> Response:
        readiness = check_readiness(deps)
        response = jsonify(
            ready=readiness.ready,
            database=readiness.database,
            migrations=readiness.migrations,
            worker_seen_seconds_ago=readiness.worker_seen_seconds_ago,
            oldest_waiting_seconds=readiness.oldest_waiting_seconds,
        )
        response.status_code = 200 if readiness.ready else 503
        return response

    return here
