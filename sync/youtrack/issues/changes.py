"""Changes of fields as the body of a POST, and what has to be written otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.core.issue_sync.model import DESCRIPTION, LINKS, PARENT, SPRINT, TAGS, TITLE, Value
from sync.core.issue_sync.writes import Change, SetChange
from sync.sentences import as_sentence, sentence
from sync.youtrack.issues.comparing import one_line
from sync.youtrack.issues.fields import FORMS, FieldFacts, written_value
from sync.youtrack.issues.keys import with_line
from sync.youtrack.issues.planning import is_planned
from sync.youtrack.issues.reading import IssueReader

UNKNOWN = "The project has no such field"
_APART = (TITLE, DESCRIPTION, TAGS, SPRINT, PARENT, LINKS)
NOBODY = "YouTrack has no such user, or hides the account from ours"


@dataclass(slots=True)
class Body:
    """What is sent.

    `plain`: of the issue itself; `fields`: by the name of two-way sync; `tags`; `machines`: targets
    of state machines; `planned`: sprint, parent, links; `dropped`: what cannot be written.
    """

    plain: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: SetChange = field(default_factory=SetChange)
    machines: dict[str, tuple[FieldFacts, str]] = field(default_factory=dict)
    planned: dict[str, Change] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """Return the body of one POST."""
        fields = {"customFields": list(self.fields.values())} if self.fields else {}
        return {**self.plain, **fields}


def needs_stored(changes: Mapping[str, Change], layout: Mapping[str, FieldFacts]) -> bool:
    """Tell whether the stored values are needed: multi fields are written whole."""
    return any(
        (name == TAGS and not isinstance(change, SetChange))
        or (isinstance(change, SetChange) and name in layout)
        or (name not in layout and name not in _APART)
        for name, change in changes.items()
    )


def body_of(
    reader: IssueReader,
    changes: Mapping[str, Change],
    layout: Mapping[str, FieldFacts],
    stored: Mapping[str, Value],
    issue_id: str = "",
) -> Body:
    """Return what carries out the changes. Raises SyncError: people are asked for.

    `issue_id`: a text of this issue in old wiki markup becomes Markdown, and goes on naming its
    author where our account had to create it.
    """
    body = Body()
    for name, change in changes.items():
        if name == TITLE:
            body.plain["summary"] = one_line(str(change or ""))
        elif name == DESCRIPTION:
            line = reader.instance.memory.author_lines.get(issue_id, "")
            words = str(change or "").replace("\r", "")
            body.plain["description"] = with_line(words, line) or None
            if issue_id in reader.instance.memory.old_markup:
                body.plain["usesMarkdown"] = True
        elif name == TAGS:
            body.tags = _tags(change, stored)
        elif is_planned(name, reader):
            body.planned[name] = change
        elif name not in layout:
            body.dropped[name] = UNKNOWN
        else:
            _field(reader, body, name, layout[name], change, stored.get(name))
    return body


def _tags(change: Change, stored: Mapping[str, Value]) -> SetChange:
    if isinstance(change, SetChange):
        return SetChange(change.add, change.remove - change.add)
    wanted, held = _members(change), _members(stored.get(TAGS))
    return SetChange(wanted - held, held - wanted)


def _members(value: Change) -> frozenset[str]:
    if isinstance(value, frozenset):
        return value
    return frozenset({str(value)}) if value else frozenset()


def _field(
    reader: IssueReader, body: Body, name: str, facts: FieldFacts, change: Change, stored: Value
) -> None:
    value: Value
    if isinstance(change, SetChange):
        held = _members(stored)
        value = frozenset((held | change.add) - change.remove)
        if not facts.several and change.add:
            value = change.add
    else:
        value = change
    if isinstance(value, frozenset) and len(value) > 1 and not facts.several:
        body.dropped[name] = sentence(
            "The field holds one value, not several: {values}", values=", ".join(sorted(value))
        )
        return
    if facts.is_machine and value:
        body.machines[name] = (facts, min(_members(value)))
        return
    logins: dict[str, str] = {}
    if facts.kind == "user":
        logins = {person: reader.instance.login(person) for person in _members(value)}
        if not all(logins.values()):
            body.dropped[name] = NOBODY
            value = frozenset(person for person, login in logins.items() if login)
            if not value:
                return
    try:
        written = written_value(facts, value, logins)
    except (ValueError, OverflowError):
        form = FORMS.get(facts.type_id)
        body.dropped[name] = NOBODY if form is None else _misfit(facts, value, form)
        return
    body.fields[name] = {
        "id": facts.id,
        "name": facts.name,
        "$type": facts.issue_type,
        "value": written,
    }


def _misfit(facts: FieldFacts, value: Value, form: str) -> str:
    return sentence(
        'The field {field} cannot hold "{value}": it takes {form}',
        field=facts.name,
        value=str(value),
        form=as_sentence(form),
    )
