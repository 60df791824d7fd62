"""Work items: one an entry, with its day, its person and our key behind the text.

The author may be another than the creator, whose token it is. A moment is filed under its calendar
day in the time zone of whoever writes it.
https://www.jetbrains.com/help/youtrack/devportal/resource-api-issues-issueID-timeTracking-workItems.html
"""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Any

from sync.core.issue_sync.writes import AddTime, DeleteTime, Done, NotDone, Outcome
from sync.errors import Refused
from sync.youtrack.api.client import encode_segment
from sync.youtrack.issues import rows
from sync.youtrack.issues.fields import whole_minutes
from sync.youtrack.issues.keys import marked
from sync.youtrack.issues.outcomes import not_landed
from sync.youtrack.issues.projects import GONE
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.json_fields import mapping, milliseconds

_USER_ID = re.compile(r"\d+-\d+")
_NO_AUTHOR = ("400", "403")  # refusals of an author that we may not book for


def add(reader: IssueReader, write: AddTime) -> Outcome:
    """Log work in whole minutes. Raises SyncError, Refused for work below zero.

    It is booked for its person where YouTrack allows that, else the text names the person.
    """
    if write.seconds <= 0:
        raise Refused("YouTrack takes no work back by an entry below zero", code="negative")
    author_id = write.author.id
    if _USER_ID.fullmatch(author_id) and reader.instance.login(author_id):
        try:
            return _post(reader, write, {"author": {"id": author_id}}, write.text)
        except Refused as refused:
            if refused.code not in _NO_AUTHOR:
                raise
    return _post(reader, write, {}, _with_person(write))


def _post(reader: IssueReader, write: AddTime, more: dict[str, Any], words: str) -> Outcome:
    zone = reader.instance.account().zone
    data = {
        "duration": {"minutes": whole_minutes(write.seconds)},
        "date": milliseconds(datetime.combine(write.on, time(12), zone)),
        "text": marked(words, write.key),
        **more,
    }
    kind = _kind(reader, write.address.project)
    try:
        row = reader.client.post(_path(write), data | kind, fields=rows.WORK)
    except Refused as refused:
        if not kind or refused.code != "400":
            raise
        reader.instance.memory.work_types.clear()  # the type may be gone
        row = reader.client.post(_path(write), data, fields=rows.WORK)
    return Done(entry=rows.entry_of(mapping(row), reader.own_id()))


def _kind(reader: IssueReader, project: str) -> dict[str, Any]:
    """Return the type that the settings name, as it is sent; none where the project lacks it."""
    name = reader.options.work_type
    type_id = reader.instance.work_type(project, name) if name and project else ""
    return {"type": {"id": type_id}} if type_id else {}


def _with_person(write: AddTime) -> str:
    name = "" if write.author.is_bridge or write.author.name in write.text else write.author.name
    return ": ".join(part for part in (name, write.text) if part)


def _path(write: AddTime | DeleteTime) -> str:
    return f"/issues/{encode_segment(write.address.id)}/timeTracking/workItems"


def delete(reader: IssueReader, write: DeleteTime) -> Outcome:
    """Delete an entry that we logged; one that is gone already is done. Raises SyncError."""
    try:
        reader.client.delete(f"{_path(write)}/{encode_segment(write.entry_id)}")
    except Refused as refused:
        if refused.code != GONE:
            raise
    return Done()


def settle_added(reader: IssueReader, write: AddTime) -> Outcome:
    """Look for an entry by its key. Raises SyncError."""
    for row in reader.work_rows(write.address.id):
        entry = rows.entry_of(row, reader.own_id())
        if entry.key == write.key:
            return Done(entry=entry)
    return not_landed("The entry of time")


def settle_deleted(reader: IssueReader, write: DeleteTime) -> Outcome:
    """Look whether an entry is gone. Raises SyncError."""
    try:
        reader.client.get(f"{_path(write)}/{encode_segment(write.entry_id)}", fields="id")
    except Refused as refused:
        return Done() if refused.code == GONE else NotDone(refused)
    return not_landed("The deletion")
