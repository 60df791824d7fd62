"""Find out whether anybody looked after the portals before this worker began."""

from __future__ import annotations

from datetime import datetime, timedelta

from sync.engine.deps import Deps
from sync.store import logs
from sync.store.db.database import select_only

GONE_AFTER = timedelta(seconds=15)  # three heartbeats that did not come


class Absence:
    """Tells whether no worker was at work when the worker of this name began.

    Then everything has to be looked at, however lately it was; of workers that begin together the
    first does so. Among a thousand portals that look takes minutes: a worker that joins others
    leaves it.
    """

    def __init__(self, deps: Deps, worker: str) -> None:
        self._deps, self._worker = deps, worker
        self._seen_first: dict[str, datetime] = {}
        self._was_alone: bool | None = None

    def was_alone(self, now: datetime) -> bool | None:
        """Return whether nobody was there; None until an older worker showed a sign, or did not."""
        if self._was_alone is None:
            self._was_alone = self._look(now)
        return self._was_alone

    def _look(self, now: datetime) -> bool | None:
        with select_only(self._deps.database) as conn:
            rows = {row.name: row for row in logs.workers(conn)}
        own = rows.pop(self._worker, None)
        seen_at = {
            row.name: row.seen_at
            for row in rows.values()
            if own is None or (row.started_at, row.name) < (own.started_at, own.name)
            if abs(now - row.seen_at) < GONE_AFTER
        }
        if not seen_at:
            return True
        first = self._seen_first = self._seen_first or seen_at
        is_beating = any(seen_at[name] > at for name, at in first.items() if name in seen_at)
        return False if is_beating else None
