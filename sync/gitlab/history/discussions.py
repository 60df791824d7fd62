"""Issues and comments of before anybody listened, read page by page through the API.

https://docs.gitlab.com/api/issues/ ; https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sync.core.model.activity import Comment, CommentTarget, Resource
from sync.core.model.common import Person, Project
from sync.core.model.kinds import Kind
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_requests import label_names
from sync.gitlab.api.pagination import Cursor, JsonObject, Page, read_changed
from sync.gitlab.json_fields import count, person, positive_int, text, timestamp, web_url
from sync.gitlab.webhooks.comments import file_position

# What may be commented on: its list in the API and on pages -> its kind.
NOTEABLES = {"merge_requests": "merge_request", "issues": "issue"}
_NOT_FOUND = "404"


def read_issues(
    client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Resource]:
    """Issues and work items. Who acted last is told only where they closed or just opened it."""
    page = read_changed(client, f"/projects/{project.id}/issues", cursor, since, scope="all")
    found = (_parse_issue(project, told) for told in page.items)
    return Page(tuple(one for one in found if one), page.cursor, page.remaining)


def _parse_issue(project: Project, told: JsonObject) -> Resource | None:
    iid = positive_int(told.get("iid"))
    if iid is None:
        return None
    kind = Kind.ISSUE if text(told.get("issue_type")) in ("", "issue") else Kind.WORK_ITEM
    return Resource(
        project=project,
        kind=kind,
        id=str(iid),
        title=text(told.get("title")),
        url=web_url(told.get("web_url")) or f"{project.url}/-/issues/{iid}",
        state=text(told.get("state")),
        actor=_last_actor(told),
        at=timestamp(told.get("updated_at")) or timestamp(told.get("created_at")),
        labels=label_names(told.get("labels")),
        text=text(told.get("description")),
        confidential=told.get("confidential") is True,
    )


def _last_actor(told: JsonObject) -> Person | None:
    if text(told.get("state")) == "closed":
        return person(told.get("closed_by"))
    new = told.get("updated_at") == told.get("created_at")
    return person(told.get("author")) if new else None


def read_notes(
    of: str, client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Comment]:
    """Comments on what changed since (`of`: a key of NOTEABLES), one request for each that has
    any; without the host's own words, which hooks leave out, too."""
    page = read_changed(client, f"/projects/{project.id}/{of}", cursor, since, scope="all")
    found = [
        note
        for told in page.items
        if count(told.get("user_notes_count"))
        for note in _read_notes_of(of, client, project, told, since)
    ]
    return Page(tuple(found), page.cursor, page.remaining)


def _read_notes_of(
    of: str, client: GitLab, project: Project, told: JsonObject, since: datetime
) -> Iterator[Comment]:
    """The latest first, so that what is too old ends the list."""
    on, iid = _parse_target(of, project, told), positive_int(told.get("iid"))
    listed = client.list(
        f"/projects/{project.id}/{of}/{iid}/notes",
        order_by="updated_at",
        sort="desc",
        activity_filter="only_comments",
    )
    try:
        for each in listed:
            note = parse_note(project, on, each, hidden=told.get("confidential") is True)
            if note and note.updated_at < since:
                return
            if note and not note.system:
                yield note
    except Refused as refused:
        if refused.code != _NOT_FOUND:
            raise


def _parse_target(of: str, project: Project, told: JsonObject) -> CommentTarget:
    key = str(told.get("iid"))
    return CommentTarget(
        kind=NOTEABLES[of],
        key=key,
        title=text(told.get("title")),
        url=web_url(told.get("web_url")) or f"{project.url}/-/{of}/{key}",
        text=text(told.get("description")),
    )


def parse_note(
    project: Project, on: CommentTarget, told: JsonObject, *, hidden: bool = False
) -> Comment | None:
    """A comment as the API tells it; None where too little is told. `hidden`: what it is on is not
    for everybody."""
    note_id, written = positive_int(told.get("id")), timestamp(told.get("created_at"))
    if note_id is None or written is None:
        return None
    return Comment(
        project=project,
        id=note_id,
        target=on,
        text=text(told.get("body")),
        author=person(told.get("author")),
        url=f"{on.url}#note_{note_id}",
        created_at=written,
        updated_at=timestamp(told.get("updated_at")) or written,
        system=told.get("system") is True,
        internal=hidden or True in (told.get("internal"), told.get("confidential")),
        file_position=file_position(told),
    )
