"""After an upgrade everything is decided anew, once: this version may decide otherwise."""

from __future__ import annotations

import structlog

from sync.engine.deps import Deps
from sync.store import portals, program, subjects
from sync.store.db.database import select_only, write
from sync.store.revisions import newest_revision
from sync.version import package_version

log = structlog.get_logger()


def program_version() -> str:
    """Return what names this version: the package's and the schema's, which each may stand."""
    return f"{package_version()}/{newest_revision()}"


def decide_anew(deps: Deps, present: str) -> int:
    """Mark every subject of every portal dirty where another version decided last; count them.

    What is shown already is not shown again: only what differs is written. Two workers that start
    together may both do so, which costs a second look and writes nothing.
    """
    with select_only(deps.database) as conn:
        if program.read_state(conn).version == present:
            return 0
        every = [portal.id for portal in portals.all_portals(conn) if portal.state != "removed"]
    now, count = deps.clock.now(), 0
    for portal_id in every:
        with write(deps.database) as conn:
            count += subjects.replay(conn, portal_id, now)
    with write(deps.database) as conn:  # last: what is cut off before is done again
        program.set_version(conn, present, now)
    log.info("decided_anew_after_upgrade", version=present, subjects=count)
    return count
