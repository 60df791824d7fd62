"""What one look at a portal's work is bounded by: whose it is, its rules, the moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from sync.core.rules.portal import Rules
from sync.errors import Denied
from sync.store import people, portals
from sync.store.portals import PortalRow


@dataclass(frozen=True)
class Scope:
    """A portal, its rules and the moment of the look; people by e-mail are read at most once.

    `administrator_id`: who installed the app, told of what nobody else can mend. `url`: the
    portal's address without a path.
    """

    portal_id: int
    rules: Rules
    now: datetime
    administrator_id: int | None = None
    url: str = ""
    _user_ids: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    _users_read: list[bool] = field(default_factory=list, repr=False, compare=False)

    def users_by_email(self, conn: Connection) -> Mapping[str, int]:
        """Ids of the portal's active users by casefolded e-mail address."""
        if not self._users_read:
            self._user_ids.update(people.active_by_email(conn, self.portal_id))
            self._users_read.append(True)
        return self._user_ids


def read_portal(conn: Connection, portal_id: int) -> PortalRow:
    """Return the portal as stored. Raises Denied where it is not any more."""
    row = portals.row_by_id(conn, portal_id)
    if row is None:
        raise Denied("The portal is not installed here any more", code="no_portal")
    return row
