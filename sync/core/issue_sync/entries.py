"""Plan comments, logged work and files: each crosses once, with its edits and its end. Pure.

An entry belongs to the side where it was written; its copy follows it. What is edited or deleted at
the copy stays there and is said once. Logged work is edited by deleting and adding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sync.core.issue_sync.arrivals import crosses, is_hidden, new_entries
from sync.core.issue_sync.ledger import (
    Record,
    Records,
    content,
    placed,
    records_of,
    returned,
    rule_of,
    write_key,
)
from sync.core.issue_sync.link import Entry, EntryKind, EntryState, LinkState, PlannedWrite
from sync.core.issue_sync.model import (
    DESCRIPTION,
    Comment,
    File,
    Item,
    ItemAddress,
    SideName,
    TimeEntry,
)
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.taken_back import TakenBack, noted, take_back
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    DeleteComment,
    DeleteTime,
    EditComment,
    Write,
)
from sync.sentences import sentence

VANISHED = 5  # as many and more than half of a side's at once were not deleted by people
_STATES = (EntryState.LIVE, EntryState.REFUSED)
_HIDDEN = "hidden"  # the reason of what only some people see since it was copied


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """Writes in their order, files first. `vanished`: how many are missing, where too many."""

    link: LinkState
    writes: tuple[PlannedWrite, ...] = ()
    vanished: int = 0
    remarks: tuple[str, ...] = ()


def plan_entries(link: LinkState, items: Mapping[SideName, Item], rules: LinkRules) -> EntryPlan:
    """Plan all entries of a link whose two items were read."""
    writes: list[PlannedWrite] = []
    remarks: list[str] = []
    for kind in EntryKind:
        records = records_of(items, kind)
        link = placed(returned(link, kind, records), kind, records)
        if vanished := _vanished(link, kind, records):
            return EntryPlan(link, vanished=vanished)
        if new := tuple(new_entries(link, kind, records, rules)):
            link = placed(replace(link, entries=(*link.entries, *new)), kind, records)
        taken = take_back(link, records, rules) if kind is EntryKind.TIME else TakenBack()
        entries: list[Entry] = []
        for entry in link.entries:
            if entry.kind is kind and entry.state in _STATES:
                step = _Step(link, items, records, rules, entry, taken)
                entry, planned, remark = step.plan()
                writes += [planned] if planned else []
                remarks += [remark] if remark else []
            entries.append(entry)
        link = replace(link, entries=tuple(entries))
        writes += _orphans(link, kind, items, records)
    return EntryPlan(link, tuple(writes), remarks=tuple(remarks))


def awaited_file(link: LinkState, side: SideName, text: str) -> str:
    """Return the name of a file that the text shows and that has yet to be copied, or ""."""
    for entry in link.entries:
        if entry.kind is EntryKind.FILE and entry.origin is side:
            reference = entry.references.get(side)
            waits = entry.state is EntryState.LIVE and not entry.ids.get(side.other)
            if reference and waits and reference in text:
                return entry.content
    return ""


def _vanished(link: LinkState, kind: EntryKind, records: Records) -> int:
    """Return how many entries of a side are missing, where they are too many at once."""
    if link.deletions_agreed:
        return 0
    for side in records:
        ids = [
            entry.ids[side]
            for entry in link.entries
            if entry.kind is kind and entry.state is EntryState.LIVE and entry.ids.get(side)
        ]
        missing = sum(record_id not in records[side] for record_id in ids)
        missing += sum(
            entry.kind is kind and entry.state is EntryState.LIVE and entry.origin is side
            for entry in link.entries
            if not entry.ids.get(side)
        )
        if missing >= VANISHED and missing * 2 > len(ids):
            return missing
    return 0


def _orphans(
    link: LinkState, kind: EntryKind, items: Mapping[SideName, Item], records: Records
) -> Iterator[PlannedWrite]:
    """Yield deletions of copies that stand for nothing any more.

    Their deletion was written to an item that had already moved on with a copy of them.
    """
    present = {
        write_key(entry)
        for entry in link.entries
        if entry.kind is kind
        and (entry.state is not EntryState.ORIGIN_GONE or entry.ids.get(entry.origin.other))
    }
    families = {entry.key for entry in link.entries if entry.kind is kind}
    for side, by_id in records.items():
        for record in by_id.values():
            is_copy = record.key in families or record.key.rpartition(":")[0] in families
            if not is_copy or record.key in present:
                continue
            if not _is_surely_ours(link, record):
                continue
            write = _deletion(f"{record.key}:orphan", items[side].address, kind, record.id)
            if write is not None and f"{side}/{write.key}" not in link.refused:
                yield PlannedWrite(
                    side,
                    write,
                    sentence("a copy of a {kind} stands for nothing any more", kind=kind),
                )


def _is_surely_ours(link: LinkState, record: Record) -> bool:
    """Whether a copy may be deleted: people may have copied a text of ours, with its key."""
    if isinstance(record, File) or record.author.is_bridge:
        return True
    return any(
        write_key(entry) == record.key and entry.copy == content(record) for entry in link.entries
    )


def _deletion(
    key: str, address: ItemAddress, kind: EntryKind, record_id: str, person: str = ""
) -> DeleteComment | DeleteTime | None:
    match kind:
        case EntryKind.COMMENT:
            return DeleteComment(key, address, record_id, person)
        case EntryKind.TIME:
            return DeleteTime(key, address, record_id, person)
        case EntryKind.FILE:
            return None


@dataclass(frozen=True, slots=True)
class _Step:
    """One entry, with all that decides about it."""

    link: LinkState
    items: Mapping[SideName, Item]
    records: Records
    rules: LinkRules
    entry: Entry
    taken: TakenBack

    def plan(self) -> tuple[Entry, PlannedWrite | None, str]:
        """Return the entry as it is now, its write, and a remark for the story."""
        entry, to = self.entry, self.entry.origin.other
        rule = rule_of(self.rules, entry.kind)
        if entry.origin not in self.records or not rule.direction.allows(to):
            return entry, None, ""
        record = self.records[entry.origin].get(entry.ids.get(entry.origin, ""))
        copy_id = entry.ids.get(to, "")
        if record is None:
            if copy_id and entry.state is EntryState.REFUSED:
                return entry, None, ""  # its copy cannot be deleted now
            is_counted = entry.key in self.taken.covered
            return self._deleted(copy_id if rule.deletions and not is_counted else "")
        if is_hidden(record, rule):
            return self._hidden(copy_id)
        if entry.reason == _HIDDEN:
            entry = replace(entry, reason="")
        if isinstance(record, TimeEntry):
            if entry.key in self.taken.rest:
                after, remark = noted(entry, content(record), self.taken.rest[entry.key])
                return after, None, remark
            left = self.taken.left(entry, record)
            if record.seconds and not left.seconds and not copy_id:
                return entry, None, ""
            record = left
        if copy_id and not entry.inline and copy_id not in self.records.get(to, (copy_id,)):
            remark = sentence(
                "somebody deleted the copy of a {kind} on the {to}", kind=entry.kind, to=to
            )
            return replace(entry, state=EntryState.COPY_GONE), None, remark
        is_same = self._says_the_same(record)
        if is_same and (copy_id or entry.state is EntryState.REFUSED):
            return entry, None, ""
        if isinstance(record, Comment) and awaited_file(self.link, entry.origin, record.text):
            return entry, None, ""
        return self._write(record, copy_id)

    def _hidden(self, copy_id: str) -> tuple[Entry, PlannedWrite | None, str]:
        """Return an entry that only some people see since it was copied, which is said once."""
        entry = self.entry
        if not copy_id or entry.state is not EntryState.LIVE or entry.reason == _HIDDEN:
            return entry, None, ""
        remark = sentence(
            "a {kind} is for some people of the {origin} alone now: its copy stays as it was",
            kind=entry.kind,
            origin=entry.origin,
        )
        return replace(entry, reason=_HIDDEN), None, remark

    def _says_the_same(self, record: Record) -> bool:
        now = content(record)
        if now == self.entry.content or isinstance(record, File):
            return True
        if not isinstance(record, Comment):
            return False
        return self.rules.texts.same(self.entry.origin, self.entry.content, now)

    def _deleted(self, copy_id: str) -> tuple[Entry, PlannedWrite | None, str]:
        gone = replace(self.entry, state=EntryState.ORIGIN_GONE)
        address = self.items[self.entry.origin.other].address
        key = f"{write_key(self.entry)}:delete"
        write = _deletion(key, address, self.entry.kind, copy_id, self._person())
        if write is None or not copy_id:
            return (
                gone,
                None,
                sentence(
                    "a {kind} was deleted on the {origin}",
                    kind=self.entry.kind,
                    origin=self.entry.origin,
                ),
            )
        gone = replace(gone, ids={self.entry.origin: self.entry.ids.get(self.entry.origin, "")})
        reason = sentence(
            "the {kind} was deleted on the {origin}", kind=self.entry.kind, origin=self.entry.origin
        )
        return self.entry, self._planned(write, gone, reason), ""

    def _person(self) -> str:
        return self.rules.texts.person(self.entry.origin.other, self.entry.author)

    def _write(self, record: Record, copy_id: str) -> tuple[Entry, PlannedWrite | None, str]:
        entry, to = self.entry, self.entry.origin.other
        after = replace(entry, content=content(record), state=EntryState.LIVE, reason="")
        address = self.items[to].address
        if copy_id:
            return entry, self._edited(record, copy_id, after), ""
        texts, key = self.rules.texts, write_key(entry)
        write: Write
        match record:
            case Comment():
                text, author = texts.comment(to, record), texts.author(to, record.author)
                person = self._person()
                own_text = texts.own_comment(to, record) if person else ""
                write = AddComment(key, address, text, author, record.internal, person, own_text)
            case TimeEntry(seconds=seconds, on=on):
                author, text = texts.author(to, record.author), texts.time(to, record)
                person = self._person()
                own_text = record.text if person else ""
                write = AddTime(key, address, seconds, on, text, author, person, own_text)
            case File(name=name):
                source, inline = self.items[entry.origin].address, self._is_shown(record)
                after = replace(after, inline=inline)
                person = texts.person(to, record.author_id)
                write = AddFile(key, address, name, record, source, inline, person)
        reason = sentence("a new {kind} on the {origin}", kind=entry.kind, origin=entry.origin)
        return entry, self._planned(write, after, reason), ""

    def _is_shown(self, file: File) -> bool:
        """Whether a text that crosses shows a file, which then needs no place beside it."""
        origin, rules = self.entry.origin, self.rules
        item = self.items[origin]
        description = rules.fields.get(DESCRIPTION)
        has_text = description is not None and description.direction.allows(origin.other)
        texts = [str(item.values.get(DESCRIPTION) or "")] if has_text else []
        texts += [
            comment.text
            for comment in item.comments or ()
            if crosses(self.link, comment, origin, rules.comments, rules.other_links)
        ]
        return bool(file.reference) and any(file.reference in text for text in texts)

    def _edited(self, record: Record, copy_id: str, after: Entry) -> PlannedWrite | None:
        to = self.entry.origin.other
        reason = sentence("the {kind} was edited", kind=self.entry.kind)
        address, key = self.items[to].address, write_key(self.entry)
        match record:
            case Comment():
                texts = self.rules.texts
                edit = EditComment(
                    f"{key}:edit:{self.link.sequence}",
                    address,
                    copy_id,
                    texts.comment(to, record),
                    self._person(),
                    texts.own_comment(to, record),
                )
                return self._planned(edit, after, reason)
            case TimeEntry():
                again = replace(
                    after,
                    ids={self.entry.origin: record.id},
                    copy="",
                    version=self.entry.version + 1,
                )
                delete = DeleteTime(f"{key}:delete", address, copy_id, self._person())
                return self._planned(
                    delete, again, sentence("{reason}: its copy is made anew", reason=reason)
                )
        return None

    def _planned(self, write: Write, after: Entry, reason: str) -> PlannedWrite:
        return PlannedWrite(self.entry.origin.other, write, reason, entry=after)
