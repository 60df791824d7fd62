"""The nightly purge: what is kept long enough goes, in small steps between everything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import structlog

from sync.core.clock import is_due
from sync.engine.deps import Deps
from sync.engine.lanes import hold
from sync.engine.upkeep.failed_looks import FailedLooks
from sync.settings.apply import current_settings
from sync.settings.model import Retention
from sync.store import logs, portals
from sync.store.db.database import AWAY, select_only, write
from sync.store.failed_looks import LookKey
from sync.store.retention import rules as retention_rules
from sync.store.retention.rules import RULES, RetentionRule, RowKey
from sync.store.rows import PortalRecord, PurgeRow

log = structlog.get_logger()

NIGHT_BEGINS = timedelta(hours=3)  # after midnight, UTC
ROWS_PER_STEP = (
    200  # deleted in one transaction: the receiver waits no longer for it than for any other
)
RETRY_EVERY = timedelta(hours=1)  # of a portal that could not be purged
STEPS_PER_RUN = 50  # in one go; then whatever else the sweep has to do comes first
_PAUSE_SECONDS = 0.05


class NightlyPurge:
    """Purges each portal once a night, a few steps every time it is run.

    A worker that ends in the middle leaves the rest to the next, which begins anew.
    """

    def __init__(self, deps: Deps, failures: FailedLooks | None = None) -> None:
        self._deps, self._failures = deps, failures or FailedLooks(deps)
        self._running: dict[int, Iterator[int]] = {}
        self._failed_at: dict[int, datetime] = {}

    def run(self, now: datetime) -> int:
        """How many rows it deleted. One worker of all does it at a time.

        None while nobody outside confirms the clock: one that is ahead would delete everything.
        """
        check = self._deps.clock_check
        if check is not None and not check.is_plausible:
            return 0
        with select_only(self._deps.database) as conn:
            purged_at = logs.last_purge_moments(conn)
            portal_records = [
                portal_record
                for portal_record in portals.all_portals(conn)
                if _night_began_since(
                    purged_at.get(portal_record.id, portal_record.created_at), now
                )
            ]
        self._running = {
            portal_record.id: self._running[portal_record.id]
            for portal_record in portal_records
            if portal_record.id in self._running
        }
        if not portal_records:
            return 0
        with hold(self._deps, "purge") as lane:
            return (
                sum(self._run_steps(portal_record, now) for portal_record in portal_records)
                if lane
                else 0
            )

    def _run_steps(self, portal: PortalRecord, now: datetime) -> int:
        """Run some steps. A portal that cannot be purged is tried again later; the others go on."""
        if not is_due(self._failed_at.get(portal.id), RETRY_EVERY, now):
            return 0
        begun = self._running.setdefault(portal.id, purge_portal(self._deps, portal, now))
        done, key = 0, LookKey(portal.id, 0, "purge")
        try:
            for count in islice(begun, STEPS_PER_RUN):
                done += count
        except AWAY:
            self._running.pop(portal.id, None)  # what raised goes on no more
            raise
        except Exception as error:
            log.exception("portal_not_purged", portal_id=portal.id)
            self._failed_at[portal.id] = now
            self._running.pop(portal.id, None)
            self._failures.note_failure(key, error)
        else:
            self._failures.note_success(key)
        return done


def purge_portal(deps: Deps, portal: PortalRecord, now: datetime) -> Iterator[int]:
    """Step by step: how many rows each deleted. The last one notes what was done."""
    with select_only(deps.database) as conn:
        retention = current_settings(conn, portal).retention
    began_at, rows = deps.clock.now(), dict[str, int]()
    for rule in RULES:
        for count in _purge_rule(deps, rule, portal.id, _cutoff(retention, rule, now)):
            rows[rule.name] = rows.get(rule.name, 0) + count
            yield count
    took = (deps.clock.now() - began_at) // timedelta(milliseconds=1)
    removed = {subject: count for subject, count in rows.items() if count}
    with write(deps.database) as conn:
        logs.save_purge(conn, PurgeRow(portal.id, now, took, removed))
    log.info("purged", portal_id=portal.id, milliseconds=took, rows=removed)


def _cutoff(retention: Retention, rule: RetentionRule, now: datetime) -> datetime:
    ages = (rule.age,) if isinstance(rule.age, str) else rule.age
    return now - timedelta(days=max(getattr(retention, age) for age in ages))


def _purge_rule(deps: Deps, rule: RetentionRule, portal_id: int, moment: datetime) -> Iterator[int]:
    """Search without holding anybody up; only deleting what was found takes the write lock."""
    last: RowKey | None = None
    while True:
        with select_only(deps.database) as conn:
            keys = retention_rules.find_expired(
                conn, rule, portal_id, moment, limit=ROWS_PER_STEP, after=last
            )
        if not keys:
            return
        with write(deps.database) as conn:
            count = retention_rules.delete_expired(conn, rule, portal_id, moment, keys)
        yield count
        last = keys[-1]
        deps.clock.sleep(_PAUSE_SECONDS)


def _night_began_since(last: datetime, now: datetime) -> bool:
    """Whether a night began since."""
    midnight = (now - NIGHT_BEGINS).replace(hour=0, minute=0, second=0, microsecond=0)
    return last < midnight + NIGHT_BEGINS <= now
