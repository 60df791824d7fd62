"""Comments of issues: written with our key behind the text, edited, deleted, found again.

https://www.jetbrains.com/help/youtrack/devportal/resource-api-issues-issueID-comments.html
"""

from __future__ import annotations

from typing import Any

from sync.core.issue_sync.writes import (
    AddComment,
    DeleteComment,
    Done,
    EditComment,
    NotDone,
    Outcome,
    Unknown,
)
from sync.errors import Later, Refused, SyncError
from sync.youtrack.api.client import encode_segment
from sync.youtrack.issues import rows
from sync.youtrack.issues.keys import marked, unmarked
from sync.youtrack.issues.outcomes import not_landed
from sync.youtrack.issues.projects import GONE
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.issues.true_authors import TrueAuthors
from sync.youtrack.json_fields import mapping, text


def add(reader: IssueReader, authors: TrueAuthors, write: AddComment) -> Outcome:
    """Write a comment, in its author's name where our app can. Raises SyncError.

    One among us is shown to the project's team alone.
    """
    address = write.address
    if write.person:
        words = marked(write.own_text, write.key)
        author_id, internal = write.author.id, write.internal
        if authors.comment(address.project, author_id, address.id, words, internal=internal):
            return _written(reader, write)
    data: dict[str, Any] = {"text": marked(write.text, write.key), "usesMarkdown": True}
    if write.internal:
        team = reader.instance.project(write.address.project).team_id
        if not team:
            raise Refused("The project shows no team that could see the comment", code="no_team")
        data["visibility"] = {"$type": "LimitedVisibility", "permittedGroups": [{"id": team}]}
    path = f"/issues/{encode_segment(write.address.id)}/comments"
    row = mapping(reader.client.post(path, data, fields=rows.COMMENT))
    comment = rows.comment_of(row, reader.own_id())
    if write.internal and not comment.internal:
        return _taken_back(reader, write, comment.id)
    return Done(comment=comment)


def _written(reader: IssueReader, write: AddComment) -> Outcome:
    """Return a comment that the app has written: its answer does not tell the comment's id."""
    lost = Later("YouTrack does not show the comment that was written", sent=True, code="hidden")
    try:
        outcome = settle_added(reader, write)
    except SyncError as error:
        return Unknown(error)
    if not isinstance(outcome, Done):
        return Unknown(lost)
    if write.internal and outcome.comment is not None and not outcome.comment.internal:
        return _taken_back(reader, write, outcome.comment.id)
    return outcome


def _taken_back(reader: IssueReader, write: AddComment, comment_id: str) -> Outcome:
    """Delete a comment among us that everybody would see. Raises SyncError, Refused at the best."""
    path = f"/issues/{encode_segment(write.address.id)}/comments"
    reader.client.delete(f"{path}/{encode_segment(comment_id)}")
    raise Refused("YouTrack would show the comment to everybody", code="not_internal")


def edit(reader: IssueReader, write: EditComment) -> Outcome:
    """Replace the text of a comment, whose key stays. Raises SyncError.

    A comment that was deleted softly takes a text in silence, and stays deleted. One that stands
    under its author's name does not name the author.
    """
    path, row = _path(write), _row(reader, write)
    if row.get("deleted") is True:
        return NotDone(Refused("The comment was deleted in YouTrack", code=GONE))
    key = unmarked(text(row.get("text")))[1]
    is_theirs = text(mapping(row.get("author")).get("id")) != reader.own_id()
    words = write.own_text or write.text if is_theirs else write.text
    data = {"text": marked(words, key) if key else words}
    stored = mapping(reader.client.post(path, data, fields=rows.COMMENT))
    return Done(comment=rows.comment_of(stored, reader.own_id()))


def delete(reader: IssueReader, write: DeleteComment) -> Outcome:
    """Delete a comment; one that is gone already is done. Raises SyncError."""
    try:
        reader.client.delete(_path(write))
    except Refused as refused:
        if refused.code != GONE:
            raise
    return Done()


def _path(write: EditComment | DeleteComment) -> str:
    issue, comment = encode_segment(write.address.id), encode_segment(write.comment_id)
    return f"/issues/{issue}/comments/{comment}"


def _row(reader: IssueReader, write: EditComment | DeleteComment) -> dict[str, Any]:
    return mapping(reader.client.get(_path(write), fields=rows.COMMENT))


def settle_added(reader: IssueReader, write: AddComment) -> Outcome:
    """Look for a comment by its key. Raises SyncError."""
    path = f"/issues/{encode_segment(write.address.id)}/comments"
    for row in reader.client.list(path, fields=rows.COMMENT):
        comment = rows.comment_of(row, reader.own_id())
        if comment.key == write.key and row.get("deleted") is not True:
            return Done(comment=comment)
    return not_landed("The comment")


def settle_edited(reader: IssueReader, write: EditComment) -> Outcome:
    """Look whether a comment has the new text. Raises SyncError."""
    comment = rows.comment_of(_row(reader, write), reader.own_id())
    landed = comment.text in (write.text, write.own_text or write.text)
    return Done(comment=comment) if landed else not_landed("The edit")


def settle_deleted(reader: IssueReader, write: DeleteComment) -> Outcome:
    """Look whether a comment is gone. Raises SyncError."""
    try:
        row = _row(reader, write)
    except Refused as refused:
        return Done() if refused.code == GONE else NotDone(refused)
    return Done() if row.get("deleted") is True else not_landed("The deletion")
