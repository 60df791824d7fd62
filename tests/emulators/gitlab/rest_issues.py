"""Issues and work items of a project, as the older API of issues lists them all.

https://docs.gitlab.com/api/issues/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, paging, shown_plans
from tests.emulators.gitlab.entities import Label, Project
from tests.emulators.gitlab.issues.searching import matches
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import Reply, Request, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

# https://docs.gitlab.com/api/issues/#list-project-issues ; the first ones page by key too.
BY_KEY = ("created_at", "updated_at", "id", "title", "due_date", "relative_position", "weight")
ORDERS = (*BY_KEY, "label_priority", "milestone_due", "popularity", "priority")
STATES = ("opened", "closed", "all")
KINDS = ("issue", "incident", "test_case", "task", "ticket", "requirement")


def index(api: Api, request: Request, project: str) -> Reply:
    place = access.project(api.state, project, request.actor)
    state = request.one_of("state", STATES, "all")
    order = request.one_of("order_by", ORDERS, "created_at")
    newest_first = request.one_of("sort", ("asc", "desc"), "desc") == "desc"
    if "issue_type" in request.params:
        request.one_of("issue_type", KINDS, "issue")
    found = [
        one
        for one in place.issues.values()
        if _visible(api, request, place, one)
        and state in ("all", one.state)
        and _fits(request, one)
    ]
    column = order if order in ("created_at", "updated_at", "id", "title") else "created_at"
    found.sort(key=lambda one: (getattr(one, column), one.id), reverse=newest_first)

    detailed = request.flag("with_labels_details")

    def show(one: Issue) -> dict:
        whole = shown_plans.issue(api.state, place, one)
        return whole | {"labels": [_label(label) for label in one.labels]} if detailed else whole

    if api.state.at_least(18, 3):
        return paging.either(request, found, show, kind="Issue", columns=BY_KEY)
    return page(request, found, show)


def _label(label: Label) -> dict:
    return {
        "id": label.id,
        "name": label.title,
        "color": label.color,
        "description": label.description,
        "description_html": label.description or "",
        "text_color": "#FFFFFF",
        "archived": label.archived,
    }


def _fits(request: Request, one: Issue) -> bool:
    wanted = set(request.text("labels").split(",")) - {""}
    assignee, words = request.text("assignee_id"), request.text("search")
    iids, kind = request.items("iids"), request.text("issue_type")
    return (
        request.in_time("updated", one.updated_at)
        and request.in_time("created", one.created_at)
        and wanted <= {label.title for label in one.labels}
        and (not iids or str(one.iid) in iids)
        and kind in ("", one.kind.lower().replace(" ", "_"))
        and request.flag("confidential") in (None, one.confidential)
        and assignee in ("", *map(str, one.assignee_ids))
        and matches(one, words)
    )


def _visible(api: Api, request: Request, place: Project, one: Issue) -> bool:
    """Confidential issues: reporters and above, the author, the assignees."""
    actor = request.actor
    own = actor is not None and actor.id in (one.author_id, *one.assignee_ids)
    return not one.confidential or own or access.sees_hidden(api.state, place, actor)


def visible_issue(api: Api, request: Request, place: Project, iid: str) -> Issue:
    found = place.issues.get(int(iid)) if iid.isdigit() else None
    if found is None or not _visible(api, request, place, found):
        raise not_found()
    return found


def show(api: Api, request: Request, project: str, iid: str) -> Reply:
    place = access.project(api.state, project, request.actor)
    return Reply(shown_plans.issue(api.state, place, visible_issue(api, request, place, iid)))


def milestones(api: Api, request: Request, project: str) -> Reply:
    """https://docs.gitlab.com/api/milestones/"""
    place = access.project(api.state, project, request.actor)
    state = request.text("state")
    found = [
        one
        for one in sorted(place.milestones.values(), key=lambda one: -one.id)
        if state in ("", one.state) and request.in_time("updated", one.updated_at)
    ]
    return page(request, found, lambda one: shown_plans.milestone(api.state, place, one))


ROUTES = [
    ("/projects/:project/issues", index),
    ("/projects/:project/issues/:iid", show),
    ("/projects/:project/milestones", milestones),
]
