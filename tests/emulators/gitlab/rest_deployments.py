"""Deployments, newest first; the list tells an environment's name and address, not its tier.

https://docs.gitlab.com/api/deployments/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, shown, shown_requests
from tests.emulators.gitlab.entities import Deployment, Project
from tests.emulators.gitlab.parts import iso_time
from tests.emulators.gitlab.web import Reply, Request, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api


def index(api: Api, request: Request, project: str) -> Reply:
    place = access.project(api.state, project, request.actor)
    found = [one for one in place.deployments if _fits(request, one)]
    found.sort(key=lambda one: one.id, reverse=request.text("sort") == "desc")
    return page(request, found, lambda one: _shown(api, place, one))


def merge_requests(api: Api, request: Request, project: str, deployment_id: str) -> Reply:
    """Those whose commits came since the last successful deployment to the environment."""
    place = access.project(api.state, project, request.actor)
    one = next((each for each in place.deployments if str(each.id) == deployment_id), None)
    if one is None:
        raise not_found()
    shipped = [
        mr for mr in place.merge_requests.values() if _ships(place, one, mr.merge_commit_sha)
    ]
    return page(request, shipped, lambda mr: shown_requests.merge_request(api.state, mr))


def _ships(place: Project, one: Deployment, sha: str | None) -> bool:
    order = [*place.branches[place.default_branch].commits]
    if sha not in order or one.sha not in order:
        return False
    earlier = [
        order.index(each.sha)
        for each in place.deployments
        if each.id < one.id and each.environment == one.environment
        and each.status == "success" and each.sha in order
    ]  # fmt: skip
    return max(earlier, default=-1) < order.index(sha) <= order.index(one.sha)


def _fits(request: Request, one: Deployment) -> bool:
    wanted = {"environment": one.environment, "status": one.status}
    return all(not request.text(name) or request.text(name) == wanted[name] for name in wanted)


def _shown(api: Api, place: Project, one: Deployment) -> dict:
    pipeline = place.pipelines.get(one.pipeline_id)
    job = {
        "id": one.job_id,
        "name": "deploy",
        "status": one.status,
        "pipeline": shown.pipeline(api.state, place, pipeline) if pipeline else None,
    }
    return {
        "id": one.id,
        "iid": one.id,
        "ref": one.ref,
        "sha": one.sha,
        "status": one.status,
        "created_at": iso_time(one.created_at),
        "updated_at": iso_time(one.created_at),
        "environment": {
            "id": one.id,
            "name": one.environment,
            "slug": one.environment,
            "external_url": place.environments[one.environment].external_url or None,
        },
        "deployable": job,
    }
