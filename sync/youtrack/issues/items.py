"""Issues created and changed: as few requests as can be, and every answer compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.core.issue_sync.key_marks import search_word, without_definition
from sync.core.issue_sync.model import (
    DESCRIPTION,
    TAGS,
    TITLE,
    Item,
    ItemAddress,
    Value,
)
from sync.core.issue_sync.sets import as_set
from sync.core.issue_sync.writes import (
    Change,
    CreateItem,
    Done,
    Outcome,
    SetChange,
    Unknown,
    UpdateItem,
)
from sync.errors import Later, Refused, SyncError
from sync.sentences import sentence
from sync.youtrack.issues import rows
from sync.youtrack.issues.capabilities import (
    LONGEST_TITLE,
    project_layout,
    required_fields,
)
from sync.youtrack.issues.changes import Body, body_of, needs_stored
from sync.youtrack.issues.comparing import left_out
from sync.youtrack.issues.item_parts import OF_VALUE, PartWriter
from sync.youtrack.issues.keys import with_author, with_definition
from sync.youtrack.issues.outcomes import not_landed
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.issues.true_authors import TrueAuthors, named
from sync.youtrack.json_fields import mapping, mappings, text

LOOKED_UP_AT_ONCE = 20
_NEWEST = 100
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class ItemWriter:
    """Writes issues through a reader's client."""

    reader: IssueReader
    authors: TrueAuthors

    @property
    def parts(self) -> PartWriter:
        """Return what carries out a change."""
        return PartWriter(self.reader)

    def update(self, write: UpdateItem) -> Outcome:
        """Change fields of an issue. Raises SyncError."""
        too_long(write.changes)
        address = write.address
        memory = self.reader.instance.memory
        layout = memory.layouts.get(address.project, {})
        stored: Mapping[str, Value] = {}
        # A description is written whole, with the line of its author and the kind of its markup.
        unread = DESCRIPTION in write.changes and address.id not in memory.author_lines
        if unread or needs_stored(write.changes, layout):
            row = self.reader.row(address.id, rows.BASIC)
            self.reader.remember(row)
            layout, stored = rows.layout_of(row, self.reader.options), self.parts.values(row)
        body = body_of(self.reader, write.changes, layout, stored, address.id)
        return self.parts.carry_out(address.id, write.changes, body, before=write.before)

    def create(self, write: CreateItem, existing: ItemAddress | None) -> Outcome:
        """Create an issue with its key in the description; one that has the key is taken.

        Where our account has to create it, the description names its author, too.
        """
        if existing is not None:
            return self.settled_creation(write, existing, again=True)
        changes: dict[str, Change] = {name: v for name, v in write.values.items() if v is not None}
        too_long(changes)
        layout = project_layout(self.reader, write.project)
        body = body_of(self.reader, changes, layout, {})
        description = text(body.plain.get("description"))
        plain = {
            "project": {"id": self.reader.instance.project(write.project).id},
            "summary": body.plain.get("summary") or "",
            "description": with_definition(description, write.key),
        }
        row, without_fields = self._created_for(write, plain), True
        if row is None:
            plain["description"] = with_author(str(plain["description"]), named(write.author))
            row, refused = self._created(write.project, plain, body)
            without_fields = refused is not None
        created, answered = rows.address_of(row), self.parts.values(row)
        missing = left_out(changes, answered)
        fields = (
            dict(body.fields)
            if without_fields
            else {n: body.fields[n] for n in missing if n in body.fields}
        )
        rest = Body({}, fields, body.tags, body.machines, body.planned, body.dropped)
        # What it was created with, also where nothing was asked for: later it may be an edit.
        names = answered.keys() | body.fields.keys()
        kept = {name: answered.get(name) for name in names if name not in fields}
        return self.parts.carry_out(created.id, changes, rest, row, kept)

    def _created_for(self, write: CreateItem, plain: dict[str, Any]) -> dict[str, Any] | None:
        """Create an issue in its author's name; None where our account has to."""
        author_id = write.author.id if write.author and not write.author.is_bridge else ""
        project_id = self.reader.instance.project(write.project).id
        readable = self.authors.create(project_id, author_id, write.key, plain)
        if readable is None:
            return None
        try:
            return self.reader.row(readable, rows.BASIC)
        except SyncError as error:
            raise Later(error.message, sent=True, code="created") from error

    def _created(
        self, project_id: str, plain: dict[str, Any], body: Body
    ) -> tuple[dict[str, Any], Refused | None]:
        """Create an issue; where a value is refused without its fields, which follow singly.

        Those that the project requires are given along, if it cannot be without any.
        """
        whole = plain | {"customFields": list(body.fields.values())}
        try:
            return self.parts.post("/issues", whole), None
        except Refused as refused:
            if not body.fields or refused.code not in OF_VALUE:
                raise
            first = refused
        try:
            return self.parts.post("/issues", plain), first
        except Refused as refused:
            required = required_fields(self.reader, project_id)
            needed = [sent for sent in body.fields.values() if sent["id"] in required]
            if refused.code not in OF_VALUE or not 0 < len(needed) < len(body.fields):
                raise
            return self.parts.post("/issues", plain | {"customFields": needed}), first

    def find_created(self, keys: Sequence[str]) -> dict[str, ItemAddress]:
        """Return where the issues are that were created with these keys. Raises SyncError.

        In any project: people may have moved one before its answer came. Our newest are looked at
        first: the index of words may lag behind. What our app created in a person's name is found
        by the word alone; asked again, the app creates nothing twice.
        """
        addresses: dict[str, ItemAddress] = {}
        queries = ["reporter: me sort by: created desc"]
        for start in range(0, len(keys), LOOKED_UP_AT_ONCE):
            words = map(search_word, keys[start : start + LOOKED_UP_AT_ONCE])
            queries.append(f"({' or '.join(words)})")
        for query in queries:
            if set(keys) <= addresses.keys():
                break
            fields = "id,idReadable,description,project(id)"
            for row in mappings(
                self.reader.client.get("/issues", query=query, fields=fields, top=_NEWEST)
            ):
                key = without_definition(text(row.get("description")))[1]
                if key in keys:
                    addresses.setdefault(key, rows.address_of(row))
        return addresses

    def settled_creation(
        self, write: CreateItem, address: ItemAddress, *, again: bool = False
    ) -> Outcome:
        """Return what an issue holds that an earlier attempt created.

        What that attempt did not come to is written now, if nobody has touched the issue since.
        `again`: the attempt may have had other values, so what differs from these is not agreed.
        """
        try:
            row = self.reader.row(address.id, rows.BASIC)
        except Refused:
            return Unknown(Later("YouTrack does not show what it created", code="hidden"))
        changes: dict[str, Change] = {name: v for name, v in write.values.items() if v is not None}
        values = self.parts.values(row)
        missing = left_out(changes, values)
        if self._is_untouched(row):
            if not missing:
                return self.parts.done(row, changes, {}, {})
            layout = project_layout(self.reader, write.project)
            wanted = {name: change for name, change in changes.items() if name in missing}
            body = body_of(self.reader, wanted, layout, values)
            rest = Body({}, body.fields, body.tags, body.machines, body.planned, body.dropped)
            kept = {name: value for name, value in values.items() if name not in body.fields}
            return self.parts.carry_out(address.id, changes, rest, row, kept)
        if again:
            return self.parts.done(row, changes, {}, _agreed(values, changes, missing))
        # The creation itself stored these two: another text is what somebody wrote since.
        edited = {n: write.values[n] for n in (TITLE, DESCRIPTION) if n in missing}
        return self.parts.done(row, changes, {}, edited)

    def _is_untouched(self, row: Mapping[str, Any]) -> bool:
        updater = text(mapping(row.get("updater")).get("id"))
        return updater == self.reader.own_id() or row.get("updated") == row.get("created")

    def settled_update(self, write: UpdateItem) -> Outcome:
        """Compare an issue with what its fields held before: shown still, it never landed."""
        item = self.reader.read([write.address])[write.address.id]
        if not isinstance(item, Item):
            return Unknown(
                Later(
                    sentence("YouTrack does not show the issue: {text}", text=item.text),
                    code="hidden",
                )
            )
        missing = left_out(write.changes, item.values)
        still = {n for n in missing if item.values.get(n) == write.before.get(n, _NOTHING)}
        if still and len(still) == len(write.changes):
            return not_landed()
        return Done(item=item, dropped={name: missing[name] for name in sorted(still)})


def _agreed(
    values: Mapping[str, Value], changes: Mapping[str, Change], missing: Collection[str]
) -> dict[str, Value]:
    """Return what an issue shows of what was asked for; the rest may be what people did since."""
    agreed = {n: v if n in changes and n not in missing else None for n, v in values.items()}
    if agreed.get(TAGS):
        asked = {name.casefold() for name in as_set(changes[TAGS])}  # type: ignore[arg-type]
        agreed[TAGS] = frozenset(n for n in as_set(values[TAGS]) if n.casefold() in asked)
    return agreed


def too_long(changes: Mapping[str, Change]) -> None:
    """Raise Refused for a title that is longer than ours may be."""
    title = changes.get(TITLE)
    if isinstance(title, str) and len(title) > LONGEST_TITLE:
        raise Refused(
            sentence(
                "The title has {count} characters, more than {most}",
                count=len(title),
                most=LONGEST_TITLE,
            ),
            change="Shorten the title",
            code="too_long",
        )


__all__ = ["ItemWriter", "SetChange"]
