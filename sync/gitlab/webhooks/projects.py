"""Which project or group a hook is about, however little of it the hook tells. Pure.

A project of which only a part is told has no default branch, and in some hooks no web address.
A group is told as a project with the id 0.
"""

from __future__ import annotations

from typing import Any

from sync.core.model.common import Project
from sync.gitlab.json_fields import UnreadablePayload, mapping, positive_int, require, text, web_url

_PAGE_SEPARATOR = "/-/"  # what stands before it is the address of a project or group
_GROUP_PREFIX = "/groups/"


def hook_project(value: object, fallback_id: object, connection_id: int) -> Project:
    """Parse a hook's project; old versions leave its id out and tell it beside the object."""
    row = mapping(value)
    project_id = positive_int(row.get("id")) or positive_int(fallback_id)
    path, url = text(row.get("path_with_namespace")), web_url(row.get("web_url"))
    if project_id is None or not path or not url:
        raise UnreadablePayload("the body names no project (id, path and web address)")
    branch = text(row.get("default_branch"))
    return Project(connection_id, project_id, path, url, text(row.get("name")), branch)


def project_at_url(address: str, project_id: object, connection_id: int) -> Project:
    """Return the project whose page stands at `address`, for hooks that tell its id only.

    On an instance under a path of its own (`/gitlab`) that is taken for a part of the project's.
    """
    url = address.partition(_PAGE_SEPARATOR)[0].rstrip("/")
    path = "/".join(url.split("/")[3:])
    if not path:
        raise UnreadablePayload("the body names no project (id, path and web address)")
    by_key = {"id": project_id, "path_with_namespace": path, "web_url": url}
    return hook_project(by_key, None, connection_id)


def system_hook_project(payload: dict[str, Any], connection_id: int) -> Project:
    """Parse the project of a hook about groups or about the instance: without its address.

    https://docs.gitlab.com/administration/system_hooks/
    """
    names = ("project_path_with_namespace", "path_with_namespace", "project_path", "path")
    path = next((value for name in names if (value := text(payload.get(name)))), "")
    return Project(
        connection_id,
        require(positive_int(payload.get("project_id")), "the body names no project"),
        require(path, "the body names no project"),
        "",
        text(payload.get("project_name")) or text(payload.get("name")),
    )


def hook_group(value: object, connection_id: int, address: str = "") -> Project:
    """Parse a group by whichever name a hook has for it, else that whose page `address` is."""
    row = mapping(value)
    url, _, at = address.partition(_PAGE_SEPARATOR)[0].partition(_GROUP_PREFIX)
    names = ("full_path", "group_path", "path")
    path = next((headers for name in names if (headers := text(row.get(name)))), at)
    if not path:
        raise UnreadablePayload("the body names no project and no group")
    return Project(
        connection_id,
        0,
        path,
        web_url(row.get("web_url")) or (f"{url}{_GROUP_PREFIX}{at}" if at else ""),
        text(row.get("group_name")) or text(row.get("name")),
    )


def hook_owner(
    payload: dict[str, Any], connection_id: int, *, fallback_id: object = None, url: str = ""
) -> Project:
    """Parse the project of a thing, or the group that owns it. Raises UnreadablePayload."""
    if payload.get("project") or not (payload.get("group") or _GROUP_PREFIX in url):
        return hook_project(payload.get("project"), fallback_id, connection_id)
    return hook_group(payload.get("group"), connection_id, url)
