"""What is remembered of a link: what was last agreed, what was announced, what waits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import field as dataclass_field
from datetime import datetime
from enum import StrEnum

from sync.core.issue_sync.model import CUSTOM, Item, ItemAddress, SideName, Value
from sync.core.issue_sync.writes import Write
from sync.sentences import as_sentence

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ValuePair:
    """Values of a field on both sides, each in that side's own raw terms."""

    tracker: Values = field(default_factory=dict)
    portal: Values = field(default_factory=dict)

    def of(self, side: SideName) -> Values:
        """Return the values of a side."""
        return self.tracker if side is SideName.TRACKER else self.portal

    def replace(self, side: SideName, values: Values) -> ValuePair:
        """Return the pair with other values on a side."""
        if side is SideName.TRACKER:
            return ValuePair(values, self.portal)
        return ValuePair(self.tracker, values)


class EntryKind(StrEnum):
    """What the ledger keeps: each of them crosses once."""

    FILE = "file"
    COMMENT = "comment"
    TIME = "time"


class EntryState(StrEnum):
    """How far an entry of the ledger has come."""

    LIVE = "live"
    UNPLACED = "unplaced"  # its item moved and gave it a new id, which is not found yet
    ORIGIN_GONE = "origin_gone"  # deleted where it was written
    COPY_GONE = "copy_gone"  # somebody deleted the copy; it is not written again
    REFUSED = "refused"  # the other side does not take it as it is


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment, logged work or a file: written on `origin`, copied to the other side.

    `content` is what the origin said when it was last copied, `copy` what the other side stored
    of it; `author`, `mark`: who wrote it and when, by which it is found again after a move.
    `version` counts the copies; `reason`: why it is not copied. `inline`: the copy of a file that
    texts of ours show; it has no other place there.
    """

    kind: EntryKind
    origin: SideName
    key: str
    ids: Mapping[SideName, str]
    content: str = ""
    copy: str = ""
    author: str = ""
    mark: str = ""
    state: EntryState = EntryState.LIVE
    reason: str = ""
    version: int = 0
    references: Mapping[SideName, str] = field(default_factory=dict)  # of a file, in texts
    inline: bool = False


@dataclass(frozen=True, slots=True)
class FieldIntent:
    """What a write means for the base of a field once it has landed.

    `before`, `source`: what the source side's base was and becomes. `target`: the base that the
    target side gets where nothing is written. `rebased`: the target's base although more is
    stored there, because it also holds edits of its own that have yet to cross. `is_whole`: the
    field is one value, and what its write brought along belongs to it. `counterparts`: of the
    elements of a set that came or went at the source, in the target's terms.
    """

    before: Values
    source: Values
    target: Values
    rebased: Values | None = None
    is_whole: bool = True
    counterparts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """A write with its reason; `at`: when it was announced, that is saved before it was sent.

    `entry`: the ledger's entry as it is once this has landed. `edited_at`: of the target's fields,
    as read when it was planned.
    """

    side: SideName
    write: Write
    reason: str = ""
    at: datetime | None = None
    intents: Mapping[str, FieldIntent] = field(default_factory=dict)
    entry: Entry | None = None
    edited_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed a field and disagree; `winner` None: a person is asked.

    `names`: what people call the values, by `side/field/value`.
    """

    field: str
    values: ValuePair
    winner: SideName | None
    at: datetime
    names: Mapping[str, str] = dataclass_field(default_factory=dict)


class PauseReason(StrEnum):
    """Why a link stands still until somebody resumes it."""

    FUSE = "fuse"
    PERSON = "person"
    VANISHED = "vanished"  # more entries were missing than people delete
    STATUS = "status"  # the tracker's status is one that the settings let the link stand still at


@dataclass(frozen=True, slots=True)
class Pause:
    """A link stands still; `text` says why, for people."""

    reason: PauseReason
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class StoryLine:
    """What happened to a link and why, for people. `kind`: a word of sync.core.issue_sync.story."""

    at: datetime
    kind: str
    text: str
    field: str = ""
    side: SideName | None = None


@dataclass(frozen=True, slots=True)
class LinkState:
    """A link between a tracker's item and a portal's item.

    `addresses` lacks a side that has yet to be created. `clashes`: conflicts that are recorded
    and not over; `names`: what people call their values, by `side/field/value`; `decided`: whom a
    person chose. `problems`: what cannot cross now, by field.
    `refused`: by `side/field`, the source's values that the side refuses; of a set of which it left
    out a part, the elements, by `+field` and `-field`; `reasons`: why, by the same keys. `apart`:
    fields that are written one by one, because a write of several was refused. `deleted`: sides
    whose system itself reported the deletion. `awaits`: `side/id` of items that this one names and
    that are not linked yet.
    """

    key: str
    addresses: Mapping[SideName, ItemAddress] = field(default_factory=dict)
    bases: Mapping[str, ValuePair] = field(default_factory=dict)
    pending: tuple[PlannedWrite, ...] = ()
    entries: tuple[Entry, ...] = ()
    clashes: Mapping[str, ValuePair] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[str, SideName] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, Values] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    waiting: Mapping[SideName, str] = field(default_factory=dict)
    awaits: frozenset[str] = frozenset()
    deleted: frozenset[SideName] = frozenset()
    deletions_agreed: bool = False  # a person said that what vanished was deleted
    updated_at: tuple[datetime, ...] = ()  # when items were updated by us, lately
    added_at: tuple[datetime, ...] = ()  # when entries were added by us, lately
    moved_at: datetime | None = None  # when an item last moved
    pause: Pause | None = None
    ended: str = ""
    sequence: int = 0  # of updates
    generation: int = 0  # of created items: a deleted one that is created again is another


def field_word(name: str) -> str:
    """Return what a field is called for people: a field of a side's own by its name there."""
    return as_sentence(name.removeprefix(CUSTOM))


def values_of(item: Item, fields: tuple[str, ...]) -> Values | None:
    """Return those of the fields that the item holds; None where it lacks the first of them."""
    if fields[0] not in item.values:
        return None
    return {name: item.values[name] for name in fields if name in item.values}
