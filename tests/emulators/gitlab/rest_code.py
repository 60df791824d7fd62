"""Code and what runs on it: commits, branches, pipelines, jobs.

https://docs.gitlab.com/api/commits/ ; https://docs.gitlab.com/api/pipelines/
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.emulators.gitlab import access, shown, shown_requests
from tests.emulators.gitlab.entities import Commit, Pipeline, Project
from tests.emulators.gitlab.web import Reply, Request, invalid, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

PIPELINE_SCOPES = ("", "running", "pending", "finished", "branches", "tags")
JOB_SCOPES = {
    "created",
    "pending",
    "running",
    "failed",
    "success",
    "canceled",
    "skipped",
    "waiting_for_resource",
    "manual",
}


def _place(api: Api, request: Request, key: str) -> Project:
    return access.project(api.state, key, request.actor)


def commit(api: Api, request: Request, project: str, sha: str) -> Reply:
    place = _place(api, request, project)
    found = _commit(place, sha)
    head = [one for one in place.pipelines.values() if one.sha == found.id]
    more = {
        "stats": {"additions": 1, "deletions": 0, "total": 1},
        "status": head[-1].status if head else None,
        "project_id": place.id,
        "last_pipeline": shown.pipeline(api.state, place, head[-1]) if head else None,
    }
    return Reply(shown.commit(api.state, place, found) | more)


def _commit(place: Project, ref: str) -> Commit:
    """By full or short SHA, or by branch."""
    name = unquote(ref)
    if branch := place.branches.get(name):
        return place.commits[branch.head]
    for sha, found in place.commits.items():
        if len(name) >= 7 and sha.startswith(name):
            return found
    raise not_found("Commit")


def commit_requests(api: Api, request: Request, project: str, sha: str) -> Reply:
    """Merge requests that hold the commit, or were merged by it."""
    place = _place(api, request, project)
    found = _commit(place, sha).id
    inside = [
        mr
        for mr in place.merge_requests.values()
        if found in mr.shas or found == mr.merge_commit_sha
    ]
    return page(request, inside, lambda mr: shown_requests.merge_request(api.state, mr))


def branches(api: Api, request: Request, project: str) -> Reply:
    """By name; `search` understands ^start and end$."""
    place = _place(api, request, project)
    part = request.text("search")
    found = [one for _, one in sorted(place.branches.items()) if _named(one.name, part)]
    return page(request, found, lambda one: shown.branch(api.state, place, one))


def _named(name: str, part: str) -> bool:
    if part.startswith("^"):
        return name.startswith(part[1:])
    return name.endswith(part[:-1]) if part.endswith("$") else part in name


def branch(api: Api, request: Request, project: str, branch: str) -> Reply:
    place = _place(api, request, project)
    found = place.branches.get(unquote(branch))
    if found is None:
        raise not_found("Branch")
    return Reply(shown.branch(api.state, place, found))


def pipelines(api: Api, request: Request, project: str) -> Reply:
    """Filters: scope, ref, sha, status, source, updated_after; newest first."""
    place = _place(api, request, project)
    after = request.moment("updated_after")
    scope = request.one_of("scope", PIPELINE_SCOPES, "")
    found = [
        one
        for one in sorted(place.pipelines.values(), key=lambda one: -one.id)
        if _fits(api, request, place, one)
        and not (after and one.updated_at < after)
        and _in_scope(place, one, scope)
    ]
    return page(request, found, lambda one: shown.pipeline(api.state, place, one))


def _in_scope(place: Project, one: Pipeline, scope: str) -> bool:
    """`branches` and `tags` show one pipeline of each, its newest."""
    newest = max(each.id for each in place.pipelines.values() if each.ref == one.ref)
    match scope:
        case "tags" | "branches":
            return one.id == newest and (one.ref in place.tags) is (scope == "tags")
        case "running" | "pending":
            return one.status == scope
        case "finished":
            return one.status in ("success", "failed", "canceled")
    return True


def _fits(api: Api, request: Request, place: Project, one: Pipeline) -> bool:
    look = shown.pipeline(api.state, place, one)
    return all(
        name not in request.params or look[name] == request.text(name)
        for name in ("ref", "sha", "status", "source")
    )


def pipeline(api: Api, request: Request, project: str, pipeline_id: str) -> Reply:
    place = _place(api, request, project)
    return Reply(shown.whole_pipeline(api.state, place, _pipeline(place, pipeline_id)))


def jobs(api: Api, request: Request, project: str, pipeline_id: str) -> Reply:
    place = _place(api, request, project)
    found = _pipeline(place, pipeline_id)
    wanted = set(request.items("scope"))
    if wanted - JOB_SCOPES:
        raise invalid("scope does not have a valid value")
    again = request.flag("include_retried")
    shown_jobs = [one for one in reversed(found.jobs) if again or not one.retried]
    inside = [one for one in shown_jobs if not wanted or one.status in wanted]
    return page(request, inside, lambda one: shown.job(api.state, place, one, found))


def trace(api: Api, request: Request, project: str, job_id: str) -> Reply:
    """Plain text as the runner wrote it; nothing yet: an empty text. No job token may ask."""
    place = _place(api, request, project)
    jobs = (job for one in place.pipelines.values() for job in one.jobs)
    found = next((job for job in jobs if str(job.id) == job_id), None)
    if found is None:
        raise not_found("Job")
    return Reply({"text": found.trace}, headers={"Content-Type": "text/plain"})


def _pipeline(place: Project, number: str) -> Pipeline:
    found = place.pipelines.get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found()
    return found


def compare(api: Api, request: Request, project: str) -> Reply:
    """The commits that `to` has and `from` has not, oldest first; no job token may ask."""
    place = _place(api, request, project)
    start, end = _commit(place, request.text("from")), _commit(place, request.text("to"))
    seen = {one.id for one in _history(place, start)}
    new = [one for one in _history(place, end) if one.id not in seen]
    shown_commits = [shown.commit(api.state, place, one) for one in reversed(new)]
    return Reply({"commit": shown_commits[-1] if new else None, "commits": shown_commits})


def _history(place: Project, head: Commit) -> list[Commit]:
    """The commit and what stands before it, newest first."""
    found: dict[str, Commit] = {}
    waiting = [head.id]
    while waiting:
        sha = waiting.pop(0)
        if sha in place.commits and sha not in found:
            found[sha] = place.commits[sha]
            waiting += found[sha].parent_ids
    return list(found.values())
