"""Labels and milestones of a project through REST. No hook tells of labels.

https://docs.gitlab.com/api/labels/ ; https://docs.gitlab.com/api/milestones/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.emulators.gitlab import access, shown_plans
from tests.emulators.gitlab.entities import Label, Project
from tests.emulators.gitlab.issues import labels, reading
from tests.emulators.gitlab.issues.records import Iteration
from tests.emulators.gitlab.issues.rest_writes import Handler, writable
from tests.emulators.gitlab.issues.statuses import root
from tests.emulators.gitlab.web import ApiError, Reply, Request, forbidden, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

COLOR = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}$|[a-z]+$")
MILESTONE_STATES = {"close": "closed", "activate": "active"}


def shown(label: Label) -> dict:
    return {
        "id": label.id,
        "name": label.title,
        "description": label.description,
        "description_html": label.description or "",
        "text_color": "#FFFFFF",
        "color": label.color,
        "archived": label.archived,
        "subscribed": False,
        "priority": None,
        "is_project_label": label.group_id is None,
    }


def index(api: Api, request: Request, project: str) -> Reply:
    place = access.project(api.state, project, request.actor)
    word = request.text("search").lower()
    held = [label for label in labels.available(api.state, place) if word in label.title.lower()]
    held.sort(key=lambda label: label.title.lower())
    return page(request, held, shown)


def _planned(api: Api, request: Request, project: str) -> Project:
    place = writable(api, request, project)
    if api.state.access_level(request.actor, place) < access.planner(api.state):
        raise forbidden()
    return place


def create(api: Api, request: Request, project: str) -> Reply:
    request.require("name", "color")
    place = _planned(api, request, project)
    name, color = request.text("name").strip(), request.text("color")
    problems = {"title": ["is invalid"]} if not name or "," in name else {}
    if not COLOR.match(color):
        problems["color"] = ["must be a valid color code"]
    if problems:
        raise ApiError(400, {"message": problems})
    if any(label.title == name for label in place.labels.values()):
        raise ApiError(409, {"message": "Label already exists"})
    description = request.text("description") or None
    label = Label(api.state.next_id("label"), name, color, description)
    place.labels[label.id] = label
    return Reply(shown(label), 201)


def _find(place: Project, key: str) -> Label:
    """By id or name; labels of groups are not the project's to change."""
    for label in place.labels.values():
        if unquote(key) in (str(label.id), label.title):
            return label
    raise not_found("Label")


def update(api: Api, request: Request, project: str, key: str) -> Reply:
    """A rename goes to every issue at once and touches none."""
    label = _find(_planned(api, request, project), key)
    label.title = request.text("new_name", label.title)
    label.color = request.text("color", label.color)
    label.archived = bool(request.flag("archived"))
    return Reply(shown(label))


def remove(api: Api, request: Request, project: str, key: str) -> Reply:
    place = _planned(api, request, project)
    label = _find(place, key)
    del place.labels[label.id]
    for issue in place.issues.values():
        issue.labels = [held for held in issue.labels if held is not label]
    return Reply(None, 204)


def create_milestone(api: Api, request: Request, project: str) -> Reply:
    request.require("title")
    place = _planned(api, request, project)
    made = api.keeping.create_milestone(
        place, request.text("title"), description=request.text("description")
    )
    return Reply(shown_plans.milestone(api.state, place, made), 201)


def update_milestone(api: Api, request: Request, project: str, key: str) -> Reply:
    """A new title fires no hook."""
    place = _planned(api, request, project)
    found = place.milestones.get(int(key)) if key.isdigit() else None
    if found is None:
        raise not_found("Milestone")
    found.title = request.text("title", found.title)
    if "state_event" in request.params:
        event = reading.choice(*MILESTONE_STATES)(request, "state_event")
        found.state = MILESTONE_STATES[event]
    return Reply(shown_plans.milestone(api.state, place, found))


def iterations(api: Api, request: Request, project: str) -> Reply:
    """Premium. `state`: 1 upcoming, 2 current, 3 closed. https://docs.gitlab.com/api/iterations/"""
    place = access.project(api.state, project, request.actor)
    if not (api.state.edition == "ee" and api.state.premium):
        raise not_found()
    today = api.state.now().date()

    def listed(each: Iteration) -> dict:
        return {
            "id": each.id,
            "iid": each.iid,
            "title": each.title,
            "state": 1 if today < each.start else 3 if today > each.due else 2,
            "start_date": each.start.isoformat(),
            "due_date": each.due.isoformat(),
        }

    return page(request, api.state.planned.iterations.get(root(place), []), listed)


P = "/projects/:project"
READ_ROUTES = [(f"{P}/labels", index), (f"{P}/iterations", iterations)]
ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", f"{P}/labels", create),
    ("PUT", f"{P}/labels/:key", update),
    ("DELETE", f"{P}/labels/:key", remove),
    ("POST", f"{P}/milestones", create_milestone),
    ("PUT", f"{P}/milestones/:key", update_milestone),
]
