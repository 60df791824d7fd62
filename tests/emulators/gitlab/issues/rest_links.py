"""Links between issues through REST. Both ends are touched; whether a hook comes is not known.

https://docs.gitlab.com/api/issue_links/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, shown_plans
from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.issues.records import REVERSED, IssueLink
from tests.emulators.gitlab.issues.rest_writes import ISSUE, Handler, find
from tests.emulators.gitlab.rest_issues import visible_issue
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import ApiError, Reply, Request, forbidden, not_found

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api


def index(api: Api, request: Request, project: str, iid: str) -> Reply:
    place = access.project(api.state, project, request.actor)
    issue = visible_issue(api, request, place, iid)
    return Reply([_linked(api, link, issue) for link in _links(api, issue)])


def _links(api: Api, issue: Issue) -> list[IssueLink]:
    links = api.state.planned.links.values()
    return [link for link in links if issue.id in (link.source_id, link.target_id)]


def _linked(api: Api, link: IssueLink, issue: Issue) -> dict:
    """The issue at the other end, with the link's own id and kind."""
    outward = link.source_id == issue.id
    other = api.issues.by_id(link.target_id if outward else link.source_id)
    assert other is not None
    place = api.state.projects[other.project_id]
    return shown_plans.issue(api.state, place, other) | {
        "issue_link_id": link.id,
        "link_type": link.kind if outward else REVERSED[link.kind],
        "link_created_at": "2026-03-02T09:00:00.000Z",
        "link_updated_at": "2026-03-02T09:00:00.000Z",
    }


def _target(api: Api, request: Request) -> tuple[Project, Issue]:
    place = access.project(api.state, request.text("target_project_id"), request.actor)
    return place, visible_issue(api, request, place, request.text("target_issue_iid"))


def create(api: Api, request: Request, project: str, iid: str) -> Reply:
    request.require("target_project_id", "target_issue_iid")
    place, issue = find(api, request, project, iid)
    target_place, target = _target(api, request)
    kind = request.one_of("link_type", tuple(REVERSED), "relates_to")
    if kind != "relates_to" and not api.state.premium:
        raise ApiError(403, {"message": "Blocked issues not available for current license"})
    if api.state.access_level(request.actor, place) < access.planner(api.state):
        raise forbidden()
    if any(target.id in (link.source_id, link.target_id) for link in _links(api, issue)):
        raise ApiError(409, {"message": "Issue(s) already assigned"})
    link = IssueLink(api.state.next_id("issue_link"), issue.id, target.id, kind)
    api.state.planned.links[link.id] = link
    api.issues.note(issue, f"marked this issue as related to #{target.iid}", request.actor)
    api.issues.note(target, f"marked this issue as related to #{issue.iid}", request.actor)
    shown = {
        "id": link.id,
        "source_issue": shown_plans.issue(api.state, place, issue),
        "target_issue": shown_plans.issue(api.state, target_place, target),
        "link_type": kind,
    }
    return Reply(shown, 201)


def remove(api: Api, request: Request, project: str, iid: str, key: str) -> Reply:
    _, issue = find(api, request, project, iid)
    found = next((link for link in _links(api, issue) if str(link.id) == key), None)
    if found is None:
        raise not_found()
    for number in (found.source_id, found.target_id):
        end = api.issues.by_id(number)
        if end:
            api.issues.note(end, "removed the relation", request.actor)
    del api.state.planned.links[found.id]
    return Reply({"id": found.id, "link_type": found.kind})


READ_ROUTES = [(f"{ISSUE}/links", index)]
ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", f"{ISSUE}/links", create),
    ("DELETE", f"{ISSUE}/links/:key", remove),
]
