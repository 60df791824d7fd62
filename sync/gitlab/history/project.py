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
from sync.core.model.common import Commit, Pipeline, Project
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_requests import commit_of, pipeline_of
from sync.gitlab.api.pagination import Cursor, Page, Told, changed, everything
from sync.gitlab.dates import moment
from sync.gitlab.json_fields import link, mapping, text
from sync.gitlab.people import person

NO_COMMIT = "0" * 40
_OF_REQUEST = re.compile(r"refs/merge-requests/([0-9]{1,18})/")


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit as seen on a branch."""

    branch: str
    commit: Commit


def branches(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Push]:
    """Every branch there is, told as made: at its last commit, for when it was made nobody knows.

    https://docs.gitlab.com/api/branches/#list-repository-branches
    """
    path = f"/projects/{project.id}/repository/branches"
    page = everything(client, path, cursor, keyset=True)
    return Page(tuple(_branch(project, told) for told in page.items), page.cursor, page.left)


def _branch(project: Project, told: Told) -> Push:
    head, protected = commit_of(mapping(told.get("commit"))), told.get("protected")
    return Push(
        project=project,
        branch=text(told.get("name")),
        commits=(),
        actor=None,
        after=head.sha,
        before=NO_COMMIT,
        created=True,
        protected=protected if isinstance(protected, bool) else None,
        at=head.at,
    )


def tags(client: GitLab, project: Project, since: datetime, cursor: Cursor | None) -> Page[TagPush]:
    """Every tag there is. Who made it is not told, when only of annotated ones.

    https://docs.gitlab.com/api/tags/#list-all-project-repository-tags
    """
    path = f"/projects/{project.id}/repository/tags"
    page = everything(client, path, cursor, keyset=True, order_by="name", sort="asc")
    return Page(tuple(_tag(project, told) for told in page.items), page.cursor, page.left)


def _tag(project: Project, told: Told) -> TagPush:
    commit = commit_of(mapping(told.get("commit")))
    return TagPush(
        project=project,
        tag=text(told.get("name")),
        sha=commit.sha or text(told.get("target")),
        actor=None,
        message=text(told.get("message")),
        at=moment(told.get("created_at")) or commit.at,
    )


def releases(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Release]:
    """Those released since, the newest first.

    https://docs.gitlab.com/api/releases/#list-releases
    """
    path = f"/projects/{project.id}/releases"
    page = everything(client, path, cursor, order_by="released_at", sort="desc")
    found = [_release(project, told) for told in page.items]
    late = tuple(one for one in found if not (one.released_at and one.released_at < since))
    over = len(late) < len(found)
    return Page(late, None if over else page.cursor, 0 if over else page.left)


def _release(project: Project, told: Told) -> Release:
    tag = text(told.get("tag_name"))
    address = link(mapping(told.get("_links")).get("self"))
    return Release(
        project=project,
        tag=tag,
        name=text(told.get("name")) or tag,
        text=text(told.get("description")),
        url=address or f"{project.url}/-/releases/{quote(tag, safe='')}",
        released_at=moment(told.get("released_at")),
        actor=person(told.get("author")),
        at=moment(told.get("created_at")),
    )


def commits(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Committed]:
    """The commits of the default branch, then those that other branches have beside them.

    The default branch is read as it was at the first page: pages of a commit's history never
    move. A page of branches costs one request, and one for each that got a commit since.
    https://docs.gitlab.com/api/commits/#list-repository-commits
    """
    at = cursor or {}
    if "branches" in at or not project.default_branch:
        return _beside(client, project, since, at.get("branches"))
    path, number = f"/projects/{project.id}/repository/commits", at.get("page") or 1
    head = at.get("head") or project.default_branch
    listed = client.page(path, ref_name=head, since=since.isoformat(), page=number)
    found = tuple(Committed(project.default_branch, commit_of(told)) for told in listed.items)
    if listed.next is None:
        return Page(found, {"branches": None})
    head = at.get("head") or found[0].commit.sha
    return Page(found, {"head": head, "page": number + 1})


def _beside(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Committed]:
    path = f"/projects/{project.id}/repository/branches"
    page = everything(client, path, cursor, keyset=True)
    heads = (
        (text(told.get("name")), commit_of(mapping(told.get("commit")))) for told in page.items
    )
    found = [
        Committed(name, commit)
        for name, head in heads
        if name != project.default_branch and not (head.at and head.at < since)
        for commit in _own(client, project, head.sha, since)
    ]
    return Page(tuple(found), {"branches": page.cursor} if page.cursor else None)


def _own(client: GitLab, project: Project, head: str, since: datetime) -> Iterator[Commit]:
    """What a branch has and the default branch has not: a range, as git writes it."""
    ref = f"{project.default_branch}..{head}" if project.default_branch else head
    path = f"/projects/{project.id}/repository/commits"
    return map(commit_of, client.list(path, ref_name=ref, since=since.isoformat()))


def pipelines(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Pipeline]:
    """Without those of parent pipelines, as with hooks; commit, actor and duration are not told.

    https://docs.gitlab.com/api/pipelines/#list-project-pipelines
    """
    page = changed(client, f"/projects/{project.id}/pipelines", cursor, since)
    found = (_pipeline(project, told) for told in page.items)
    return Page(tuple(one for one in found if one), page.cursor, page.left)


def _pipeline(project: Project, told: Told) -> Pipeline | None:
    of_request = _OF_REQUEST.match(text(told.get("ref")))
    one = pipeline_of(project, int(of_request[1]) if of_request else None, told)
    return one if one and one.source != "parent_pipeline" else None
