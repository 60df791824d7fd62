"""Time of issues through REST: totals only, never the id of an entry.

https://docs.gitlab.com/api/issues/#time-tracking
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, shown_plans
from tests.emulators.gitlab.issues import durations
from tests.emulators.gitlab.issues.rest_writes import CHAIN, ISSUE, Handler, find
from tests.emulators.gitlab.rest_issues import visible_issue
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import ApiError, Reply, Request, forbidden

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api


def stats(api: Api, request: Request, project: str, iid: str) -> Reply:
    place = access.project(api.state, project, request.actor)
    return Reply(shown_plans.time_stats(visible_issue(api, request, place, iid)))


def _planned(api: Api, request: Request, project: str, iid: str) -> Issue:
    place, issue = find(api, request, project, iid)
    if api.state.access_level(request.actor, place) < access.planner(api.state):
        raise forbidden()
    return issue


def _duration(request: Request) -> int:
    request.require("duration")
    seconds = durations.parse(request.text("duration"))
    if seconds is None:
        raise ApiError(400, {"message": {"time_spent": ["is not a number"]}})
    return seconds


def add_spent(api: Api, request: Request, project: str, iid: str) -> Reply:
    issue, seconds = _planned(api, request, project, iid), _duration(request)
    summary = request.text("summary")
    if problem := api.issues.timing.problem(issue, seconds, summary):
        raise ApiError(400, {"message": {"time_spent": [problem]}})
    if seconds:
        chain = request.header(CHAIN)
        api.issues.timing.log(issue, request.actor, seconds, summary=summary, chain=chain)
    return Reply(shown_plans.time_stats(issue), 201)


def reset_spent(api: Api, request: Request, project: str, iid: str) -> Reply:
    issue = _planned(api, request, project, iid)
    api.issues.timing.reset(issue, request.actor)
    return Reply(shown_plans.time_stats(issue))


def estimate(api: Api, request: Request, project: str, iid: str) -> Reply:
    issue, seconds = _planned(api, request, project, iid), _duration(request)
    if seconds < 0:
        raise ApiError(
            400, {"message": {"time_estimate": ["must be greater than or equal to zero"]}}
        )
    return _estimate(api, request, issue, seconds)


def reset_estimate(api: Api, request: Request, project: str, iid: str) -> Reply:
    return _estimate(api, request, _planned(api, request, project, iid), 0)


def _estimate(api: Api, request: Request, issue: Issue, seconds: int) -> Reply:
    shot = api.issues.shot(issue)
    issue.time_estimate = seconds
    changes = api.issues.changes(issue, request.actor, shot)
    api.issues.fire(issue, request.actor, "update", changes, chain=request.header(CHAIN))
    return Reply(shown_plans.time_stats(issue))


ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", f"{ISSUE}/add_spent_time", add_spent),
    ("POST", f"{ISSUE}/reset_spent_time", reset_spent),
    ("POST", f"{ISSUE}/time_estimate", estimate),
    ("POST", f"{ISSUE}/reset_time_estimate", reset_estimate),
]
