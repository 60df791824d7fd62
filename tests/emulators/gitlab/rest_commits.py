"""Commits: lists, one, where it is, what it belongs to, comparisons.

https://docs.gitlab.com/api/commits/ ; https://docs.gitlab.com/api/repositories/
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.emulators.gitlab import access, ancestry, shown, shown_requests
from tests.emulators.gitlab.entities import Commit, Project
from tests.emulators.gitlab.web import ApiError, Reply, Request, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api


def index(api: Api, request: Request, project: str) -> Reply:
    """Newest first; `since` and `until` are included. A ref that is not there has no commits.
    `a..b`: what b has and a has not.

    The list is not counted: neither X-Total nor `last`. No job token may ask.
    https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access
    """
    place = access.code(api.state, project, request.actor)
    since, until = request.moment("since"), request.moment("until")
    found = [
        commit
        for commit in map(place.commits.__getitem__, _listed(request, place))
        if not (since and commit.at < since) and not (until and commit.at > until)
    ]
    path, author = request.text("path"), request.text("author")
    found = [one for one in found if _touches(one, path) and author in one.author_name]
    return page(request, found, lambda one: shown.commit(api.state, place, one), counted=False)


def _listed(request: Request, place: Project) -> list[str]:
    if request.flag("all"):
        heads = [branch.head for branch in place.branches.values()]
        return ancestry.history(place, *heads, *[tag.sha for tag in place.tags.values()])
    start, dots, end = (request.text("ref_name") or place.default_branch).rpartition("..")
    try:
        head = commit_of(place, end)
        had = ancestry.history(place, commit_of(place, start).id) if dots else []
    except ApiError:
        return []
    return [sha for sha in ancestry.history(place, head.id) if sha not in set(had)]


def _touches(one: Commit, path: str) -> bool:
    return not path or any(
        each == path or each.startswith(f"{path}/")
        for each in (*one.added, *one.modified, *one.removed)
    )


def show(api: Api, request: Request, project: str, sha: str) -> Reply:
    place = access.code(api.state, project, request.actor)
    found = commit_of(place, sha)
    runs = [one for one in place.pipelines.values() if one.sha == found.id]
    more = {
        "stats": {"additions": 1, "deletions": 0, "total": 1},
        "status": runs[-1].status if runs else None,
        "project_id": place.id,
        "last_pipeline": shown.pipeline(api.state, place, runs[-1]) if runs else None,
    }
    return Reply(shown.commit(api.state, place, found) | more)


def commit_of(place: Project, ref: str) -> Commit:
    """By full or short SHA, by branch or by tag. Raises 404."""
    name = unquote(ref)
    if branch := place.branches.get(name):
        return place.commits[branch.head]
    if tag := place.tags.get(name):
        return place.commits[tag.sha]
    for sha, found in place.commits.items():
        if len(name) >= 7 and sha.startswith(name):
            return found
    raise not_found("Commit")


def refs(api: Api, request: Request, project: str, sha: str) -> Reply:
    """The branches and tags that have the commit behind them."""
    place = access.code(api.state, project, request.actor)
    found = commit_of(place, sha)
    wanted = request.one_of("type", ("branch", "tag", "all"), "all")
    heads = [("branch", name, one.head) for name, one in place.branches.items()]
    heads += [("tag", name, one.sha) for name, one in place.tags.items()]
    holding = [
        {"type": kind, "name": name}
        for kind, name, head in heads
        if wanted in ("all", kind) and found.id in ancestry.history(place, head)
    ]
    return page(request, holding, dict)


def merge_requests(api: Api, request: Request, project: str, sha: str) -> Reply:
    """Merge requests that hold the commit, or were merged by it."""
    place = access.code(api.state, project, request.actor)
    found = commit_of(place, sha).id
    inside = [
        mr
        for mr in place.merge_requests.values()
        if found in (*mr.shas, mr.merge_commit_sha, mr.squash_commit_sha)
    ]
    return page(request, inside, lambda mr: shown_requests.merge_request(api.state, mr))


def compare(api: Api, request: Request, project: str) -> Reply:
    """The commits that `to` has and `from` has not, oldest first; no job token may ask."""
    place = access.code(api.state, project, request.actor)
    request.require("from", "to")
    start, end = (commit_of(place, request.text(name)) for name in ("from", "to"))
    seen = set(ancestry.history(place, start.id))
    new = [sha for sha in ancestry.history(place, end.id) if sha not in seen]
    told = [shown.commit(api.state, place, place.commits[sha]) for sha in reversed(new)]
    return Reply(
        {
            "commit": told[-1] if told else None,
            "commits": told,
            "diffs": [],
            "compare_timeout": False,
            "compare_same_ref": start.id == end.id,
            "web_url": f"{shown.project_url(api.state, place)}/-/compare/"
            f"{request.text('from')}...{request.text('to')}",
        }
    )


def merge_base(api: Api, request: Request, project: str) -> Reply:
    """`refs[]`, two or more. https://docs.gitlab.com/api/repositories/#merge-base"""
    place = access.code(api.state, project, request.actor)
    names = [name for given in request.items("refs") for name in given.split(",")]
    if len(names) < 2:
        raise ApiError(400, {"message": "Provide at least 2 refs"})
    heads, unknown = [], []
    for name in names:
        try:
            heads.append(commit_of(place, name).id)
        except ApiError:
            unknown.append(name)
    if unknown:
        noun = "ref" if len(unknown) == 1 else "refs"
        raise ApiError(400, {"message": f"Could not find {noun}: {', '.join(unknown)}"})
    found = ancestry.merge_base(place, heads)
    if found is None:
        raise not_found("Merge Base")
    return Reply(shown.commit(api.state, place, place.commits[found]))


BASE = "/projects/:project/repository"
ROUTES = [
    (f"{BASE}/commits/:sha", show),
    (f"{BASE}/commits/:sha/refs", refs),
    (f"{BASE}/commits/:sha/merge_requests", merge_requests),
]
WITHOUT_JOB_TOKEN = [
    (f"{BASE}/commits", index),
    (f"{BASE}/compare", compare),
    (f"{BASE}/merge_base", merge_base),
]
