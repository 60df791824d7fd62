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
        tuple(_parse_branch(project, told) for told in page.items), page.cursor, page.remaining
    )


def _parse_branch(project: Project, told: JsonObject) -> Push:
    head, protected = build_commit(mapping(told.get("commit"))), told.get("protected")
    return Push(
        project=project,
        branch=text(told.get("name")),
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
        tuple(_parse_tag(project, told) for told in page.items), page.cursor, page.remaining
    )


def _parse_tag(project: Project, told: JsonObject) -> TagPush:
    commit = build_commit(mapping(told.get("commit")))
    return TagPush(
        project=project,
        tag=text(told.get("name")),
        sha=commit.sha or text(told.get("target")),
        actor=None,
        message=text(told.get("message")),
        at=timestamp(told.get("created_at")) or commit.at,
    )


def read_releases(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Release]:
    """Those released since, the newest first.

    https://docs.gitlab.com/api/releases/#list-releases
    """
    path = f"/projects/{project.id}/releases"
    page = read_all(client, path, cursor, order_by="released_at", sort="desc")
    found = [_parse_release(project, told) for told in page.items]
    late = tuple(one for one in found if not (one.released_at and one.released_at < since))
    over = len(late) < len(found)
    return Page(late, None if over else page.cursor, 0 if over else page.remaining)


def _parse_release(project: Project, told: JsonObject) -> Release:
    tag = text(told.get("tag_name"))
    address = web_url(mapping(told.get("_links")).get("self"))
    return Release(
        project=project,
        tag=tag,
        name=text(told.get("name")) or tag,
        text=text(told.get("description")),
        url=address or f"{project.url}/-/releases/{quote(tag, safe='')}",
        released_at=timestamp(told.get("released_at")),
        actor=person(told.get("author")),
        at=timestamp(told.get("created_at")),
    )


def read_commits(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[BranchCommit]:
    """The commits of the default branch, then those that other branches have beside them.

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
    found = tuple(BranchCommit(project.default_branch, build_commit(told)) for told in listed.items)
    if listed.next is None:
        return Page(found, {"branches": None})
    head = at.get("head") or found[0].commit.sha
    return Page(found, {"head": head, "page": number + 1})


def _read_other_branches(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[BranchCommit]:
    path = f"/projects/{project.id}/repository/branches"
    page = read_all(client, path, cursor, keyset=True)
    heads = (
        (text(told.get("name")), build_commit(mapping(told.get("commit")))) for told in page.items
    )
    found = [
        BranchCommit(name, commit)
        for name, head in heads
        if name != project.default_branch and not (head.at and head.at < since)
        for commit in _commits_beside_default(client, project, head.sha, since)
    ]
    return Page(tuple(found), {"branches": page.cursor} if page.cursor else None)


def _commits_beside_default(
    client: GitLab, project: Project, head: str, since: datetime
) -> Iterator[Commit]:
    """What a branch has and the default branch has not: a range, as git writes it."""
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
    found = (_parse_pipeline(project, told) for told in page.items)
    return Page(tuple(one for one in found if one), page.cursor, page.remaining)


def _parse_pipeline(project: Project, told: JsonObject) -> Pipeline | None:
    of_request = _MERGE_REQUEST_REF.match(text(told.get("ref")))
    one = build_pipeline(project, int(of_request[1]) if of_request else None, told)
    return one if one and one.source not in DANGLING_SOURCES else None
