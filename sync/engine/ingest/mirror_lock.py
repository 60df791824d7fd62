"""Writes to a portal's mirror as soon as nobody else does: it is read, folded and written back."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from sync.engine.audit.recording import recording_transaction
from sync.engine.deps import Deps
from sync.engine.ingest.digest import mirror_lane
from sync.engine.lanes import hold
from sync.errors import Later

_MAX_ATTEMPTS = 50  # looks at whether the mirror is free, with pauses between them
_PAUSE_SECONDS = 0.2


def write_mirror(deps: Deps, portal_id: int, work: Callable[[Connection], None]) -> None:
    """Does `work` in one transaction. Raises Later where the mirror is never free."""
    for _ in range(_MAX_ATTEMPTS):
        with hold(deps, mirror_lane(portal_id)) as lane:
            if lane is not None:
                with recording_transaction(deps) as conn:
                    lane.keep(conn)
                    work(conn)
                return
        deps.clock.sleep(_PAUSE_SECONDS)
    raise Later("The mirror is being written all the time: this gives way")
