"""The nightly purge: what is kept long enough goes, in small steps between everything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from sync.engine.deps import Deps
from sync.engine.lanes import hold
from sync.settings.apply import current
from sync.settings.model import Retention
from sync.store import logs, portals
from sync.store.db.database import read, write
from sync.store.retention import rules as retention_rules
from sync.store.retention.rules import RULES, Key, Rule
from sync.store.rows import PortalRecord, PurgeRow

log = structlog.get_logger()

AT_NIGHT = timedelta(hours=3)  # after midnight, UTC
ROWS = 200  # deleted in one transaction: the receiver waits no longer for it than for any other
STEPS = 50  # in one go; then whatever else the sweep has to do comes first
_PAUSE_SECONDS = 0.05


class Purge:
    """Purges each portal once a night, a few steps every time it is run.

    A worker that ends in the middle leaves the rest to the next, which begins anew.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._begun: dict[int, Iterator[int]] = {}

    def run(self, now: datetime) -> int:
        """How many rows it deleted. One worker of all does it at a time."""
        with read(self._deps.database) as conn:
            due = [one for one in portals.everything(conn) if _is_due(_last(conn, one), now)]
        self._begun = {one.id: self._begun[one.id] for one in due if one.id in self._begun}
        if not due:
            return 0
        with hold(self._deps, "purge") as lane:
            return sum(self._go_on(one, now) for one in due) if lane else 0

    def _go_on(self, portal: PortalRecord, now: datetime) -> int:
        begun = self._begun.setdefault(portal.id, purge(self._deps, portal, now))
        done = 0
        for _ in range(STEPS):
            count = next(begun, None)
            if count is None:
                break
            done += count
        return done


def purge(deps: Deps, portal: PortalRecord, now: datetime) -> Iterator[int]:
    """Step by step: how many rows each deleted. The last one notes what was done."""
    with read(deps.database) as conn:
        retention = current(conn, portal).retention
    began_at, rows = deps.clock.now(), dict[str, int]()
    for rule in RULES:
        for count in _steps(deps, rule, portal.id, _moment(retention, rule, now)):
            rows[rule.what] = rows.get(rule.what, 0) + count
            yield count
    took = (deps.clock.now() - began_at) // timedelta(milliseconds=1)
    gone = {what: count for what, count in rows.items() if count}
    with write(deps.database) as conn:
        logs.save_purge(conn, PurgeRow(portal.id, now, took, gone))
    log.info("purged", portal_id=portal.id, milliseconds=took, rows=gone)


def _moment(retention: Retention, rule: Rule, now: datetime) -> datetime:
    ages = (rule.age,) if isinstance(rule.age, str) else rule.age
    return now - timedelta(days=max(getattr(retention, age) for age in ages))


def _steps(deps: Deps, rule: Rule, portal_id: int, moment: datetime) -> Iterator[int]:
    """The search holds nobody up; only the deletion of what it found takes the write lock."""
    last: Key | None = None
    while True:
        with read(deps.database) as conn:
            keys = retention_rules.find(conn, rule, portal_id, moment, limit=ROWS, after=last)
        if not keys:
            return
        with write(deps.database) as conn:
            count = retention_rules.remove(conn, rule, portal_id, moment, keys)
        yield count
        last = keys[-1]
        deps.clock.sleep(_PAUSE_SECONDS)


def _last(conn: Connection, portal: PortalRecord) -> datetime:
    found = logs.last_purge(conn, portal.id)
    return found.at if found else portal.created_at


def _is_due(last: datetime, now: datetime) -> bool:
    """Whether a night began since."""
    midnight = (now - AT_NIGHT).replace(hour=0, minute=0, second=0, microsecond=0)
    return last < midnight + AT_NIGHT <= now
