"""The end of what was removed: a portal's data and tokens, a connection's history.

Both are kept for a while, for when the application or the connection comes back.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from sync.engine.deps import Deps
from sync.engine.lanes import hold
from sync.engine.upkeep.token_rotation import remove_spare_token
from sync.settings.apply import HISTORY_KEPT
from sync.store import connections, erasure, oauth_grants, portals
from sync.store.db.database import select_only

log = structlog.get_logger()

PORTAL_KEPT = timedelta(days=30)  # after the application was removed from the portal
STEPS_PER_RUN = 50  # in one go; then whatever else the sweep has to do comes first


def end_removed(deps: Deps, now: datetime) -> int:
    """Delete a part of what was removed long enough ago; return how many rows.

    Small steps keep the receiver going; the next sweep goes on. One worker of all does it. Nothing
    while nobody outside confirms the clock: one that is ahead would delete what was just removed.
    """
    check = deps.clock_check
    if check is not None and not check.is_plausible:
        return 0
    done = _end_sign_ins(deps)
    with select_only(deps.database) as conn:
        owners: list[tuple[erasure.Owner, int]] = [
            *(
                ("portal_id", record.id)
                for record in portals.removed_before(conn, now - PORTAL_KEPT)
            ),
            *(
                ("connection_id", record.id)
                for record in connections.removed_before(conn, now - HISTORY_KEPT)
            ),
        ]
    if not owners:
        return done
    with hold(deps, "endings") as lane:
        return done + (sum(_end(deps, owner, number) for owner, number in owners) if lane else 0)


def _end_sign_ins(deps: Deps, connection_ids: Collection[int] | None = None) -> int:
    """Have GitLab forget what was granted: to what is gone, or to these connections."""
    with select_only(deps.database) as conn:
        grants = (
            oauth_grants.to_remove(conn)
            if connection_ids is None
            else oauth_grants.of_connections(conn, connection_ids)
        )
        records = {grant.id: connections.by_id(conn, grant.connection_id) for grant in grants}
    if not grants:
        return 0
    with hold(deps, "sign-ins to end") as lane:
        for grant in grants[:STEPS_PER_RUN] if lane else ():
            if (record := records[grant.id]) is not None:
                deps.end_sign_in(record, grant)
                log.info("sign_in_of_removed_ended", connection=record.name, user=grant.user_id)
    return len(grants)


def _end(deps: Deps, owner: erasure.Owner, number: int) -> int:
    with select_only(deps.database) as conn:
        ids = connections.all_ids(conn, number) if owner == "portal_id" else (number,)
    _end_sign_ins(deps, ids)
    for connection_id in ids:
        remove_spare_token(deps.spare_tokens, connection_id)
    done, is_whole = erasure.delete_owned(deps.database, owner, number, most_steps=STEPS_PER_RUN)
    if is_whole:
        log.info("removed_for_good", owner=owner, number=number)
    return done
