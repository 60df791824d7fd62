"""Branches and merge requests created by a token.

https://docs.gitlab.com/api/branches/#create-repository-branch
https://docs.gitlab.com/api/merge_requests/#create-mr
lib/api/helpers.rb, lib/api/merge_requests.rb and app/services/branches/create_service.rb of GitLab.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.emulators.gitlab import access, shown, shown_requests
from tests.emulators.gitlab.coding import Coding
from tests.emulators.gitlab.editing import Editing
from tests.emulators.gitlab.entities import DEVELOPER, Branch, Project
from tests.emulators.gitlab.payloads import NULL_SHA
from tests.emulators.gitlab.web import ApiError, Reply, Request

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

# git-check-ref-format(1)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/.]|/\.|\.lock(/|$)|[/.]$")


def routes(route: Callable[..., Any], project: str, scopes: tuple[str, ...]) -> list[Any]:
    more = {"members": True, "free": True}
    return [
        route("POST", f"{project}/repository/branches", create_branch, scopes, **more),
        route("POST", f"{project}/merge_requests", create_merge_request, scopes, **more),
    ]


def create_branch(api: Api, request: Request, project: str) -> Reply:
    place = access.project(api.state, project, request.actor, level=DEVELOPER)
    request.require("branch", "ref")
    name, ref = request.text("branch"), request.text("ref")
    if name in place.branches:
        raise ApiError(400, {"message": "Branch already exists"})
    if not name or _FORBIDDEN.search(name):
        raise ApiError(400, {"message": "Branch name is invalid"})
    head = _commit(place, ref)
    if head is None:
        raise ApiError(400, {"message": f"Invalid reference name: {ref}"})
    with api.state.lock:
        made = place.branches[name] = Branch(name, [head])
    Coding(api.state, api.deliveries).fire_push(place, request.actor, name, NULL_SHA, head, [])
    return Reply(shown.branch(api.state, place, made), 201)


def _commit(place: Project, ref: str) -> str | None:
    if ref in place.branches:
        return place.branches[ref].head
    if ref in place.tags:
        return place.tags[ref].sha
    return ref if ref in place.commits else None


def create_merge_request(api: Api, request: Request, project: str) -> Reply:
    """409 where one is open already, 422 where both branches are one."""
    place = access.project(api.state, project, request.actor, level=DEVELOPER)
    request.require("title", "source_branch", "target_branch")
    source, target = request.text("source_branch"), request.text("target_branch")
    if source == target:
        problem = "You can't use same project/branch for source and target"
        raise ApiError(422, {"message": [problem]})
    if source not in place.branches or target not in place.branches:
        raise ApiError(400, {"message": {"source_branch": ["does not exist"]}})
    if not request.text("title"):
        raise ApiError(400, {"message": {"title": ["can't be blank"]}})
    try:
        made = Editing(api.state, api.deliveries).open_mr(
            place, source, request.text("title"), request.actor, target_branch=target,
            description=request.text("description"),
        )  # fmt: skip
    except ValueError as error:
        raise ApiError(409, {"message": [str(error)]}) from None
    return Reply(shown_requests.merge_request(api.state, made), 201)
