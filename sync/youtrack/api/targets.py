"""Projects that a connection may be given, searched by name or short name."""

from __future__ import annotations

from dataclasses import dataclass

from sync.youtrack.api.client import YouTrack
from sync.youtrack.json_fields import text

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Target:
    """A project by its short name. `may_hook` is None: our app needs no right of the account."""

    path: str
    name: str
    may_hook: bool | None = None


def find_projects(client: YouTrack, search: str, page: int) -> tuple[tuple[Target, ...], bool]:
    """Return one page of the account's projects that fit, and whether more follow.

    The list has no described search, so all of it is read and looked through. Raises SyncError.
    https://www.jetbrains.com/help/youtrack/devportal/resource-api-admin-projects.html
    """
    rows = client.list("/admin/projects", fields="id,shortName,name,archived")
    targets = (
        Target(text(row.get("shortName")), text(row.get("name")))
        for row in rows
        if row.get("archived") is not True
    )
    wanted = search.casefold()
    fitting = [
        each for each in targets if each.path and wanted in f"{each.path} {each.name}".casefold()
    ]
    fitting.sort(key=lambda each: each.path)
    begin = (page - 1) * PER_PAGE
    return tuple(fitting[begin : begin + PER_PAGE]), len(fitting) > begin + PER_PAGE
