"""Branches, tags and what is protected or released of them.

https://docs.gitlab.com/api/branches/ ; https://docs.gitlab.com/api/tags/ ;
https://docs.gitlab.com/api/releases/ ; https://docs.gitlab.com/api/protected_branches/
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.emulators.gitlab import access, shown
from tests.emulators.gitlab.entities import MAINTAINER
from tests.emulators.gitlab.paging import by_name
from tests.emulators.gitlab.web import Reply, Request, forbidden, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api


def branches(api: Api, request: Request, project: str) -> Reply:
    """By name; `search` understands ^start and end$."""
    place = access.code(api.state, project, request.actor)
    part = request.text("search")
    found = [one for _, one in sorted(place.branches.items()) if _named(one.name, part)]
    return by_name(request, found, lambda one: shown.branch(api.state, place, one))


def _named(name: str, part: str) -> bool:
    if part.startswith("^"):
        return name.startswith(part[1:])
    return name.endswith(part[:-1]) if part.endswith("$") else part in name


def branch(api: Api, request: Request, project: str, branch: str) -> Reply:
    place = access.code(api.state, project, request.actor)
    found = place.branches.get(unquote(branch))
    if found is None:
        raise not_found("Branch")
    return Reply(shown.branch(api.state, place, found))


def protected_branches(api: Api, request: Request, project: str) -> Reply:
    """For maintainers."""
    place = access.project(api.state, project, request.actor, level=MAINTAINER)
    part = request.text("search")
    found = [one for one in place.branches.values() if one.protected and part in one.name]
    return page(request, found, lambda one: _protected(one.name))


def _protected(name: str) -> dict:
    level = {
        "id": 1,
        "access_level": MAINTAINER,
        "access_level_description": "Maintainers",
        "user_id": None,
        "group_id": None,
    }
    return {
        "id": 1,
        "name": name,
        "push_access_levels": [level],
        "merge_access_levels": [level],
        "allow_force_push": False,
        "unprotect_access_levels": [],
        "code_owner_approval_required": False,
        "inherited": False,
    }


def tags(api: Api, request: Request, project: str) -> Reply:
    """`order_by`: name, updated or version; newest first."""
    place = access.code(api.state, project, request.actor)
    order = request.one_of("order_by", ("name", "updated", "version"), "updated")
    newest_first = request.one_of("sort", ("asc", "desc"), "desc") == "desc"
    part = request.text("search")
    found = [one for one in place.tags.values() if _named(one.name, part)]
    found.sort(
        key=lambda one: (one.created_at if order == "updated" else 0, one.name),
        reverse=newest_first,
    )
    return by_name(request, found, lambda one: shown.tag(api.state, place, one))


def tag(api: Api, request: Request, project: str, tag: str) -> Reply:
    place = access.code(api.state, project, request.actor)
    found = place.tags.get(unquote(tag))
    if found is None:
        raise not_found("Tag")
    return Reply(shown.tag(api.state, place, found))


def releases(api: Api, request: Request, project: str) -> Reply:
    place = access.code(api.state, project, request.actor)
    order = request.one_of("order_by", ("released_at", "created_at"), "released_at")
    newest_first = request.one_of("sort", ("asc", "desc"), "desc") == "desc"
    found = [one for one in place.releases.values() if request.in_time("updated", one.created_at)]
    found.sort(key=lambda one: (getattr(one, order), one.id), reverse=newest_first)
    return page(request, found, lambda one: shown.release(api.state, place, one))


def release(api: Api, request: Request, project: str, tag: str) -> Reply:
    """One that is not there: 404 for those who may write, 403 for others."""
    place = access.code(api.state, project, request.actor)
    found = place.releases.get(unquote(tag))
    if found is None:
        role = api.state.access_level(request.actor, place) if request.actor else 0
        raise not_found() if role >= 30 else forbidden()
    return Reply(shown.release(api.state, place, found))


BASE = "/projects/:project"
ROUTES = [
    (f"{BASE}/repository/branches", branches),
    (f"{BASE}/repository/branches/:branch", branch),
    (f"{BASE}/repository/tags", tags),
    (f"{BASE}/repository/tags/:tag", tag),
    (f"{BASE}/releases", releases),
    (f"{BASE}/releases/:tag", release),
]
WITHOUT_JOB_TOKEN = [(f"{BASE}/protected_branches", protected_branches)]
