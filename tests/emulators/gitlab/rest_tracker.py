"""The project's custom issue tracker: what turns `B24-1` into a link everywhere in GitLab.

https://docs.gitlab.com/api/project_integrations/#custom-issue-tracker
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, hook_form
from tests.emulators.gitlab.entities import MAINTAINER, Project
from tests.emulators.gitlab.web import ApiError, Reply, Request, not_found

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

BAD_URL = "is blocked: Only allowed schemes are http, https"


def _tracked(api: Api, request: Request, project: str) -> Project:
    return access.project(api.state, project, request.actor, level=MAINTAINER)


def show(api: Api, request: Request, project: str) -> Reply:
    """404 until it was set once."""
    place = _tracked(api, request, project)
    if place.issue_tracker is None:
        raise not_found()
    return Reply(_tracker(place))


def put(api: Api, request: Request, project: str) -> Reply:
    place = _tracked(api, request, project)
    request.require("project_url", "issues_url", "new_issue_url")
    wanted = {name: request.text(name) for name in ("project_url", "issues_url", "new_issue_url")}
    bad = {name: [BAD_URL] for name, url in wanted.items() if not hook_form.is_url(url)}
    if bad:
        raise ApiError(400, {"message": bad})
    place.issue_tracker = wanted
    return Reply(_tracker(place))


def remove(api: Api, request: Request, project: str) -> Reply:
    place = _tracked(api, request, project)
    if place.issue_tracker is None:
        raise not_found()
    place.issue_tracker = None
    return Reply(None, 204)


def _tracker(place: Project) -> dict:
    return {
        "id": place.id,
        "title": "Custom issue tracker",
        "slug": "custom-issue-tracker",
        "active": True,
        "properties": place.issue_tracker,
    }
