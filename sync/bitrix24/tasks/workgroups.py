"""Workgroups of a portal by name, for people who choose among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.rest.client import Portal


@dataclass(frozen=True, slots=True)
class PortalWorkgroup:
    """A workgroup as the portal lists it."""

    id: int
    name: str


def find_workgroups(
    portal: Portal, search: str, start: int
) -> tuple[tuple[PortalWorkgroup, ...], int | None]:
    """Return up to 50 open workgroups, and where the next page begins (None: nowhere).

    Raises SyncError (Denied: the application has not the right `sonet_group`).
    https://apidocs.bitrix24.com/api-reference/sonet-group/sonet-group-get.html
    """
    conditions: dict[str, Any] = {"CLOSED": "N"} | ({"%NAME": search} if search else {})
    body = portal.call(
        "sonet_group.get",
        {"ORDER": {"NAME": "ASC"}, "FILTER": conditions, "IS_ADMIN": "Y", "start": start},
        write=False,
    )
    rows = [row for row in body["result"] or () if isinstance(row, dict)]
    groups = (PortalWorkgroup(as_int(row.get("ID")), str(row.get("NAME") or "")) for row in rows)
    following = as_int(body.get("next"))
    return tuple(group for group in groups if group.id), following or None
