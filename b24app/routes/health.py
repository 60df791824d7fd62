"""/healthz: this process is alive. /readyz: the service can do its work."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import asdict, dataclass, field
from datetime import datetime

from flask import Blueprint, Response, jsonify
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from b24app.deps import Deps
from b24app.services.health import SILENT_AFTER, read_checks, read_disk, wrong
from sync.core.clock import TOLERANCE
from sync.store import agenda, inbox, leases, logs
from sync.store.db.database import read, write
from sync.store.revisions import newest_revision
from sync.store.rows import WorkerRow

PATIENCE_SECONDS = 3.0  # for the database
MAX_PORTALS = 20  # that are named, those that wait for the longest time


@dataclass(frozen=True, slots=True)
class PortalWait:
    """The age in seconds of a portal's oldest waiting work, whatever it waits for."""

    portal: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state of the service; ages are in seconds, None where there is nothing to measure.

    `wrong`: how often each state was found that needs somebody now, whatever portal it is of.
    """

    database: bool
    migrations: bool = False
    disk: bool = True
    worker_seen_seconds_ago: float | None = None
    oldest_waiting_seconds: float | None = None
    waiting: tuple[PortalWait, ...] = ()
    wrong: Mapping[str, int] = field(default_factory=dict)

    @property
    def worker_alive(self) -> bool:
        """Whether a worker was seen in the last minute."""
        age = self.worker_seen_seconds_ago
        return age is not None and age <= SILENT_AFTER.total_seconds()

    @property
    def ready(self) -> bool:
        """Whether the service can work. Waiting work does not count: it shows in the figures."""
        return self.database and self.migrations and self.disk and self.worker_alive


def check_readiness(deps: Deps) -> Readiness:
    """Check that the database can be written, its migrations, the worker and the waiting work."""
    now, disk = deps.clock.now(), read_disk(deps.config.data_dir)
    try:
        with read(deps.engine) as conn:
            if not _is_migrated(conn):
                return Readiness(database=True)
        with write(deps.engine) as conn:  # a full disk and a standby can be read, and no more
            leases.acquire(conn, "readyz", "readyz", now=now, ttl=SILENT_AFTER)
            seen_at = _last_seen(logs.workers(conn), now)
            waiting = inbox.oldest_waiting_at(conn)
            oldest = agenda.oldest_work(conn, MAX_PORTALS)
        with read(deps.engine) as conn:
            checks = read_checks(conn, deps.config, now, disk=disk)
    except SQLAlchemyError:
        return Readiness(database=False, disk=disk.takes_deliveries)
    return Readiness(
        True,
        True,
        disk.takes_deliveries,
        _seconds_since(seen_at, now),
        _seconds_since(waiting, now),
        tuple(PortalWait(id_, _seconds_since(at, now) or 0.0) for id_, at in oldest),
        Counter(check.state for check in wrong(checks) if check.urgent),
    )


def is_worker_alive(deps: Deps) -> bool:
    """Return whether a worker was seen in the last minute."""
    with read(deps.engine) as conn:
        seen_at = _last_seen(logs.workers(conn), deps.clock.now())
    return Readiness(True, True, True, _seconds_since(seen_at, deps.clock.now())).worker_alive


def _last_seen(workers: Iterable[WorkerRow], now: datetime) -> datetime | None:
    """Return when a worker was seen last; what a clock that was put back wrote says nothing."""
    moments = [row.seen_at for row in workers if row.seen_at <= now + TOLERANCE]
    return max(moments, default=None)


class ReadinessProbe:
    """One check at a time, for whoever asks: a database that hangs keeps nobody waiting."""

    def __init__(self, check: Callable[[], Readiness]) -> None:
        self._check = check
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readiness")
        self._lock = threading.Lock()
        self._running: Future[Readiness] | None = None

    def read(self) -> Readiness:
        """Return the state; without a database where it does not answer in time."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = self._thread.submit(self._check)
            running = self._running
        try:
            return running.result(PATIENCE_SECONDS)
        except NotInTime:
            return Readiness(database=False)


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
    probe = ReadinessProbe(lambda: check_readiness(deps))

    @here.get("/healthz")
    def alive() -> Response:
        return jsonify(alive=True)

    @here.get("/readyz")
    def ready() -> Response:
        readiness = probe.read()
        waiting = {"waiting": [asdict(wait) for wait in readiness.waiting]}
        response = jsonify(
            ready=readiness.ready,
            database=readiness.database,
            migrations=readiness.migrations,
            worker_seen_seconds_ago=readiness.worker_seen_seconds_ago,
            oldest_waiting_seconds=readiness.oldest_waiting_seconds,
            disk=readiness.disk,
            healthy=readiness.ready and not readiness.wrong,
            **(waiting if readiness.waiting else {}),
            **({"wrong": dict(readiness.wrong)} if readiness.wrong else {}),
        )
        response.status_code = 200 if readiness.ready else 503
        return response

    return here
