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
    parsed = (parse_issue(project, json_object) for json_object in page.items)
    return Page(tuple(resource for resource in parsed if resource), page.cursor, page.remaining)


def parse_issue(project: Project, json_object: JsonObject) -> Resource | None:
    """Read an issue as the API tells it; None where it has no number."""
    iid = positive_int(json_object.get("iid"))
    if iid is None:
        return None
    kind = Kind.ISSUE if text(json_object.get("issue_type")) in ("", "issue") else Kind.WORK_ITEM
    return Resource(
        project=project,
        kind=kind,
        id=str(iid),
        title=text(json_object.get("title")),
        url=web_url(json_object.get("web_url")) or f"{project.url}/-/issues/{iid}",
        state=text(json_object.get("state")),
        actor=_last_actor(json_object),
        at=timestamp(json_object.get("updated_at")) or timestamp(json_object.get("created_at")),
        labels=label_names(json_object.get("labels")),
        text=text(json_object.get("description")),
        confidential=json_object.get("confidential") is True,
    )


def _last_actor(json_object: JsonObject) -> Person | None:
    if text(json_object.get("state")) == "closed":
        return person(json_object.get("closed_by"))
    new = json_object.get("updated_at") == json_object.get("created_at")
    return person(json_object.get("author")) if new else None


def read_notes(
    of: str, client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Comment]:
    """Comments on what changed since (`of`: a key of NOTEABLES), one request for each that has
    any; without the host's own words, which hooks leave out, too."""
    page = read_changed(client, f"/projects/{project.id}/{of}", cursor, since, scope="all")
    comments = [
        note
        for json_object in page.items
        if count(json_object.get("user_notes_count"))
        for note in _read_notes_of(of, client, project, json_object, since)
    ]
    return Page(tuple(comments), page.cursor, page.remaining)


def _read_notes_of(
    of: str, client: GitLab, project: Project, json_object: JsonObject, since: datetime
) -> Iterator[Comment]:
    """Read a page of what has discussions, the latest first: what is too old ends the list."""
    on, iid = _parse_target(of, project, json_object), positive_int(json_object.get("iid"))
    listed = client.list(
        f"/projects/{project.id}/{of}/{iid}/notes",
        order_by="updated_at",
        sort="desc",
        activity_filter="only_comments",
    )
    try:
        for each in listed:
            note = parse_note(project, on, each, hidden=json_object.get("confidential") is True)
            if note and note.updated_at < since:
                return
            if note and not note.system:
                yield note
    except Refused as refused:
        if refused.code != _NOT_FOUND:
            raise


def _parse_target(of: str, project: Project, json_object: JsonObject) -> CommentTarget:
    key = str(json_object.get("iid"))
    return CommentTarget(
        kind=NOTEABLES[of],
        key=key,
        title=text(json_object.get("title")),
        url=web_url(json_object.get("web_url")) or f"{project.url}/-/{of}/{key}",
        text=text(json_object.get("description")),
    )


def parse_note(
    project: Project, on: CommentTarget, json_object: JsonObject, *, hidden: bool = False
) -> Comment | None:
    """Read a comment as the API tells it; None where too little is told.

    `hidden`: what it is on is not for everybody.
    """
    note_id, written = positive_int(json_object.get("id")), timestamp(json_object.get("created_at"))
    if note_id is None or written is None:
        return None
    return Comment(
        project=project,
        id=note_id,
        target=on,
        text=text(json_object.get("body")),
        author=person(json_object.get("author")),
        url=f"{on.url}#note_{note_id}",
        created_at=written,
        updated_at=timestamp(json_object.get("updated_at")) or written,
        system=json_object.get("system") is True,
        internal=hidden or True in (json_object.get("internal"), json_object.get("confidential")),
        file_position=file_position(json_object),
    )
