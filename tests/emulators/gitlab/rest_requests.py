"""Merge requests: lists, one, approvals, commits, pipelines.

https://docs.gitlab.com/api/merge_requests/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, shown, shown_requests
from tests.emulators.gitlab.entities import MergeRequest, Project
from tests.emulators.gitlab.web import Reply, Request, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

STATES = ("opened", "closed", "locked", "merged", "all")
SCOPES = ("all", "created_by_me", "created-by-me", "assigned_to_me", "assigned-to-me")
ORDERS = ("created_at", "updated_at", "title", "merged_at", "label_priority", "priority")


def index(api: Api, request: Request, project: str) -> Reply:
    """`updated_after`: that moment included; ties go by id."""
    place = access.code(api.state, project, request.actor)
    state, scope = request.one_of("state", STATES, "all"), request.one_of("scope", SCOPES, "all")
    order = request.one_of("order_by", ORDERS, "created_at")
    descending = request.one_of("sort", ("asc", "desc"), "desc") == "desc"
    found = [
        mr
        for mr in place.merge_requests.values()
        if state in ("all", mr.state) and _mine(request, mr, scope) and _fits(request, mr)
    ]
    found.sort(key=lambda mr: _order(mr, order), reverse=descending)
    return page(request, found, lambda mr: shown_requests.merge_request(api.state, mr))


def _order(mr: MergeRequest, order: str) -> tuple:
    column = order if order in ("created_at", "updated_at", "title") else "created_at"
    return getattr(mr, column), mr.id


def _mine(request: Request, mr: MergeRequest, scope: str) -> bool:
    me = request.actor.id if request.actor else 0
    match scope.replace("-", "_"):
        case "created_by_me":
            return mr.author_id == me
        case "assigned_to_me":
            return me in mr.assignee_ids
    return True


def _fits(request: Request, mr: MergeRequest) -> bool:
    return (
        request.in_time("updated", mr.updated_at)
        and request.in_time("created", mr.created_at)
        and _labelled(request, mr)
        and all(
            column not in request.params or str(getattr(mr, column)) == request.text(column)
            for column in ("source_branch", "target_branch", "author_id")
        )
        and (not (iids := request.items("iids")) or str(mr.iid) in iids)
    )


def _labelled(request: Request, mr: MergeRequest) -> bool:
    """All of `labels`, separated by commas."""
    wanted = {name for name in request.text("labels").split(",") if name}
    return wanted <= {label.title for label in mr.labels}


def show(api: Api, request: Request, project: str, iid: str) -> Reply:
    mr = _one(api, request, project, iid)[1]
    return Reply(shown_requests.whole_merge_request(api.state, mr, request.actor))


def approval(api: Api, request: Request, project: str, iid: str) -> Reply:
    mr = _one(api, request, project, iid)[1]
    return Reply(shown_requests.approval(api.state, mr, request.actor))


def approval_state(api: Api, request: Request, project: str, iid: str) -> Reply:
    mr = _one(api, request, project, iid)[1]
    return Reply(shown_requests.approval_state(api.state, mr))


def commits(api: Api, request: Request, project: str, iid: str) -> Reply:
    """Newest first."""
    place, mr = _one(api, request, project, iid)
    found = [place.commits[sha] for sha in reversed(mr.shas)]
    return page(request, found, lambda one: shown.commit(api.state, place, one))


def reviewers(api: Api, request: Request, project: str, iid: str) -> Reply:
    """Who was asked, and where their review stands."""
    mr = _one(api, request, project, iid)[1]
    return page(
        request,
        list(mr.reviewers.items()),
        lambda one: {"user": shown.basic(api.state, one[0]), "state": one[1]},
    )


def pipelines(api: Api, request: Request, project: str, iid: str) -> Reply:
    """Of the request itself and of its commits, newest first."""
    place, mr = _one(api, request, project, iid)
    found = [
        one
        for one in sorted(place.pipelines.values(), key=lambda one: -one.id)
        if one.merge_request_iid == mr.iid or one.sha in mr.shas
    ]
    return page(request, found, lambda one: shown.pipeline(api.state, place, one))


def _one(api: Api, request: Request, project: str, iid: str) -> tuple[Project, MergeRequest]:
    place = access.code(api.state, project, request.actor)
    return place, access.merge_request(place, iid)
