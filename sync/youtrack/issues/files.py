"""Files of issues: attachments, a copied one with our key inside of its name.

An attachment is shown as soon as it is uploaded, so its key has to come with it.
https://www.jetbrains.com/help/youtrack/devportal/resource-api-issues-issueID-attachments.html
"""

from __future__ import annotations

from collections.abc import Callable

from sync.core.issue_sync.failures import too_large_file
from sync.core.issue_sync.model import File, ItemAddress
from sync.core.issue_sync.writes import AddFile, Done, NotDone, Outcome
from sync.errors import Refused
from sync.youtrack.api.client import encode_segment
from sync.youtrack.issues import rows
from sync.youtrack.issues.keys import marked_name
from sync.youtrack.issues.outcomes import not_landed
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.json_fields import mapping, mappings, text, whole

Fetch = Callable[[File], bytes]


def add(reader: IssueReader, write: AddFile, fetch: Fetch) -> Outcome:
    """Upload a file, unless it is there. Raises SyncError."""
    most = reader.options.max_file_bytes
    if write.source.size is not None and write.source.size > most:
        return NotDone(too_large_file(write.name, write.source.size, most))
    content = fetch(write.source)
    if len(content) > most:
        return NotDone(too_large_file(write.name, len(content), most))
    name = marked_name(write.name, write.key)
    answer = reader.client.post_file(_path(write.address), name, content, fields=rows.FILE)
    stored = [rows.file_of(row) for row in mappings(answer) or [mapping(answer)]]
    if not stored[0].id:
        raise Refused("YouTrack's answer names no attachment", code="no_file")
    return Done(file=stored[0])


def _path(address: ItemAddress) -> str:
    return f"/issues/{encode_segment(address.id)}/attachments"


def settle(reader: IssueReader, write: AddFile) -> Outcome:
    """Look for the file by the key in its name. Raises SyncError."""
    for row in reader.client.list(_path(write.address), fields=rows.FILE):
        file = rows.file_of(row)
        if file.key == write.key and row.get("removed") is not True:
            return Done(file=file)
    return not_landed("The file")


def download(reader: IssueReader, address: ItemAddress, file: File) -> bytes:
    """Return the bytes of an attachment. Raises SyncError: Refused where it is too large.

    Its signed address lives for some days, so a fresh one is asked for.
    """
    path = f"{_path(address)}/{encode_segment(file.id)}"
    row = mapping(reader.client.get(path, fields="id,url,size"))
    most, size = reader.options.max_file_bytes, whole(row.get("size"))
    return reader.client.content(text(row.get("url")), most, size)
