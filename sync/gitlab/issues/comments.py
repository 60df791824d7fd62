"""Comments of issues: written with our key behind the text, edited, deleted, found again.

https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

from sync.core.issue_sync.model import ItemAddress
from sync.core.issue_sync.writes import (
    AddComment,
    DeleteComment,
    Done,
    EditComment,
    NotDone,
    Outcome,
)
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.keys import TEXT, marked, unmarked
from sync.gitlab.issues.outcomes import not_landed
from sync.gitlab.issues.rows import NoteRow, rest_note
from sync.gitlab.issues.terms import comment_of
from sync.gitlab.json_fields import mapping
from sync.text.markdown.actions import disarmed

MARKED_TEXT = "GitLab stored another text of the comment"
_GONE = "404"


def notes_path(address: ItemAddress) -> str:
    """Return the list of an issue's comments."""
    return f"/projects/{address.project}/issues/{address.number}/notes"


def add(client: GitLab, own_id: str, write: AddComment) -> Outcome:
    """Write a comment in which nothing is a command. Raises SyncError."""
    return _added(post(client, own_id, write.address, write.text, write.key, write.internal))


def post(
    client: GitLab,
    own_id: str,
    address: ItemAddress,
    text: str,
    key: str,
    internal: bool = False,
    kind: str = TEXT,
) -> NoteRow:
    """Post a note with a key behind it. Raises SyncError.

    A text of nothing but commands is answered 202, without an id; ours has none.
    """
    data = {"body": marked(disarmed(text), key, kind), "internal": internal}
    row = rest_note(mapping(client.post(notes_path(address), data)), own_id)
    if not row.id:
        raise Refused("GitLab took the comment for commands and kept none", code="no_note")
    return row


def _added(row: NoteRow) -> Outcome:
    return Done(comment=comment_of(row))


def read_key(client: GitLab, write: EditComment) -> tuple[str, str]:
    """Return the key and the author's id of a comment. Raises SyncError."""
    path = f"{notes_path(write.address)}/{write.comment_id}"
    row = rest_note(mapping(client.get(path)), "")
    return unmarked(row.body)[1], row.author.id


def edit(client: GitLab, own_id: str, write: EditComment, key: str) -> Outcome:
    """Replace the text of a comment, whose key stays. Raises SyncError.

    Whether it is internal cannot be changed.
    """
    path = f"{notes_path(write.address)}/{write.comment_id}"
    body = disarmed(write.text)
    row = rest_note(mapping(client.put(path, {"body": marked(body, key) if key else body})), own_id)
    return Done(comment=comment_of(row))


def delete(client: GitLab, write: DeleteComment) -> Outcome:
    """Delete a comment; one that is gone already is done. Raises SyncError."""
    try:
        client.delete(f"{notes_path(write.address)}/{write.comment_id}")
    except Refused as refused:
        if refused.code != _GONE:
            raise
    return Done()


def find(client: GitLab, own_id: str, address: ItemAddress, key: str) -> NoteRow | None:
    """Return our comment with that key, the newest first looked at. Raises SyncError."""
    rows = client.list(
        notes_path(address), activity_filter="only_comments", order_by="created_at", sort="desc"
    )
    for each in rows:
        row = rest_note(each, own_id)
        if unmarked(row.body)[1] == key:
            return row
    return None


def settle_added(client: GitLab, own_id: str, write: AddComment) -> Outcome:
    """Look for a comment by its key. Raises SyncError."""
    row = find(client, own_id, write.address, write.key)
    return _added(row) if row else not_landed("The comment")


def settle_edited(client: GitLab, own_id: str, write: EditComment) -> Outcome:
    """Look whether a comment has the new text. Raises SyncError."""
    path = f"{notes_path(write.address)}/{write.comment_id}"
    row = rest_note(mapping(client.get(path)), own_id)
    comment = comment_of(row)
    texts = {disarmed(text).replace("\r", "").rstrip() for text in (write.text, write.own_text)}
    same = bool(comment.text.rstrip()) and comment.text.rstrip() in texts
    return Done(comment=comment) if same else not_landed("The edit")


def settle_deleted(client: GitLab, write: DeleteComment) -> Outcome:
    """Look whether a comment is gone. Raises SyncError."""
    try:
        client.get(f"{notes_path(write.address)}/{write.comment_id}")
    except Refused as refused:
        if refused.code == _GONE:
            return Done()
        return NotDone(refused)
    return not_landed("The deletion")
