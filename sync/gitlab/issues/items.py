"""Issues created and changed: as few requests as can be, and every answer compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sync.core.issue_sync.key_marks import search_word, without_definition
from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    CUSTOM,
    DESCRIPTION,
    ESTIMATE,
    LINKS,
    PARENT,
    PRIORITY,
    SPRINT,
    STATUS,
    TAGS,
    TITLE,
    Author,
    Item,
    ItemAddress,
    Unreachable,
    Value,
)
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
from sync.gitlab.issues import capabilities, links, queries
from sync.gitlab.issues.asking import NotSpoken, TooMuch, ask, mutate
from sync.gitlab.issues.changes import Parameters, Setting, initial, parameters
from sync.gitlab.issues.comparing import left_out, trimmed
from sync.gitlab.issues.keys import with_definition
from sync.gitlab.issues.outcomes import not_landed
from sync.gitlab.issues.reading import IssueReader
from sync.gitlab.issues.rows import IssueRow, rest_row
from sync.gitlab.issues.terms import address_of, item_of, values_of, work_item_values
from sync.gitlab.issues.work_items import work_item_row
from sync.gitlab.json_fields import mapping, mappings, text
from sync.sentences import as_text, sentence
from sync.text.markdown.actions import disarmed
from sync.text.markdown.dialect import GITLAB
from sync.text.sides import tracker
from sync.text.tree import Document, Paragraph, Text

LOOKED_UP_AT_ONCE = 20  # keys in a question
_OF_LABELS = frozenset({PRIORITY, STATUS, TAGS})
_BY_NAME = tracker(GITLAB)  # writes names as words: no mention, no command
_ONLY_ON_UPDATE = ("state_event", "remove_labels", "add_labels")


@dataclass(slots=True)
class Written:
    """What the answers to a write tell: the last row, and which values are certain.

    What is written to an item that has moved on stays behind with it: no value is certain of that.
    """

    row: IssueRow | None = None
    values: dict[str, Value] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemWriter:
    """Writes issues through a reader's client."""

    reader: IssueReader

    def update(self, write: UpdateItem) -> Outcome:
        """Change fields of an issue, by one PUT, one mutation, or both. Raises SyncError."""
        address, written = write.address, Written()
        sent = self._parameters(write.changes, address, write.before)
        written.dropped |= sent.dropped
        if sent.rest:
            self._put(address, sent.rest, written)
        return self._further(address, sent, write.changes, written)

    def create(self, write: CreateItem, existing: ItemAddress | None) -> Outcome:
        """Create an issue with its key in the description; one that has the key is taken."""
        changes = initial(write.values)
        if existing is not None:
            return self.settled_creation(write, existing, again=True)
        reader, here = self.reader, ItemAddress("", write.project)
        sent = self._parameters(changes, here)
        description = str(sent.rest.get("description") or "")
        data = {name: value for name, value in sent.rest.items() if name not in _ONLY_ON_UPDATE}
        data |= {
            "title": data.get("title") or "",
            "description": with_definition(description, write.key, named(write.author)),
            "issue_type": write.kind or "issue",
        }
        if sent.added:
            data["labels"] = ",".join(sorted(sent.added))
        answer = mapping(reader.client.post(f"/projects/{write.project}/issues", data))
        row = rest_row(answer, reader.own_id())
        written = Written(row, self._rest_values(row), dict(sent.dropped))
        try:
            if sent.rest.get("state_event") == "close":
                self._put(address_of(row), {"state_event": "close"}, written)
        except SyncError as error:
            return Unknown(error)
        return self._further(address_of(row), sent, changes, written)

    def find_created(self, project_id: str, keys: Sequence[str]) -> dict[str, ItemAddress]:
        """Return where the items are that were created with these keys. Raises SyncError."""
        addresses: dict[str, ItemAddress] = {}
        for start in range(0, len(keys), LOOKED_UP_AT_ONCE):
            part = keys[start : start + LOOKED_UP_AT_ONCE]
            for key, number in self._numbers(project_id, part):
                issue = self.reader.client.get(f"/projects/{project_id}/issues/{number}")
                row = rest_row(mapping(issue), self.reader.own_id())
                if item_of(row, {}, self.reader.options).key == key:
                    addresses[key] = address_of(row)
        return addresses

    def _numbers(self, project_id: str, keys: Sequence[str]) -> list[tuple[str, str]]:
        """Return keys with the readable numbers of items whose descriptions have their words."""
        reader, words = self.reader, [search_word(key) for key in keys]
        if reader.instance.by_graphql:
            try:
                data = ask(
                    reader.client,
                    reader.instance,
                    lambda: queries.keyed(words),
                    path=reader.projects.get(project_id).path,
                )
                listed = mapping(data.get("project"))
                return [
                    (key, text(node.get("iid")))
                    for place, key in enumerate(keys)
                    for node in mappings(mapping(listed.get(f"k{place}")).get("nodes"))
                ]
            except (NotSpoken, TooMuch):
                pass
        path = f"/projects/{project_id}/issues"
        return [
            (key, str(issue.get("iid")))
            for key, word in zip(keys, words, strict=True)
            for issue in reader.client.page(path, search=word, scope="all", per_page=5).items
        ]

    def settled_creation(
        self, write: CreateItem, address: ItemAddress, *, again: bool = False
    ) -> Outcome:
        """Return what an item holds that an earlier attempt created.

        The creation itself stored title and description: another text is somebody's edit since, so
        what was sent counts as what it stored. `again`: the attempt may have had other values, so
        nothing is agreed of what differs from these.
        """
        item = self.reader.read([address])[address.id]
        if isinstance(item, Unreachable):
            return Unknown(Later("GitLab does not show what it created", code="hidden"))
        if item.moved_to:
            return Done(item=replace(item, values={}))
        missing = left_out(initial(write.values), item.values)
        if again:
            agreed = {**item.values, **dict.fromkeys(missing)}
            return Done(item=replace(item, values=agreed), dropped=missing)
        edited = {name: _stored(write.values[name]) for name in _TEXTS & missing.keys()}
        dropped = {name: text for name, text in missing.items() if name not in edited}
        return Done(item=replace(item, values={**item.values, **edited}), dropped=dropped)

    def settled_update(self, write: UpdateItem) -> Outcome:
        """Compare an item with what its fields held before: shown still, it never landed."""
        item = self.reader.read([write.address])[write.address.id]
        if isinstance(item, Unreachable):
            return Unknown(
                Later(
                    sentence("GitLab does not show the item: {text}", text=item.text), code="hidden"
                )
            )
        missing = left_out(write.changes, item.values)
        still = {
            name for name in missing if item.values.get(name) == write.before.get(name, _NOTHING)
        }
        if still and len(still) == len(write.changes):
            return not_landed()
        return Done(item=item, dropped={name: missing[name] for name in sorted(still)})

    def _parameters(
        self,
        changes: Mapping[str, Change],
        address: ItemAddress,
        before: Mapping[str, Value] | None = None,
    ) -> Parameters:
        """Return what is sent, and make the labels that it needs. Raises SyncError."""
        reader, project_id = self.reader, address.project
        labels: set[str] = set()
        has_statuses = False
        scoped = {f"{CUSTOM}{scope}" for scope in reader.options.scopes}
        if changes.keys() & (_OF_LABELS | scoped):
            project = reader.projects.get(project_id)
            has_statuses = capabilities.has_statuses(reader, project)
            if changes.keys() & {PRIORITY, STATUS, *scoped}:
                labels = reader.projects.labels(project)
        people, text = frozenset[str](), ""
        parted = reader.options.checklist and changes.keys() & {DESCRIPTION, CHECKLIST}
        if (parted or isinstance(changes.get(ASSIGNEES), SetChange)) and address.number:
            path = f"/projects/{project_id}/issues/{address.number}"
            row = rest_row(mapping(reader.client.get(path)), "")
            people = frozenset(row.assignees)
            text = without_definition(row.description)[0] if parted else ""
        fields = {name: change for name, change in changes.items() if name != LINKS}
        kinds: Mapping[str, str] = {}
        if any(name.startswith(CUSTOM) for name in changes.keys() - scoped):
            kinds = capabilities.field_kinds(reader, reader.projects.get(project_id))
        held = reader.projects.held(project_id)
        setting = Setting(
            reader.options,
            has_statuses,
            labels,
            people,
            kinds,
            before or {},
            text,
            exclusive_scopes=held is not None and held.exclusive_scopes,
        )
        sent = parameters(fields, setting)
        for name, color in sent.colored.items():
            reader.projects.ensure_label(reader.projects.get(project_id), name, color)
        return sent

    def _put(self, address: ItemAddress, data: dict[str, Any], written: Written) -> None:
        path = f"/projects/{address.project}/issues/{address.number}"
        if "description" in data:
            footer = self.reader.instance.footers.get(address.id, "")
            text = "\n\n".join(filter(None, (str(data["description"] or ""), footer)))
            fits = len(text) <= capabilities.LONGEST[DESCRIPTION]
            data = {**data, "description": text} if fits else data
        row = rest_row(mapping(self.reader.client.put(path, data)), self.reader.own_id())
        values, is_begun = self._rest_values(row), written.row is not None
        written.row = row
        if row.moved_to:
            return
        written.values |= {STATUS: values[STATUS]} if is_begun and STATUS in values else values

    def _rest_values(self, row: IssueRow) -> dict[str, Value]:
        """Return what a REST answer tells for certain: statuses of the namespace it does not."""
        project = self.reader.projects.held(row.project_id)
        has_statuses = project.has_statuses if project else None
        values = values_of(row, self.reader.options, has_status=bool(has_statuses))
        if has_statuses is None:
            values = {name: value for name, value in values.items() if name not in (STATUS, TAGS)}
        return values

    def _further(
        self,
        address: ItemAddress,
        sent: Parameters,
        changes: Mapping[str, Change],
        written: Written,
    ) -> Outcome:
        """Write what only work items take, and links; say what of the whole is stored."""
        begun = written.row is not None
        try:
            if sent.work_item:
                self._mutate_parts(address, sent.work_item, written)
            if LINKS in changes:
                written.values[LINKS] = links.change(
                    self.reader, address, changes[LINKS], written.dropped
                )
        except Later as error:
            if begun:
                return Unknown(error)
            raise
        except Refused as refused:
            if not begun:
                raise
            names = changes.keys() - written.values.keys()
            written.dropped |= dict.fromkeys(names, as_text(refused))
        return self._done(address, changes, written)

    def _mutate_parts(
        self, address: ItemAddress, fields: Mapping[str, Any], written: Written
    ) -> None:
        """Write what only work items take; where something was written already, part by part.

        One part that is refused then takes no other with it.
        """
        begun = written.row is not None
        try:
            self._mutate(address, dict(fields), written)
        except Refused:
            if not begun or len(fields) < 2:
                raise
            for name, value in fields.items():
                try:
                    self._mutate(address, {name: value}, written)
                except Refused as refused:
                    written.dropped |= dict.fromkeys(_FIELDS_OF.get(name, ()), as_text(refused))

    def _mutate(self, address: ItemAddress, fields: dict[str, Any], written: Written) -> None:
        reader = self.reader
        payload = mutate(
            reader.client,
            reader.instance,
            lambda: queries.update(reader.options, reader.instance.lacking),
            input={"id": f"gid://gitlab/WorkItem/{address.id}", **fields},
        )
        row = work_item_row(mapping(payload.get("workItem")), reader.own_id())
        row = replace(row, moved_to=written.row.moved_to) if written.row else row
        written.row = row = reader.with_move(row)
        if row.moved_to:
            return
        values = work_item_values(row, reader.options)
        # What an earlier answer told stands: now it may be what people wrote since.
        written.values = values | written.values | _written_by(fields, values)

    def _done(
        self, address: ItemAddress, changes: Mapping[str, Change], written: Written
    ) -> Outcome:
        if written.row is None:  # only links, or nothing that can be written
            item = self.reader.read([address])[address.id]
            held = item.values if isinstance(item, Item) else {}
            missing = {**left_out(changes, held), **written.dropped}
            return Done(item=item if isinstance(item, Item) else None, dropped=missing)
        item = item_of(written.row, written.values, self.reader.options)
        return Done(item=item, dropped={**left_out(changes, item.values), **written.dropped})


def _written_by(fields: Mapping[str, Any], values: Mapping[str, Value]) -> dict[str, Value]:
    """Return those values that a mutation of these fields has written."""
    names = {name for part in fields for name in _FIELDS_OF.get(part, ())}
    is_custom = "customFieldsWidget" in fields
    return {n: v for n, v in values.items() if n in names or (is_custom and n.startswith(CUSTOM))}


def _stored(sent: Value) -> str:
    return trimmed(disarmed(str(sent)))


_TEXTS = {TITLE, DESCRIPTION}
_NOTHING = object()
_FIELDS_OF = {
    "statusWidget": (STATUS,),
    "timeTrackingWidget": (ESTIMATE,),
    "iterationWidget": (SPRINT,),
    "hierarchyWidget": (PARENT,),
}


def named(author: Author | None) -> str:
    """Return the name of who wrote an item, as words of Markdown; "" where nobody is named."""
    name = " ".join(author.name.split()) if author else ""
    return _BY_NAME.write(Document((Paragraph((Text(name),)),))) if name else ""
