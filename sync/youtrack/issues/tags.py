"""Tags of issues, added and taken off one by one, so that those set meanwhile stay.

https://www.jetbrains.com/help/youtrack/devportal/resource-api-issues-issueID-tags.html
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from sync.core.issue_sync.writes import SetChange
from sync.errors import Refused, SyncError
from sync.youtrack.api.client import encode_segment
from sync.youtrack.issues.outcomes import as_sent
from sync.youtrack.issues.projects import GONE
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.json_fields import mapping, mappings, text


def tag_id(reader: IssueReader, name: str) -> str:
    """Return the id of a tag that our account can use; it is made where it lacks."""
    held = reader.instance.memory.tags
    if name.casefold() not in held:
        rows = reader.client.list("/tags", query=name, fields="id,name")
        for row in rows:
            held.setdefault(text(row.get("name")).casefold(), text(row.get("id")))
    if name.casefold() not in held:
        made = mapping(reader.client.post("/tags", {"name": name}, fields="id,name"))
        held[name.casefold()] = text(made.get("id"))
    return held[name.casefold()]


def change(
    reader: IssueReader, issue_id: str, add: Set[str], remove: Set[str]
) -> dict[str, Refused]:
    """Add and take off tags; return those that were refused, which stop no other.

    Raises SyncError; once a tag is stored, what is raised says that the write may have happened.
    Capitals make no other tag: one that is only spelled anew is not taken off.
    """
    path = f"/issues/{encode_segment(issue_id)}/tags"
    remove = _others(remove, add)
    refusals: dict[str, Refused] = {}
    begun = False
    try:
        for name in sorted(add):
            try:
                _add(reader, path, name)
                begun = True
            except Refused as refused:
                refusals[name] = refused
        for name, row in _held(reader, issue_id, remove) if remove else ():
            try:
                reader.client.delete(f"{path}/{encode_segment(text(row.get('id')))}")
                begun = True
            except Refused as refused:
                if refused.code != GONE:
                    refusals[name] = refused
    except SyncError as error:
        raise as_sent(error) if begun else error from error
    return refusals


def _add(reader: IssueReader, path: str, name: str) -> None:
    try:
        reader.client.post(path, {"id": tag_id(reader, name)}, fields="id,name")
    except Refused:  # a remembered tag may be gone
        reader.instance.memory.tags.pop(name.casefold(), None)
        reader.client.post(path, {"id": tag_id(reader, name)}, fields="id,name")


def _held(
    reader: IssueReader, issue_id: str, names: Set[str]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return those of the tags that an issue has, by the names that were asked for."""
    row = mapping(reader.client.get(f"/issues/{encode_segment(issue_id)}", fields="tags(id,name)"))
    wanted = {name.casefold(): name for name in names}
    return [
        (wanted[text(tag.get("name")).casefold()], tag)
        for tag in mappings(row.get("tags"))
        if text(tag.get("name")).casefold() in wanted
    ]


def after(shown: Set[str], held: Set[str], change: SetChange) -> frozenset[str]:
    """Return what a change leaves of the tags that were held, spelled as they are shown."""
    spelling = {name.casefold(): name for name in shown}
    removed = {name.casefold() for name in _others(change.remove, change.add)}
    left = {name for name in held if name.casefold() not in removed}
    return frozenset(left | {spelling.get(name.casefold(), name) for name in change.add})


def _others(names: Set[str], kept: Set[str]) -> frozenset[str]:
    """Return the names that are none of the kept ones, whatever their capitals."""
    folded = {name.casefold() for name in kept}
    return frozenset(name for name in names if name.casefold() not in folded)
