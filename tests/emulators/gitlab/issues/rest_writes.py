"""Issues made, edited, moved and deleted through REST.

https://docs.gitlab.com/api/issues/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.emulators.gitlab import access, shown_plans
from tests.emulators.gitlab.entities import OWNER, Project
from tests.emulators.gitlab.issues import moving, reading
from tests.emulators.gitlab.rest_issues import visible_issue
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import ApiError, Reply, Request, forbidden, invalid, not_found

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

CHAIN = "X-Gitlab-Event-UUID"
Handler = Callable[..., Reply]


def writing(handler: Handler) -> Handler:
    """Run a handler under the state's lock, and post the hooks after it."""

    def locked(api: Api, request: Request, **ids: str) -> Reply:
        with api.state.lock:
            reply = handler(api, request, **ids)
        api.issues.flush()
        return reply

    return locked


def find(api: Api, request: Request, project: str, iid: str) -> tuple[Project, Issue]:
    """A project that may be written in, and its issue. 403 of an archived one."""
    place = writable(api, request, project)
    return place, visible_issue(api, request, place, iid)


def writable(api: Api, request: Request, project: str) -> Project:
    place = access.project(api.state, project, request.actor)
    if place.archived:
        raise forbidden()
    return place


def shown(api: Api, place: Project, issue: Issue, status: int = 200) -> Reply:
    return Reply(shown_plans.issue(api.state, place, issue), status)


def create(api: Api, request: Request, project: str) -> Reply:
    request.require("title")
    place = writable(api, request, project)
    if api.state.access_level(request.actor, place) == 0 and place.visibility != "public":
        raise forbidden()
    api.issues.obstacles.check_rate("issues", request.actor)
    wanted = _wanted(api, request, reading.FOR_CREATE)
    api.issues.obstacles.check_spam(request.header("X-GitLab-Captcha-Response"))
    issue = api.issues.create(place, request.actor, wanted, request.header(CHAIN))
    return shown(api, place, issue, 201)


def update(api: Api, request: Request, project: str, iid: str) -> Reply:
    place, issue = find(api, request, project, iid)
    wanted = _wanted(api, request, reading.FOR_UPDATE)
    if not wanted:
        names = ", ".join(reading.FOR_UPDATE)
        raise invalid(f"{names} are missing, at least one parameter must be provided")
    api.issues.obstacles.check_lock()
    api.issues.obstacles.check_spam(request.header("X-GitLab-Captcha-Response"))
    api.issues.update(issue, request.actor, wanted, request.header(CHAIN))
    return shown(api, place, issue)


def _wanted(api: Api, request: Request, readers: dict[str, Any]) -> dict[str, Any]:
    known = {
        name: reader
        for name, reader in readers.items()
        if api.state.at_least(*reading.SINCE.get(name, (0, 0)))
    }
    return reading.fields(request, known)


def remove(api: Api, request: Request, project: str, iid: str) -> Reply:
    """Owners only; no hook tells of it."""
    place, issue = find(api, request, project, iid)
    if api.state.access_level(request.actor, place) < OWNER:
        raise forbidden()
    del place.issues[issue.iid]
    return Reply(None, 204)


def move(api: Api, request: Request, project: str, iid: str) -> Reply:
    request.require("to_project_id")
    _, issue = find(api, request, project, iid)
    target = api.state.projects.get(reading.number(request, "to_project_id") or 0)
    if target is None or not api.state.access_level(request.actor, target):
        raise not_found("Project")
    if problem := moving.problem(api.state, issue, target, request.actor):
        raise ApiError(400, {"message": problem})
    moved = moving.move(api.issues, issue, target, request.actor, request.header(CHAIN))
    return shown(api, target, moved, 201)


def reorder(api: Api, request: Request, project: str, iid: str) -> Reply:
    """Fires a hook, and leaves `updated_at` as it was."""
    place, issue = find(api, request, project, iid)
    if not {"move_after_id", "move_before_id"} & request.params.keys():
        raise invalid("move_after_id, move_before_id are missing, at least one must be provided")
    shot = api.issues.shot(issue)
    issue.relative_position = api.state.next_id("position") * 513
    changes = api.issues.changes(issue, request.actor, shot)
    api.issues.fire(issue, request.actor, "update", changes, chain=request.header(CHAIN))
    return shown(api, place, issue)


ISSUE = "/projects/:project/issues/:iid"
ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/projects/:project/issues", create),
    ("PUT", ISSUE, update),
    ("DELETE", ISSUE, remove),
    ("POST", f"{ISSUE}/move", move),
    ("PUT", f"{ISSUE}/reorder", reorder),
]
