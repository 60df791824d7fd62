"""Which pairs of projects a portal's settings name: all that a server without any has to load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from sync.engine.deps import Deps
from sync.store import connections, portals
from sync.store.db.database import select_only
from sync.store.portals import PortalRow
from sync.store.rows import ConnectionRecord

if TYPE_CHECKING:
    from sync.core.issue_sync.mapping import ProjectPair


@dataclass(frozen=True, slots=True)
class ListedPair:
    """A pair of the settings with its portal and connection."""

    row: PortalRow
    connection: ConnectionRecord
    pair: ProjectPair


def listed_pairs(deps: Deps, conn: Connection, portal_id: int) -> tuple[ListedPair, ...]:
    """Return the pairs of a portal that are at work."""
    row = portals.row_by_id(conn, portal_id)
    if row is None:
        return ()
    mapping = deps.issue_sync.mapping_for(conn, row)
    if mapping.paused:
        return ()
    by_name = {
        record.name: record
        for record in connections.by_portal(conn, portal_id)
        if record.state == "active"
    }
    return tuple(
        ListedPair(row, by_name[pair.connection], pair)
        for pair in mapping.pairs
        if pair.connection in by_name
    )


def has_pairs(deps: Deps, portal_id: int) -> bool:
    """Tell whether any pair of the portal is at work."""
    with select_only(deps.database) as conn:
        return bool(listed_pairs(deps, conn, portal_id))
