"""Deployments and environments; only the environment itself tells its tier.

https://docs.gitlab.com/api/deployments/ ; https://docs.gitlab.com/api/environments/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, ancestry, shown_ci, shown_requests
from tests.emulators.gitlab.entities import Deployment, Project
from tests.emulators.gitlab.web import ApiError, Reply, Request, invalid, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

STATUSES = ("created", "running", "success", "failed", "canceled", "skipped", "blocked")
ORDERS = ("id", "iid", "created_at", "updated_at", "finished_at", "ref")
SHORTEST_SEARCH = 3


def index(api: Api, request: Request, project: str) -> Reply:
    """Oldest first. A filter by a time goes with the order by that time."""
    place = access.code(api.state, project, request.actor)
    order = request.one_of("order_by", ORDERS, "id")
    _check_times(request, order)
    if "status" in request.params:
        request.one_of("status", STATUSES, "")
    found = [one for one in place.deployments if _fits(request, one)]
    newest_first = request.one_of("sort", ("asc", "desc"), "asc") == "desc"
    found.sort(key=lambda one: (_by(one, order), one.id), reverse=newest_first)
    return page(request, found, lambda one: shown_ci.deployment(api.state, place, one))


def _by(one: Deployment, order: str) -> object:
    """What did not finish yet stands where it began."""
    return getattr(one, order) or one.created_at


def _check_times(request: Request, order: str) -> None:
    """https://docs.gitlab.com/api/deployments/#list-project-deployments"""
    asked = {
        name: any(f"{name}_{side}" in request.params for side in ("after", "before"))
        for name in ("updated", "finished")
    }
    if all(asked.values()):
        raise _bad("Both `updated_at` filter and `finished_at` filter can not be specified")
    for name, there in asked.items():
        if there and order != f"{name}_at":
            raise _bad(f"`{name}_at` filter requires `{name}_at` sort")
    if asked["finished"] and request.text("status") != "success":
        raise _bad("`finished_at` filter must be combined with `success` status filter.")


def _bad(text: str) -> ApiError:
    return ApiError(400, {"message": f"400 Bad request - {text}"})


def _fits(request: Request, one: Deployment) -> bool:
    wanted = {"environment": one.environment, "status": one.status}
    return (
        all(request.text(name) in ("", value) for name, value in wanted.items())
        and request.in_time("updated", one.updated_at)
        and request.in_time("finished", one.finished_at)
    )


def show(api: Api, request: Request, project: str, deployment_id: str) -> Reply:
    place = access.code(api.state, project, request.actor)
    one = _one(place, deployment_id)
    body = shown_ci.deployment(api.state, place, one)
    if api.state.premium:
        approvals = shown_ci.approval_summary(api.state, one)
        body |= {"pending_approval_count": int(one.status == "blocked"), "approvals": approvals}
    return Reply(body)


def merge_requests(api: Api, request: Request, project: str, deployment_id: str) -> Reply:
    """Those whose commits came since the last successful deployment to the environment."""
    place = access.code(api.state, project, request.actor)
    shipped = ancestry.brought_by(place, _one(place, deployment_id))
    return page(request, shipped, lambda mr: shown_requests.merge_request(api.state, mr))


def _one(place: Project, number: str) -> Deployment:
    found = next((one for one in place.deployments if str(one.id) == number), None)
    if found is None:
        raise not_found()
    return found


def environments(api: Api, request: Request, project: str) -> Reply:
    """`search` has three characters at least; `name` and it exclude each other."""
    place = access.code(api.state, project, request.actor)
    name, part = request.text("name"), request.text("search")
    if name and part:
        raise invalid("name, search are mutually exclusive")
    if part and len(part) < SHORTEST_SEARCH:
        raise _bad(f"Search query is less than {SHORTEST_SEARCH} characters")
    found = [
        one
        for one in sorted(place.environments.values(), key=lambda one: one.id)
        if name in ("", one.name)
        and part in one.name
        and request.text("states") in ("", one.state)
        and request.text("tier") in ("", one.tier)
    ]
    return page(request, found, lambda one: shown_ci.environment(api.state, place, one))


def environment(api: Api, request: Request, project: str, environment_id: str) -> Reply:
    """The one that shows its last deployment."""
    place = access.code(api.state, project, request.actor)
    for one in place.environments.values():
        if str(one.id) == environment_id:
            there = [each for each in place.deployments if each.environment == one.name]
            last = max(there, key=lambda each: each.id, default=None)
            told = shown_ci.deployment(api.state, place, last) if last else None
            return Reply(shown_ci.environment(api.state, place, one) | {"last_deployment": told})
    raise not_found()


BASE = "/projects/:project"
ROUTES = [
    (f"{BASE}/deployments", index),
    (f"{BASE}/deployments/:deployment_id", show),
    (f"{BASE}/deployments/:deployment_id/merge_requests", merge_requests),
    (f"{BASE}/environments", environments),
    (f"{BASE}/environments/:environment_id", environment),
]
