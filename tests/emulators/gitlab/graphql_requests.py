"""Of GitLab's GraphQL schema: a project's merge requests, their commits, and its pipelines.

https://docs.gitlab.com/api/graphql/reference/#projectmergerequests ; …/#projectpipelines
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.emulators.gitlab import graphql_reviews
from tests.emulators.gitlab.entities import Commit, MergeRequest, Pipeline, Project
from tests.emulators.gitlab.graphql_spec import PAGE, Asked, Held, Resolve, Spec, gid
from tests.emulators.gitlab.parts import plain_time, project_url

NEVER = datetime.min.replace(tzinfo=UTC)
ORDERS = {
    "CREATED_DESC": lambda mr: mr.created_at,
    "UPDATED_DESC": lambda mr: mr.updated_at,
    "MERGED_AT_DESC": lambda mr: mr.merged_at or NEVER,
}


def _merge_request(asked: Asked, place: Project, given: dict[str, Any]) -> MergeRequest | None:
    return place.merge_requests.get(int(given["iid"]))


def _merge_requests(asked: Asked, place: Project, given: dict[str, Any]) -> list[MergeRequest]:
    """An argument that is null filters nothing."""
    wanted = {
        "source_branch": given.get("sourceBranches"),
        "target_branch": given.get("targetBranches"),
        "state": [given["state"]] if given.get("state") not in (None, "all") else None,
    }
    iids = given.get("iids")
    found = [
        mr
        for mr in place.merge_requests.values()
        if (iids is None or str(mr.iid) in iids)
        and all(names is None or getattr(mr, name) in names for name, names in wanted.items())
    ]
    order = ORDERS[given.get("sort") or "CREATED_DESC"]
    return sorted(found, key=lambda mr: (order(mr), mr.id), reverse=True)


def _pipelines(asked: Asked, place: Project, given: dict[str, Any]) -> list[Held]:
    """Newest first; of `scope: TAGS` the newest of each tag."""
    found = [
        one
        for one in place.pipelines.values()
        if given.get("ref") in (None, one.ref)
        and given.get("status") in (None, one.status.upper())
        and (given.get("scope") != "TAGS" or _newest_of_tag(place, one))
    ]
    return [Held(place, one) for one in sorted(found, key=lambda one: -one.id)]


def _newest_of_tag(place: Project, run: Pipeline) -> bool:
    newest = max(each.id for each in place.pipelines.values() if each.ref == run.ref)
    return run.tag and run.id == newest


def _commits(asked: Asked, mr: MergeRequest, given: dict[str, Any]) -> list[Commit]:
    """Newest first."""
    place = asked.state.projects[mr.project_id]
    return [place.commits[sha] for sha in reversed(mr.shas)]


def _commits_without_merges(asked: Asked, mr: MergeRequest, given: dict[str, Any]) -> list[Commit]:
    return [commit for commit in _commits(asked, mr, given) if len(commit.parent_ids) < 2]


def _url(asked: Asked, mr: MergeRequest, given: dict[str, Any]) -> str:
    base = project_url(asked.state, asked.state.projects[mr.project_id])
    return f"{base}/-/merge_requests/{mr.iid}"


def _commit_url(asked: Asked, one: Commit, given: dict[str, Any]) -> str:
    place = next(each for each in asked.state.projects.values() if one.id in each.commits)
    return f"{project_url(asked.state, place)}/-/commit/{one.id}"


def _of(name: str) -> Resolve:
    return lambda asked, one, given: getattr(one, name)


PROJECT: dict[str, Spec] = {
    "mergeRequest": Spec("MergeRequest", _merge_request, {"iid": "String!"}),
    "mergeRequests": Spec(
        "MergeRequestConnection",
        _merge_requests,
        PAGE
        | {
            "iids": "[String!]",
            "sourceBranches": "[String!]",
            "targetBranches": "[String!]",
            "state": "MergeRequestState",
            "sort": "MergeRequestSort",
        },
        searches=True,
    ),
    "pipelines": Spec(
        "PipelineConnection",
        _pipelines,
        PAGE | {"ref": "String", "status": "PipelineStatusEnum", "scope": "PipelineScopeEnum"},
        searches=True,
    ),
}
TYPES: dict[str, dict[str, Spec]] = {
    "MergeRequest": {
        "id": Spec("ID", lambda a, mr, g: gid("MergeRequest", mr.id)),
        "iid": Spec("String", lambda a, mr, g: str(mr.iid)),
        "title": Spec("String", _of("title")),
        "description": Spec("String", _of("description")),
        "state": Spec("MergeRequestState", _of("state")),
        "draft": Spec("Boolean", _of("draft")),
        "webUrl": Spec("String", _url),
        "sourceBranch": Spec("String", _of("source_branch")),
        "targetBranch": Spec("String", _of("target_branch")),
        "sourceProjectId": Spec("Int", _of("source_id")),
        "diffHeadSha": Spec("String", _of("head_sha")),
        "mergeCommitSha": Spec("String", _of("merge_commit_sha")),
        "mergedAt": Spec("Time", lambda a, mr, g: plain_time(mr.merged_at)),
        "author": Spec("MergeRequestAuthor", lambda a, mr, g: a.state.users[mr.author_id]),
        "commits": Spec("CommitConnection", _commits, PAGE),
        "commitsWithoutMergeCommits": Spec("CommitConnection", _commits_without_merges, PAGE),
    }
    | graphql_reviews.OF_REQUEST,
    **graphql_reviews.TYPES,
    "MergeRequestAuthor": {
        "username": Spec("String", _of("username")),
        "name": Spec("String", _of("name")),
    },
    "Commit": {
        "id": Spec("ID", lambda a, one, g: gid("CommitPresenter", one.id)),
        "sha": Spec("String", _of("id")),
        "title": Spec("String", _of("title")),
        "message": Spec("String", _of("message")),
        "authorName": Spec("String", _of("author_name")),
        "authorEmail": Spec("String", _of("author_email")),
        "authoredDate": Spec("Time", lambda a, one, g: plain_time(one.authored)),
        "committedDate": Spec("Time", lambda a, one, g: plain_time(one.at)),
        "webUrl": Spec("String", _commit_url),
    },
}
