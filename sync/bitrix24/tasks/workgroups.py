"""Workgroups of a portal by name, for people who choose among them or read of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from sync.bitrix24.rest.batch import as_int
from sync.bitrix24.rest.client import Portal

_ROWS_PER_PAGE = 50  # the portal gives no more at once
_MOST_NAMED = 500  # workgroups whose names are asked for


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
    groups = (PortalWorkgroup(*entry) for entry in _named(body["result"]))
    following = as_int(body.get("next"))
    return tuple(group for group in groups if group.id), following or None


def read_names(portal: Portal, group_ids: Sequence[int]) -> dict[int, str]:
    """Return what workgroups are called, by their ids; fifty a request, of the first 500.

    Raises SyncError (Denied: the application has not the right `sonet_group`).
    https://apidocs.bitrix24.com/api-reference/sonet-group/sonet-group-get.html
    """
    names: dict[int, str] = {}
    for start in range(0, min(len(group_ids), _MOST_NAMED), _ROWS_PER_PAGE):
        conditions = {"ID": list(group_ids[start : start + _ROWS_PER_PAGE])}
        body = portal.call("sonet_group.get", {"FILTER": conditions, "IS_ADMIN": "Y"}, write=False)
        names |= {id_: name for id_, name in _named(body["result"]) if id_ in group_ids and name}
    return names


def _named(rows: Any) -> Iterator[tuple[int, str]]:
    for row in rows or ():
        if isinstance(row, dict):
            yield as_int(row.get("ID")), unescape(str(row.get("NAME") or ""))
