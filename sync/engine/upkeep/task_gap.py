"""Make up for the portal's events that never came: tasks that changed are looked at again."""

from __future__ import annotations

from datetime import timedelta

import structlog

from sync.bitrix24.tasks.changed import read_changed_tasks
from sync.core.clock import is_due
from sync.core.model.events import TaskChanged
from sync.engine.deps import Deps, build_scope
from sync.engine.ingest import apply
from sync.engine.ingest.mirror_lock import lock_mirror
from sync.engine.lanes import hold
from sync.engine.load.scope import read_portal
from sync.engine.pauses import disconnect
from sync.errors import Denied, SyncError
from sync.store import hook_logs
from sync.store.db.database import read, write

log = structlog.get_logger()

EVERY = timedelta(minutes=10)
OVERLAP = timedelta(minutes=2)  # clocks differ, and a list is not read in one instant


def make_up_for_events(deps: Deps, portal_id: int) -> int:
    """Take in what changed since the last reading, as its event would be; return how many tasks.

    The first reading only remembers the moment: everything before it was read by whatever asked.
    What no event can tell any more, a deletion, is found when the task is next read.
    """
    now = deps.clock.now()
    with read(deps.database) as conn:
        since = hook_logs.tasks_read_at(conn, portal_id)
    if not is_due(since, EVERY, now):
        return 0
    with hold(deps, f"changed-tasks:{portal_id}") as lane:
        if lane is None:
            return 0
        ids: frozenset[int] = frozenset()
        until = None
        if since is not None:
            try:
                with read(deps.database) as conn:
                    row = read_portal(conn, portal_id)
                changed = read_changed_tasks(deps.portal_for(row), min(since, now) - OVERLAP)
                ids = changed.ids
                until = changed.until if changed.until and changed.until > since else None
            except Denied as error:
                disconnect(deps, portal_id, error)
                return 0
            except SyncError as error:
                log.warning("changed_tasks_not_read", portal_id=portal_id, error=str(error))
                return 0
        with write(deps.database) as conn:
            lock_mirror(conn, portal_id)
            if ids:
                rules = build_scope(deps, conn, read_portal(conn, portal_id)).rules
                events = {0: [TaskChanged(number) for number in sorted(ids)]}
                apply.ingest(conn, portal_id, events, rules, now)
            hook_logs.set_tasks_read(conn, portal_id, until or now, len(ids))
        return len(ids)
