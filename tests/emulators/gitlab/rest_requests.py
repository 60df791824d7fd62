"""Merge requests: lists, one, approvals, commits, pipelines, notes.

https://docs.gitlab.com/api/merge_requests/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, shown, shown_requests
from tests.emulators.gitlab.entities import REPORTER, MergeRequest, Project
from tests.emulators.gitlab.web import ApiError, Reply, Request, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

STATES = ("opened", "closed", "locked", "merged", "all")
SCOPES = ("all", "created_by_me", "created-by-me", "assigned_to_me", "assigned-to-me")
ORDERS = ("created_at", "updated_at", "title", "merged_at", "label_priority", "priority")


def index(api: Api, request: Request, project: str) -> Reply:
    """`updated_after`: that moment included; ties go by id."""
    place = access.project(api.state, project, request.actor)
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
        _in_time(request, mr)
        and all(
            column not in request.params or str(getattr(mr, column)) == request.text(column)
            for column in ("source_branch", "target_branch", "author_id")
        )
        and (not (iids := request.items("iids")) or str(mr.iid) in iids)
    )


def _in_time(request: Request, mr: MergeRequest) -> bool:
    for name, at in (("updated", mr.updated_at), ("created", mr.created_at)):
        after, before = request.moment(f"{name}_after"), request.moment(f"{name}_before")
        if (after and at < after) or (before and at > before):
            return False
    return True


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


def notes(api: Api, request: Request, project: str, iid: str) -> Reply:
    mr = _one(api, request, project, iid)[1]
    newest_first = request.one_of("sort", ("asc", "desc"), "desc") == "desc"
    found = sorted(mr.notes, key=lambda one: one.id, reverse=newest_first)
    return page(request, found, lambda one: shown.note(api.state, mr, one))


def add_note(api: Api, request: Request, project: str, iid: str) -> Reply:
    """Fires a Note Hook, unless the hook is already in the chain the client names."""
    request.require("body")
    with api.state.lock:
        _, mr = _one(api, request, project, iid, level=REPORTER)
    if not request.text("body").strip():
        raise ApiError(400, {"message": "400 Bad request - Note can't be blank"})
    chain = request.header("X-Gitlab-Event-UUID")
    note = api.talking.comment(mr, request.text("body"), request.actor, chain=chain)
    return Reply(shown.note(api.state, mr, note), 201)


def _one(
    api: Api, request: Request, project: str, iid: str, *, level: int = 0
) -> tuple[Project, MergeRequest]:
    place = access.project(api.state, project, request.actor, level=level)
    return place, access.merge_request(place, iid)
