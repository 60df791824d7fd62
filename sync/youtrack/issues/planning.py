"""Sprint, parent and links of an issue: no part of its body, written by requests of their own.

Which of the ways into a sprint a server has is told by no page: each is followed by a look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sync.core.issue_sync.model import LINKS, PARENT, SPRINT, Choice
from sync.core.issue_sync.writes import Change, SetChange
from sync.errors import Refused
from sync.sentences import join_sentences, sentence
from sync.youtrack.api.client import encode_segment
from sync.youtrack.issues import item_links, rows
from sync.youtrack.issues.boards import Board, sprint_of
from sync.youtrack.issues.fields import issue_field
from sync.youtrack.issues.projects import GONE
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.json_fields import mapping, mappings, text

_SILENT = "YouTrack accepted it and did not do it"
_NO_WAY = ("400", "404", "405", "500")  # of a path that a server lacks, or a command it misreads


def is_planned(name: str, reader: IssueReader) -> bool:
    """Tell whether a field is one of these, and kept in step by the settings."""
    options = reader.options
    wanted = {SPRINT: options.sprints, PARENT: options.parents, LINKS: options.links}
    return wanted.get(name, False)


def carry_out(reader: IssueReader, issue_id: str, name: str, change: Change) -> str:
    """Write one of these fields; return why it was not done, "" where it was. Raises SyncError."""
    return _WRITERS[name](reader, issue_id, change)


def _set_links(reader: IssueReader, issue_id: str, change: Change) -> str:
    """Add and remove links; a set as a whole only adds."""
    added = change.add if isinstance(change, SetChange) else _members(change)
    removed = change.remove - change.add if isinstance(change, SetChange) else frozenset[str]()
    slots = _slots(reader, issue_id)
    reasons: list[str] = []
    for link in sorted(added | removed):
        kind, _, other_id = link.partition(":")
        slot_id = slots.get(item_links.SLOTS.get(kind, ("", "")), "")
        if not slot_id:
            reasons.append(sentence("YouTrack has no link that says {kind}", kind=kind))
        elif link in added:
            reasons += filter(None, [_join(reader, issue_id, slot_id, other_id)])
        else:
            _part(reader, issue_id, slot_id, other_id)
    return join_sentences("; ", reasons)


def _set_parent(reader: IssueReader, issue_id: str, change: Change) -> str:
    """Put an issue under its parent, then take it from under any other."""
    parent = str(change or "")
    slot_id = _slots(reader, issue_id).get(item_links.PARENT_SLOT, "")
    if not slot_id:
        return "YouTrack has no link that makes an issue a subtask"
    if parent and (reason := _join(reader, issue_id, slot_id, parent)):
        return reason
    path = _slot_path(issue_id, slot_id)
    for row in list(reader.client.list(path, fields="id")):
        if text(row.get("id")) != parent:
            _part(reader, issue_id, slot_id, text(row.get("id")))
    return ""


def _slots(reader: IssueReader, issue_id: str) -> dict[tuple[str, str], str]:
    path = f"/issues/{encode_segment(issue_id)}/links"
    listed = reader.client.list(path, fields="id,direction,linkType(name)")
    return {item_links.slot_of(row): text(row.get("id")) for row in listed}


def _join(reader: IssueReader, issue_id: str, slot_id: str, other_id: str) -> str:
    """Link two issues. One with itself is accepted in silence, and nothing happens."""
    if other_id == issue_id:
        return "An issue is not linked with itself"
    try:
        reader.client.post(_slot_path(issue_id, slot_id), {"id": other_id}, fields="id")
    except Refused as refused:
        if refused.code not in _NO_WAY:
            raise
        return refused.message
    return ""


def _part(reader: IssueReader, issue_id: str, slot_id: str, other_id: str) -> None:
    """Remove a link; one that is gone already is done."""
    try:
        reader.client.delete(f"{_slot_path(issue_id, slot_id)}/{encode_segment(other_id)}")
    except Refused as refused:
        if refused.code != GONE:
            raise


def _slot_path(issue_id: str, slot_id: str) -> str:
    return f"/issues/{encode_segment(issue_id)}/links/{encode_segment(slot_id)}/issues"


def _set_sprint(reader: IssueReader, issue_id: str, change: Change) -> str:
    """Put an issue into a sprint of the board, or into none."""
    path = f"/issues/{encode_segment(issue_id)}"
    row = mapping(reader.client.get(path, fields=f"project(id),customFields({rows.FIELD})"))
    board = reader.board(text(mapping(row.get("project")).get("id")))
    target = board.sprint(str(change)) if board and change else None
    if board is None or (change and target is None):
        return "The board has no such sprint any more"
    if board.synced_field:
        return _set_synced_field(reader, issue_id, board, target, row)
    return _move(reader, issue_id, board, target)


def _set_synced_field(
    reader: IssueReader, issue_id: str, board: Board, target: Choice | None,
    row: Mapping[str, object],
) -> str:  # fmt: skip
    """Write the version field that is the sprint; versions that are no sprints stay."""
    for each in mappings(row.get("customFields")):
        field = issue_field(each)
        if field.name != board.synced_field:
            continue
        names = [target.name] if target else []
        value: object = {"name": names[0]} if names else None
        if field.several:
            sprints = {sprint.name.casefold() for sprint in board.sprints}
            held = [text(member.get("name")) for member in mappings(each.get("value"))]
            kept = [name for name in held if name.casefold() not in sprints]
            value = [{"name": name} for name in (*kept, *names)]
        sent = {"id": field.id, "name": field.name, "$type": field.issue_type, "value": value}
        answer = reader.client.post(
            f"/issues/{encode_segment(issue_id)}",
            {"customFields": [sent]},
            fields=f"customFields({rows.FIELD})",
        )
        reached = sprint_of(board, mapping(answer))
        return "" if reached == (target.id if target else None) else _SILENT
    return sentence(
        "The issue does not show the field {field}, by which the board has sprints",
        field=board.synced_field,
    )


def _move(reader: IssueReader, issue_id: str, board: Board, target: Choice | None) -> str:
    reason = ""
    if target is not None:
        command = f"add board {board.name} {target.name}"
        posted = f"{_sprint_path(board, target.id)}/issues"
        ways = (
            lambda: _command(reader, issue_id, command),
            lambda: reader.client.post(posted, {"id": issue_id}, fields="id"),
        )
        reason = _first_that_works(ways, lambda: target.id in _held(reader, issue_id))
    for sprint_id in sorted(_held(reader, issue_id) & {each.id for each in board.sprints}):
        if (target is None or sprint_id != target.id) and not reason:
            reason = _leave(reader, issue_id, board, sprint_id)
    return reason


def _leave(reader: IssueReader, issue_id: str, board: Board, sprint_id: str) -> str:
    sprint = board.sprint(sprint_id)
    command = f"remove board {board.name} {sprint.name if sprint else ''}"
    path = f"{_sprint_path(board, sprint_id)}/issues/{encode_segment(issue_id)}"
    ways = (lambda: reader.client.delete(path), lambda: _command(reader, issue_id, command))
    return _first_that_works(ways, lambda: sprint_id not in _held(reader, issue_id))


def _first_that_works(ways: tuple[Callable[[], object], ...], worked: Callable[[], bool]) -> str:
    """Try ways until the issue shows that one worked; return what the last answered."""
    reason = _SILENT
    for way in ways:
        try:
            way()
        except Refused as refused:
            if refused.code not in _NO_WAY:
                raise
            reason = refused.message
            continue
        if worked():
            return ""
    return reason


def _command(reader: IssueReader, issue_id: str, command: str) -> None:
    reader.client.post("/commands", {"query": command, "issues": [{"id": issue_id}]}, fields="id")


def _held(reader: IssueReader, issue_id: str) -> set[str]:
    """Return the ids of the sprints that an issue is in, on whichever board."""
    return {text(row.get("id")) for row in reader.sprint_rows(issue_id)}


def _sprint_path(board: Board, sprint_id: str) -> str:
    return f"/agiles/{encode_segment(board.id)}/sprints/{encode_segment(sprint_id)}"


def _members(change: Change) -> frozenset[str]:
    return change if isinstance(change, frozenset) else frozenset()


_WRITERS: Mapping[str, Callable[[IssueReader, str, Change], str]] = {
    SPRINT: _set_sprint,
    PARENT: _set_parent,
    LINKS: _set_links,
}
