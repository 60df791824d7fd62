"""Files of issues: uploads that a text names. A copied one is shown by a comment of ours.

https://docs.gitlab.com/api/project_markdown_uploads/
"""

from __future__ import annotations

from collections.abc import Callable

from sync.core.issue_sync.failures import too_large_file
from sync.core.issue_sync.model import File, ItemAddress
from sync.core.issue_sync.writes import AddFile, Done, NotDone, Outcome
from sync.errors import Later, Refused
from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.issues import comments
from sync.gitlab.issues.keys import FILE, unmarked
from sync.gitlab.issues.outcomes import not_landed
from sync.gitlab.issues.rows import NoteRow
from sync.gitlab.issues.terms import UPLOAD
from sync.gitlab.json_fields import mapping, text

Fetch = Callable[[File], bytes]


def add(client: GitLab, own_id: str, write: AddFile, fetch: Fetch, most: int) -> Outcome:
    """Upload a file; what no text will show stands in a comment that has the key. Raises SyncError.

    An upload alone is seen by nobody, so one whose answer was lost is no harm.
    """
    if write.source.size is not None and write.source.size > most:
        return NotDone(too_large_file(write.name, write.source.size, most))
    content = fetch(write.source)
    if len(content) > most:
        return NotDone(too_large_file(write.name, len(content), most))
    try:
        path = f"/projects/{write.address.project}/uploads"
        uploaded = mapping(client.post_file(path, write.name, content))
    except Later as error:
        return NotDone(Later(error.message, after=error.after, cause=error.cause, code=error.code))
    markdown = text(uploaded.get("markdown"))
    if write.inline:
        return _shown(markdown, "", len(content))
    row = comments.post(client, own_id, write.address, markdown, write.key, kind=FILE)
    return _done(row, len(content))


def _done(row: NoteRow, size: int | None = None) -> Outcome:
    body, key, _ = unmarked(row.body)
    return _shown(body, key, size)


def _shown(body: str, key: str, size: int | None) -> Outcome:
    match = UPLOAD.search(body)
    if match is None:
        return NotDone(Refused("GitLab's answer names no upload", code="no_upload"))
    file_id = f"{match['secret']}/{match['name']}"
    return Done(file=File(file_id, match["name"], size, match.group(), key))


def settle(client: GitLab, own_id: str, write: AddFile) -> Outcome:
    """Look for the comment that shows the file. Raises SyncError."""
    row = comments.find(client, own_id, write.address, write.key)
    return _done(row) if row else not_landed("The file")


def download(client: GitLab, address: ItemAddress, file: File, most: int) -> bytes:
    """Return the bytes of an upload. Raises SyncError: Refused where it has more than `most`."""
    secret, _, name = file.id.partition("/")
    path = f"/projects/{address.project}/uploads/{encode_segment(secret)}/{encode_segment(name)}"
    return client.content(path, most)
