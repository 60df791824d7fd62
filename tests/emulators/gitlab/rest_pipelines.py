"""Pipelines started by a token or a trigger, retried and canceled.

https://docs.gitlab.com/api/pipelines/ ; https://docs.gitlab.com/api/pipeline_triggers/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.emulators.gitlab import access, ci_config, shown
from tests.emulators.gitlab.building import FINISHED, Building
from tests.emulators.gitlab.entities import DEVELOPER, MAINTAINER, Pipeline, Project, User
from tests.emulators.gitlab.web import ApiError, Reply, Request, forbidden, invalid, not_found

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api


def routes(route: Callable[..., Any], project: str) -> list[Any]:
    one = f"{project}/pipelines/:pipeline_id"
    more = {"members": True, "free": True}
    return [
        route("POST", f"{project}/pipeline", create, (), **more),
        route("POST", f"{project}/trigger/pipeline", trigger, ("*",), free=True),
        route("POST", f"{one}/retry", retry, (), **more),
        route("POST", f"{one}/cancel", cancel, (), **more),
    ]


def create(api: Api, request: Request, project: str) -> Reply:
    place = access.project(api.state, project, request.actor, level=DEVELOPER)
    request.require("ref")
    variables = _listed(request)
    inputs = request.params.get("inputs", {})
    if not isinstance(inputs, dict):
        raise invalid("inputs is invalid")
    return _created(api, place, request.actor, request.text("ref"), "api", variables, inputs)


def trigger(api: Api, request: Request, project: str) -> Reply:
    """Nobody need be signed in; the token is that of the trigger, and acts as its owner."""
    request.require("ref", "token")
    if not request.text("ref"):
        raise invalid("ref is empty")
    variables = _of_form(request, "variables")
    if not all(isinstance(value, str) for value in variables.values()):
        raise ApiError(400, {"message": "variables needs to be a map of key-valued strings"})
    place, owner = _triggered(api, project, request.text("token"))
    inputs = _of_form(request, "inputs")
    return _created(api, place, owner, request.text("ref"), "trigger", variables, inputs)


def retry(api: Api, request: Request, project: str, pipeline_id: str) -> Reply:
    """Failed and canceled jobs run again. Where there are none, nothing happens, and 201 too."""
    place, found = _changeable(api, request, project, pipeline_id)
    again = [one for one in found.jobs if not one.retried and one.status in ("failed", "canceled")]
    if again:
        for job in again:
            job.status = "failed"
        Building(api.state, api.deliveries).retry(found)
    return Reply(shown.whole_pipeline(api.state, place, found), 201)


def cancel(api: Api, request: Request, project: str, pipeline_id: str) -> Reply:
    """One that is over stays as it is; the answer is the same."""
    place, found = _changeable(api, request, project, pipeline_id)
    if found.status not in FINISHED:
        Building(api.state, api.deliveries).set_status(found, "canceled")
    return Reply(shown.whole_pipeline(api.state, place, found))


def _created(
    api: Api,
    place: Project,
    owner: User,
    ref: str,
    source: str,
    variables: dict[str, str],
    inputs: dict[str, Any],
) -> Reply:
    config, role = ci_config.of(api.state, place), api.state.access_level(owner, place)
    name, sha, tag = _commit(place, ref)
    branch = place.branches.get(name)
    if branch and branch.protected and role < MAINTAINER:
        raise _base(
            f"You do not have sufficient permission to run a pipeline on '{name}'. Please select "
            "a different branch or contact your administrator for assistance."
        )
    if variables and role < config.variables_role:
        raise _base(ci_config.NO_VARIABLES)
    if wrong := ci_config.problems(config, inputs):
        raise _base(", ".join(wrong))
    if not config.jobs:
        raise _base(ci_config.NO_JOBS)
    building = Building(api.state, api.deliveries)
    with api.state.lock:
        made = building._new(place, None, name, sha, owner)
        made.source, made.tag, made.variables = source, tag, variables
        made.jobs = [building._job(stage, job) for stage, job in config.jobs]
        vars(made)["inputs"] = inputs
        place.pipelines[made.id] = made
    building.set_status(made, "pending")
    return Reply(shown.whole_pipeline(api.state, place, made), 201)


def _commit(place: Project, ref: str) -> tuple[str, str, bool]:
    """A branch or a tag, by its short or its full name."""
    name = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    if name in place.branches:
        return name, place.branches[name].head, False
    if name in place.tags:
        return name, place.tags[name].sha, True
    raise _base("Reference not found")


def _changeable(api: Api, request: Request, project: str, number: str) -> tuple[Project, Pipeline]:
    place = access.project(api.state, project, request.actor)
    found = place.pipelines.get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found()
    branch = place.branches.get(found.ref)
    least = MAINTAINER if branch and branch.protected else DEVELOPER
    if api.state.access_level(request.actor, place) < least:
        raise forbidden()
    return place, found


def _triggered(api: Api, key: str, token: str) -> tuple[Project, User]:
    """404 for a wrong token too: whether there is such a project is nobody's business."""
    for place in api.state.projects.values():
        owner = ci_config.of(api.state, place).triggers.get(token)
        if owner is not None:
            actor = api.state.users[owner]
            if access.project(api.state, key, actor) is place:
                return place, actor
    raise ApiError(404, {"message": "404 Not Found"})


def _listed(request: Request) -> dict[str, str]:
    """[{key, value}]."""
    told = request.params.get("variables", [])
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise invalid("variables is invalid")
    names = [str(one.get("key")) for one in told]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _base(f"Duplicate variable name: {', '.join(twice)}")
    return {str(one.get("key")): str(one.get("value")) for one in told}


def _of_form(request: Request, name: str) -> dict[str, Any]:
    """`name[K]=V` of a form, or a JSON object."""
    told = request.params.get(name, {})
    if not isinstance(told, dict):
        raise invalid(f"{name} is invalid")
    pairs = {
        key[len(name) + 1 : -1]: value
        for key, value in request.params.items()
        if key.startswith(f"{name}[") and key.endswith("]")
    }
    return told | pairs


def _base(problem: str) -> ApiError:
    return ApiError(400, {"message": {"base": [problem]}})
