"""Make up for the portal's events that never came: tasks that changed, or are gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from sync.bitrix24.tasks.changed import find_gone_tasks, read_changed_tasks
from sync.core.clock import TOLERANCE, is_due
from sync.core.model.events import TaskChanged, TaskDeleted
from sync.engine.deps import Deps, build_scope, clock_lead
from sync.engine.ingest import apply
from sync.engine.ingest.mirror_lock import lock_mirror
from sync.engine.lanes import CALL_LEASE_TTL, Lane, hold
from sync.engine.load.scope import read_portal
from sync.engine.pauses import disconnect
from sync.errors import Denied, SyncError
from sync.store import hook_logs, tasks
from sync.store.db.database import select_only, write

log = structlog.get_logger()

EVERY = timedelta(minutes=10)
FRESH = timedelta(minutes=1)  # another worker has just read them, at its start
GAP = 2 * EVERY  # longer without a reading: we were away
MOST_FOLLOWED = 2500  # the newest: one request
OVERLAP = timedelta(minutes=2)  # clocks differ, and a list is not read in one instant
READ_AGAIN = timedelta(days=1)  # of what was read last by a clock that was put back since


def make_up_for_events(deps: Deps, portal_id: int, *, after_start: bool = False) -> int:
    """Take in what changed since the last reading, as its event would be; return how many tasks.

    The first reading only remembers the moment: everything before it was read by whatever asked.
    After a start and after a gap the tasks that we follow are looked for, too: a deletion is in no
    list of changes.
    """
    now = deps.clock.now()
    with select_only(deps.database) as conn:
        since = hook_logs.tasks_read_at(conn, portal_id)
    is_ahead = since is not None and since > now + TOLERANCE
    last = now - READ_AGAIN if is_ahead else min(since or now, now)
    if not is_due(since, FRESH if after_start else EVERY, now):
        return 0
    with hold(deps, f"changed-tasks:{portal_id}", ttl=CALL_LEASE_TTL) as lane:
        if lane is None:
            return 0
        was_away = after_start or is_ahead or (since is not None and now - since > GAP)
        changes = _Changes()
        try:
            if since is not None:
                changes = _read_changes(deps, lane, portal_id, last, was_away=was_away)
        except Denied as error:
            disconnect(deps, portal_id, error)
            return 0
        except SyncError as error:
            log.warning("changed_tasks_not_read", portal_id=portal_id, error=str(error))
            return 0
        until = changes.until if since and changes.until and changes.until > last else None
        missed = 0
        with write(deps.database) as conn:
            lock_mirror(conn, portal_id)
            if changes.events:
                rules = build_scope(deps, conn, read_portal(conn, portal_id)).rules
                missed = _count_missed(conn, portal_id, changes)
                apply.ingest(conn, portal_id, {0: changes.events}, rules, now)
            gap = hook_logs.TaskGap(now, missed) if missed else None
            hook_logs.set_tasks_read(conn, portal_id, until or now, len(changes.events), gap)
        if was_away and changes.events:
            log.warning("tasks_made_up_for", portal_id=portal_id, tasks=len(changes.events))
        return len(changes.events)


def _count_missed(conn: Connection, portal_id: int, changes: _Changes) -> int:
    """Count the tasks we follow that changed, and of which nothing was heard since.

    Bitrix24 keeps no list of what it could not deliver. Its clock may be behind ours.
    """
    rows = tasks.get(conn, portal_id, [event.task_id for event in changes.events])
    deleted_ids = {event.task_id for event in changes.events if isinstance(event, TaskDeleted)}
    return sum(
        id_ in deleted_ids
        or row.changed_at is None
        or changes.happened_at.get(id_, row.changed_at) > row.changed_at + OVERLAP
        for id_, row in rows.items()
    )


@dataclass(frozen=True, slots=True)
class _Changes:
    """What no event may have told. `until`: the last change that was read, None for all.

    `happened_at`: when tasks changed, as far as the portal's dates can be read.
    """

    events: tuple[TaskChanged | TaskDeleted, ...] = ()
    happened_at: Mapping[int, datetime] = field(default_factory=dict)
    until: datetime | None = None


def _read_changes(
    deps: Deps, lane: Lane, portal_id: int, since: datetime, *, was_away: bool
) -> _Changes:
    with select_only(deps.database) as conn:
        portal = deps.portal_for(read_portal(conn, portal_id))
        followed = tasks.newest_present(conn, portal_id, MOST_FOLLOWED) if was_away else ()
    portal.on_admitted = partial(lane.keep_for_call, deps.database)
    changed = read_changed_tasks(portal, since - OVERLAP - clock_lead(deps))
    gone = (
        find_gone_tasks(portal, set(followed) - changed.changed_at.keys())
        if followed
        else frozenset()
    )
    events = [TaskChanged(number) for number in sorted(changed.changed_at)]
    happened_at = {id_: at for id_, at in changed.changed_at.items() if at}
    return _Changes((*events, *map(TaskDeleted, sorted(gone))), happened_at, changed.until)
