"""The portal that a command is about: by domain, member id or number, else the only one."""

from __future__ import annotations

from sqlalchemy import Connection

from sync.sentences import sentence
from sync.store import portals
from sync.store.rows import PortalRecord

_NO_PORTAL = "no portal is installed yet: open the application in Bitrix24, which sets it up"


def find_portal(
    conn: Connection, name: str | None, *, include_removed: bool = False
) -> PortalRecord:
    """Return the portal by domain, member id or number; without `name` the only one.

    Raises LookupError with what to do.
    """
    every = [
        portal_record
        for portal_record in portals.all_portals(conn)
        if include_removed or portal_record.state != "removed"
    ]
    if not every:
        raise LookupError(_NO_PORTAL)
    if name is None:
        if len(every) == 1:
            return every[0]
        raise LookupError(
            sentence("name the portal: {names}", names=", ".join(map(_portal_domain, every)))
        )
    records = [
        portal_record
        for portal_record in every
        if name in (portal_record.member_id, str(portal_record.id), _portal_domain(portal_record))
    ]
    if not records:
        names = ", ".join(map(_portal_domain, every))
        raise LookupError(
            sentence("no portal {name} is installed; there is: {names}", name=name, names=names)
        )
    return records[0]


def _portal_domain(portal: PortalRecord) -> str:
    return portal.client_endpoint.partition("://")[2].split("/")[0]
