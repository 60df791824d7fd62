"""Projects and groups that a connection may be given, searched by name, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sync.core.model.common import Person
from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.json_fields import mapping, positive_int, text

MAINTAINER, OWNER = 40, 50  # https://docs.gitlab.com/api/access_requests/#valid-access-levels
PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Target:
    """A project or group. `may_hook`: whether the account may put a webhook there; None: GitLab
    does not say."""

    path: str
    name: str
    may_hook: bool | None


def find_projects(client: GitLab, search: str, page: int) -> tuple[tuple[Target, ...], bool]:
    """Return one page of the account's projects, and whether more follow. Raises SyncError.

    https://docs.gitlab.com/api/projects/#list-all-projects
    """
    listed = client.page(
        "/projects",
        membership=True,
        search=search or None,
        per_page=PER_PAGE,
        page=page,
        order_by="last_activity_at",
    )
    targets = (_project(item) for item in listed.items)
    return tuple(target for target in targets if target.path), listed.next is not None


def find_groups(client: GitLab, search: str, page: int) -> tuple[tuple[Target, ...], bool]:
    """Return one page of the groups that the account owns, and whether more follow.

    Raises SyncError. https://docs.gitlab.com/api/groups/#list-groups
    """
    listed = client.page(
        "/groups", min_access_level=OWNER, search=search or None, per_page=PER_PAGE, page=page
    )
    groups = (Target(text(item.get("full_path")), text(item.get("full_name")), True)
             for item in listed.items)  # fmt: skip
    return tuple(target for target in groups if target.path), listed.next is not None


FINDERS = {"project": find_projects, "group": find_groups}
TargetKind = Literal["project", "group"]


def _project(item: dict[str, Any]) -> Target:
    rights = mapping(item.get("permissions"))
    levels = [
        positive_int(mapping(rights.get(name)).get("access_level")) or 0
        for name in ("project_access", "group_access")
    ]
    allowed = max(levels) >= MAINTAINER if rights else None
    return Target(text(item.get("path_with_namespace")), text(item.get("name")), allowed)


def read_members(client: GitLab, project: str, most_pages: int = 1) -> tuple[Person, ...]:
    """Return a project's members, inherited ones too, a hundred a page. Raises SyncError.

    https://docs.gitlab.com/api/project_members/#list-all-members-of-a-project
    """
    path = f"/projects/{encode_segment(project)}/members/all"
    rows: list[dict[str, Any]] = []
    query: dict[str, str] | None = {"state": "active"}
    for _ in range(most_pages):
        if query is None:
            break
        listed = client.page(path, **query)
        rows, query = [*rows, *listed.items], listed.next
    people = (
        Person(positive_int(row.get("id")) or 0, text(row.get("username")), text(row.get("name")))
        for row in rows
    )
    return tuple(person for person in people if person.id and person.username)
