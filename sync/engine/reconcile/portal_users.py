"""Everybody of a portal, read once before anything is decided and then daily by the sweep."""

from __future__ import annotations

import structlog

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import queries as tasks_queries
from sync.engine.audit.recording import recording_transaction
from sync.engine.deps import Deps
from sync.errors import Denied, Refused
from sync.store import people
from sync.store.db.database import select_only

log = structlog.get_logger()

_NO_SCOPE = "INSUFFICIENT_SCOPE"


def read_if_missing(deps: Deps, portal_id: int, portal: Portal) -> None:
    """Read the people of a portal that has none yet: nobody is notified of what they did.

    Raises Later and Denied where the portal cannot be read.
    """
    with select_only(deps.database) as conn:
        has_users = people.has_portal_users(conn, portal_id)
    if not has_users:
        refresh_users(deps, portal_id, portal)


def refresh_users(deps: Deps, portal_id: int, portal: Portal) -> int:
    """Read everybody again and return how many there are. There is no event of a change.

    Without the right to see them people appear by name only: that is no reason to stop.
    Raises Later and Denied where the portal cannot be read.
    https://apidocs.bitrix24.com/api-reference/common/events/on-user-add.html is the only event.
    """
    try:
        users = tasks_queries.read_users(portal)
    except (Denied, Refused) as error:
        if isinstance(error, Denied) and error.code != _NO_SCOPE:
            raise
        log.warning("people_not_read", portal_id=portal_id, error=str(error))
        return 0
    with recording_transaction(deps) as conn:
        people.replace_portal_users(conn, portal_id, users)
    return len(users)
