"""What happened in a project before anybody listened, read page by page through the API.

Each thing is told in the same type that a hook about it is, as far as the API knows it. Every
reader takes the client, the project, since when, and the cursor of the page before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sync.core.model.activity import Push, Release, TagPush
from sync.core.model.common import Commit, Project
from sync.core.model.pipelines import DANGLING_SOURCES, Pipeline
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_requests import build_commit, build_pipeline
from sync.gitlab.api.pagination import Cursor, JsonObject, Page, read_all, read_changed
from sync.gitlab.json_fields import mapping, person, text, timestamp, web_url
from sync.gitlab.webhooks.releases import release_assets

ZERO_SHA = "0" * 40
_MERGE_REQUEST_REF = re.compile(r"refs/merge-requests/([0-9]{1,18})/")


@dataclass(frozen=True, slots=True)
class BranchCommit:
    """A commit as seen on a branch."""

    branch: str
    commit: Commit


def read_branches(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Push]:
    """Every branch there is, told as made: at its last commit, for when it was made nobody knows.

    https://docs.gitlab.com/api/branches/#list-repository-branches
    """
    path = f"/projects/{project.id}/repository/branches"
    page = read_all(client, path, cursor, keyset=True)
    return Page(
        tuple(_parse_branch(project, json_object) for json_object in page.items),
        page.cursor,
        page.remaining,
    )


def _parse_branch(project: Project, json_object: JsonObject) -> Push:
    head, protected = build_commit(mapping(json_object.get("commit"))), json_object.get("protected")
    return Push(
        project=project,
        branch=text(json_object.get("name")),
        commits=(),
        actor=None,
        after=head.sha,
        before=ZERO_SHA,
        created=True,
        protected=protected if isinstance(protected, bool) else None,
        at=head.at,
    )


def read_tags(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[TagPush]:
    """Every tag there is. Who made it is not told, when only of annotated ones.

    https://docs.gitlab.com/api/tags/#list-all-project-repository-tags
    """
    path = f"/projects/{project.id}/repository/tags"
    page = read_all(client, path, cursor, keyset=True, order_by="name", sort="asc")
    return Page(
        tuple(_parse_tag(project, json_object) for json_object in page.items),
        page.cursor,
        page.remaining,
    )


def _parse_tag(project: Project, json_object: JsonObject) -> TagPush:
    commit = build_commit(mapping(json_object.get("commit")))
    return TagPush(
        project=project,
        tag=text(json_object.get("name")),
        sha=commit.sha or text(json_object.get("target")),
        actor=None,
        message=text(json_object.get("message")),
        at=timestamp(json_object.get("created_at")) or commit.at,
    )


def read_releases(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Release]:
    """Those released since, the newest first.

    https://docs.gitlab.com/api/releases/#list-releases
    """
    path = f"/projects/{project.id}/releases"
    page = read_all(client, path, cursor, order_by="released_at", sort="desc")
    releases = [_parse_release(project, json_object) for json_object in page.items]
    late = tuple(
        release for release in releases if not (release.released_at and release.released_at < since)
    )
    over = len(late) < len(releases)
    return Page(late, None if over else page.cursor, 0 if over else page.remaining)


def _parse_release(project: Project, json_object: JsonObject) -> Release:
    tag = text(json_object.get("tag_name"))
    address = web_url(mapping(json_object.get("_links")).get("self"))
    return Release(
        project=project,
        tag=tag,
        name=text(json_object.get("name")) or tag,
        text=text(json_object.get("description")),
        url=address or f"{project.url}/-/releases/{quote(tag, safe='')}",
        released_at=timestamp(json_object.get("released_at")),
        actor=person(json_object.get("author")),
        at=timestamp(json_object.get("created_at")),
        assets=release_assets(json_object),
    )


def read_commits(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[BranchCommit]:
    """Read the commits of the default branch, then those that other branches have beside them.

    The default branch is read as it was at the first page: pages of a commit's history never
    move. A page of branches costs one request, and one for each that got a commit since.
    https://docs.gitlab.com/api/commits/#list-repository-commits
    """
    at = cursor or {}
    if "branches" in at or not project.default_branch:
        return _read_other_branches(client, project, since, at.get("branches"))
    path, number = f"/projects/{project.id}/repository/commits", at.get("page") or 1
    head = at.get("head") or project.default_branch
    listed = client.page(path, ref_name=head, since=since.isoformat(), page=number)
    branch_commits = tuple(
        BranchCommit(project.default_branch, build_commit(item)) for item in listed.items
    )
    if listed.next is None:
        return Page(branch_commits, {"branches": None})
    head = at.get("head") or branch_commits[0].commit.sha
    return Page(branch_commits, {"head": head, "page": number + 1})


def _read_other_branches(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[BranchCommit]:
    path = f"/projects/{project.id}/repository/branches"
    page = read_all(client, path, cursor, keyset=True)
    heads = (
        (text(json_object.get("name")), build_commit(mapping(json_object.get("commit"))))
        for json_object in page.items
    )
    branch_commits = [
        BranchCommit(name, commit)
        for name, head in heads
        if name != project.default_branch and not (head.at and head.at < since)
        for commit in _commits_beside_default(client, project, head.sha, since)
    ]
    return Page(tuple(branch_commits), {"branches": page.cursor} if page.cursor else None)


def _commits_beside_default(
    client: GitLab, project: Project, head: str, since: datetime
) -> Iterator[Commit]:
    """Read what a branch has and the default branch has not: a range, as git writes it."""
    ref = f"{project.default_branch}..{head}" if project.default_branch else head
    path = f"/projects/{project.id}/repository/commits"
    return map(build_commit, client.list(path, ref_name=ref, since=since.isoformat()))


def read_pipelines(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Pipeline]:
    """Without those of parent pipelines, as with hooks; commit, actor and duration are not told.

    https://docs.gitlab.com/api/pipelines/#list-project-pipelines
    """
    page = read_changed(client, f"/projects/{project.id}/pipelines", cursor, since)
    parsed = (_parse_pipeline(project, json_object) for json_object in page.items)
    return Page(tuple(pipeline for pipeline in parsed if pipeline), page.cursor, page.remaining)


def _parse_pipeline(project: Project, json_object: JsonObject) -> Pipeline | None:
    of_request = _MERGE_REQUEST_REF.match(text(json_object.get("ref")))
    pipeline = build_pipeline(project, int(of_request[1]) if of_request else None, json_object)
    return pipeline if pipeline and pipeline.source not in DANGLING_SOURCES else None
