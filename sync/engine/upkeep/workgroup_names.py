"""What the workgroups are called in which tasks are; read daily with the people."""

from __future__ import annotations

import structlog

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks.workgroups import read_names
from sync.engine.deps import Deps
from sync.errors import SyncError
from sync.store import workgroup_names
from sync.store.db.database import select_only, write

log = structlog.get_logger()


def refresh_names(deps: Deps, portal_id: int, portal: Portal) -> None:
    """Read the names again. They are for reading alone: without the right to ask there are none."""
    with select_only(deps.database) as conn:
        group_ids = workgroup_names.groups_of_tasks(conn, portal_id)
    try:
        names = read_names(portal, group_ids)
    except SyncError as error:
        log.info("workgroups_not_named", portal_id=portal_id, error=str(error))
        return
    with write(deps.database) as conn:
        workgroup_names.save(conn, portal_id, names)
