"""Issues and comments of before anybody listened, read page by page through the API.

https://docs.gitlab.com/api/issues/ ; https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sync.core.model.activity import Note, Noteable, Thing
from sync.core.model.common import Person, Project
from sync.core.model.kinds import Kind
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.merge_requests import labels_of
from sync.gitlab.api.pagination import Cursor, Page, Told, changed
from sync.gitlab.dates import moment
from sync.gitlab.json_fields import count, link, text, whole
from sync.gitlab.people import person
from sync.gitlab.webhooks.comments import place_of

# What may be commented on: its list in the API and on pages -> its kind.
NOTEABLES = {"merge_requests": "merge_request", "issues": "issue"}
_GONE = "404"


def issues(client: GitLab, project: Project, since: datetime, cursor: Cursor | None) -> Page[Thing]:
    """Issues and work items. Who acted last is told only where they closed or just opened it."""
    page = changed(client, f"/projects/{project.id}/issues", cursor, since, scope="all")
    found = (_issue(project, told) for told in page.items)
    return Page(tuple(one for one in found if one), page.cursor, page.left)


def _issue(project: Project, told: Told) -> Thing | None:
    iid = whole(told.get("iid"))
    if iid is None:
        return None
    kind = Kind.ISSUE if text(told.get("issue_type")) in ("", "issue") else Kind.WORK_ITEM
    return Thing(
        project=project,
        of=kind,
        id=str(iid),
        title=text(told.get("title")),
        url=link(told.get("web_url")) or f"{project.url}/-/issues/{iid}",
        state=text(told.get("state")),
        actor=_actor(told),
        at=moment(told.get("updated_at")) or moment(told.get("created_at")),
        labels=labels_of(told.get("labels")),
        text=text(told.get("description")),
        confidential=told.get("confidential") is True,
    )


def _actor(told: Told) -> Person | None:
    if text(told.get("state")) == "closed":
        return person(told.get("closed_by"))
    new = told.get("updated_at") == told.get("created_at")
    return person(told.get("author")) if new else None


def notes(
    of: str, client: GitLab, project: Project, since: datetime, cursor: Cursor | None
) -> Page[Note]:
    """Comments on what changed since (`of`: a key of NOTEABLES), one request for each that has
    any; without the host's own words, which hooks leave out, too."""
    page = changed(client, f"/projects/{project.id}/{of}", cursor, since, scope="all")
    found = [
        note
        for told in page.items
        if count(told.get("user_notes_count"))
        for note in _notes(of, client, project, told, since)
    ]
    return Page(tuple(found), page.cursor, page.left)


def _notes(
    of: str, client: GitLab, project: Project, told: Told, since: datetime
) -> Iterator[Note]:
    """The latest first, so that what is too old ends the list."""
    on, iid = _noteable(of, project, told), whole(told.get("iid"))
    listed = client.list(
        f"/projects/{project.id}/{of}/{iid}/notes",
        order_by="updated_at",
        sort="desc",
        activity_filter="only_comments",
    )
    try:
        for each in listed:
            note = note_of(project, on, each, hidden=told.get("confidential") is True)
            if note and note.updated_at < since:
                return
            if note and not note.system:
                yield note
    except Refused as refused:
        if refused.code != _GONE:
            raise


def _noteable(of: str, project: Project, told: Told) -> Noteable:
    key = str(told.get("iid"))
    return Noteable(
        kind=NOTEABLES[of],
        key=key,
        title=text(told.get("title")),
        url=link(told.get("web_url")) or f"{project.url}/-/{of}/{key}",
        text=text(told.get("description")),
    )


def note_of(project: Project, on: Noteable, told: Told, *, hidden: bool = False) -> Note | None:
    """A comment as the API tells it; None where too little is told. `hidden`: what it is on is not
    for everybody."""
    note_id, written = whole(told.get("id")), moment(told.get("created_at"))
    if note_id is None or written is None:
        return None
    return Note(
        project=project,
        id=note_id,
        on=on,
        text=text(told.get("body")),
        author=person(told.get("author")),
        url=f"{on.url}#note_{note_id}",
        created_at=written,
        updated_at=moment(told.get("updated_at")) or written,
        system=told.get("system") is True,
        internal=hidden or True in (told.get("internal"), told.get("confidential")),
        place=place_of(told),
    )
