"""Which comments, logged work and files an item has, and how they are found again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.core.issue_sync.link import Entry, EntryKind, EntryState, LinkState
from sync.core.issue_sync.model import Comment, File, Item, SideName, TimeEntry
from sync.core.issue_sync.rules import EntryRule, LinkRules

Record = Comment | TimeEntry | File
Records = Mapping[SideName, Mapping[str, Record]]  # by id; without a side that was not read


def rule_of(rules: LinkRules, kind: EntryKind) -> EntryRule:
    """Return the rule for entries of a kind."""
    match kind:
        case EntryKind.COMMENT:
            return rules.comments
        case EntryKind.TIME:
            return rules.time
        case EntryKind.FILE:
            return rules.files


def records_of(items: Mapping[SideName, Item], kind: EntryKind) -> Records:
    """Return what was read of a kind, by side and id."""
    by_side = {side: _records(item, kind) for side, item in items.items()}
    return {
        side: {record.id: record for record in records}
        for side, records in by_side.items()
        if records is not None
    }


def _records(item: Item, kind: EntryKind) -> tuple[Record, ...] | None:
    match kind:
        case EntryKind.COMMENT:
            return item.comments
        case EntryKind.TIME:
            return item.time
        case EntryKind.FILE:
            return item.files


def content(record: Record) -> str:
    """Return what a record says; two that say the same are equal."""
    match record:
        case Comment(text=text):
            return text
        case TimeEntry(seconds=seconds, on=on, text=text, kind=kind):
            return (
                f"{seconds} {on.isoformat()} {kind}: {text}"
                if kind
                else (f"{seconds} {on.isoformat()} {text}")
            )
        case File(name=name):
            return name


def mark(record: Record) -> str:
    """Return what stays of a record when its item moves and its text is rewritten."""
    match record:
        case Comment(at=at):
            return at.isoformat()
        case TimeEntry(seconds=seconds, on=on):
            return f"{seconds} {on.isoformat()}"
        case File(name=name, size=size):
            return f"{size} {name}"


def author(record: Record) -> str:
    """Return the id of the person who wrote it, "" where the side does not tell."""
    return "" if isinstance(record, File) else record.author.id


def is_ours(
    link: LinkState, side: SideName, record: Record, other_links: frozenset[str] = frozenset()
) -> bool:
    """Whether we wrote it: in our own name, or in a person's, which only the key tells.

    A person may also copy a text with the key in it: then another record stands for that key. What
    another link of the portal's item brought from another tracker is news here.
    """
    if side is SideName.PORTAL and record.key.partition("/")[0] in other_links:
        return False
    if isinstance(record, File) or record.author.is_bridge or not record.key:
        return bool(record.key) or _is_bridges(record)
    entry = next((entry for entry in link.entries if write_key(entry) == record.key), None)
    return entry is None or entry.ids.get(side) in (None, "", record.id)


def write_key(entry: Entry) -> str:
    """Return the key of the entry's present copy."""
    return f"{entry.key}:{entry.version}" if entry.version else entry.key


def replaced(link: LinkState, entry: Entry) -> LinkState:
    """Return the link with an entry in the place of the one with its key, or added."""
    entries = tuple(entry if other.key == entry.key else other for other in link.entries)
    if all(other.key != entry.key for other in link.entries):
        entries = (*entries, entry)
    return replace(link, entries=entries)


_MOVING = (EntryState.LIVE, EntryState.UNPLACED, EntryState.REFUSED)


def without_places(link: LinkState, side: SideName) -> LinkState:
    """Return the link with the ids of a side forgotten: its item moved and gave them new ones."""
    return replace(
        link,
        entries=tuple(
            replace(entry, ids=_without(entry.ids, side), state=EntryState.UNPLACED)
            if side in entry.ids and entry.state in _MOVING
            else entry
            for entry in link.entries
        ),
    )


def given_up(link: LinkState) -> LinkState:
    """Return the link with what was not found again after a move taken as it is: not there."""
    return replace(
        link,
        moved_at=None,
        entries=tuple(
            replace(entry, state=EntryState.LIVE) if entry.state is EntryState.UNPLACED else entry
            for entry in link.entries
        ),
    )


def returned(link: LinkState, kind: EntryKind, records: Records) -> LinkState:
    """Return the link with entries alive again whose records were deleted, and are back.

    Some trackers let people restore a comment. A copy that was deleted is made anew.
    """
    return replace(
        link,
        entries=tuple(
            _restored(entry)
            if entry.kind is kind
            and entry.state is EntryState.ORIGIN_GONE
            and entry.ids.get(entry.origin) in records.get(entry.origin, {})
            else entry
            for entry in link.entries
        ),
    )


def _restored(entry: Entry) -> Entry:
    if entry.ids.get(entry.origin.other):
        return replace(entry, state=EntryState.LIVE)
    return replace(entry, state=EntryState.LIVE, content="", copy="", version=entry.version + 1)


def placed(link: LinkState, kind: EntryKind, records: Records) -> LinkState:
    """Return the link with copies found by their keys, and with moved records found again.

    A moved record is known by its author and what it says, else by its author and its date.
    """
    claimed = {
        (side, record_id) for entry in link.entries if entry.kind is kind
        for side, record_id in entry.ids.items()
    }  # fmt: skip
    entries: list[Entry] = []
    for entry in link.entries:
        if entry.kind is kind and entry.state in (EntryState.LIVE, EntryState.UNPLACED):
            for side in SideName:
                if not entry.ids.get(side) and (
                    record := _find(entry, side, records.get(side, {}), claimed)
                ):
                    claimed.add((side, record.id))
                    entry = _at(entry, side, record)
            if entry.state is EntryState.UNPLACED and _is_placed(entry):
                entry = replace(entry, state=EntryState.LIVE)
        entries.append(entry)
    return replace(link, entries=tuple(entries))


def _find(
    entry: Entry, side: SideName, records: Mapping[str, Record], claimed: set[tuple[SideName, str]]
) -> Record | None:
    free = [record for record in records.values() if (side, record.id) not in claimed]
    if side is not entry.origin:
        for record in free:
            if record.key == write_key(entry):
                return record
        unmarked = [
            record for record in free if not record.key and (entry.inline or _is_bridges(record))
        ]
        return next((r for r in unmarked if entry.copy and content(r) == entry.copy), None)
    by_author = [record for record in free if author(record) == entry.author]
    same = [record for record in by_author if content(record) == entry.content]
    dated = [record for record in by_author if mark(record) == entry.mark]
    return next(iter(same or dated), None)


def _is_bridges(record: Record) -> bool:
    return not isinstance(record, File) and record.author.is_bridge


def _at(entry: Entry, side: SideName, record: Record) -> Entry:
    copy, agreed = entry.copy, entry.content
    if side is not entry.origin:
        copy = content(record)
        if entry.copy and copy != entry.copy and isinstance(record, Comment):
            agreed = ""  # an edit went to the item that had moved on, or the move rewrote the text
    references = dict(entry.references)
    if isinstance(record, File):
        references[side] = record.reference
    return replace(
        entry,
        ids={**entry.ids, side: record.id},
        content=agreed,
        copy=copy,
        references=references,
    )


def _is_placed(entry: Entry) -> bool:
    return bool(entry.ids.get(entry.origin)) and bool(
        entry.ids.get(entry.origin.other) or not entry.copy
    )


def _without(ids: Mapping[SideName, str], side: SideName) -> Mapping[SideName, str]:
    return {other: record_id for other, record_id in ids.items() if other is not side}
