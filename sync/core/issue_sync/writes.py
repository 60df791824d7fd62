"""What is written to a side, and how it ended. Pure.

Each write has a key of ours that names it for good: a write whose answer was lost is looked for by
it (and by what it would have changed) before anything is written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sync.core.issue_sync.model import Author, Comment, File, Item, ItemAddress, TimeEntry, Value

CREATION = "/create:"  # in the key of a created item, behind that of its link


@dataclass(frozen=True, slots=True)
class SetChange:
    """What is added to a set and taken out of it; the rest of it stays as it is."""

    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


Change = Value | SetChange


@dataclass(frozen=True, slots=True)
class CreateItem:
    """Create an item in `project`; `key` is stored in it, by which it is found again.

    `person`: as of AddComment, in whose name it is created.
    """

    key: str
    project: str
    values: Mapping[str, Value]
    kind: str = ""
    author: Author | None = None  # who wrote it: a person of this side, without an id if unknown
    person: str = ""


@dataclass(frozen=True, slots=True)
class UpdateItem:
    """Change fields of an item. `before`: what they are believed to hold, to settle it by.

    `person`: as of AddComment, who alone edited all of it.
    """

    key: str
    address: ItemAddress
    changes: Mapping[str, Change]
    before: Mapping[str, Value] = field(default_factory=dict)
    person: str = ""


@dataclass(frozen=True, slots=True)
class AddComment:
    """Write a comment; `text` is final, in the side's dialect, and names its author.

    `person`: the other side's id of its author, where they have an account of their own on this
    side; in their name `own_text` is written, which names nobody.
    """

    key: str
    address: ItemAddress
    text: str
    author: Author
    internal: bool = False
    person: str = ""
    own_text: str = ""


@dataclass(frozen=True, slots=True)
class EditComment:
    """Replace the text of a comment that we wrote; `person`, `own_text`: as of AddComment."""

    key: str
    address: ItemAddress
    comment_id: str
    text: str
    person: str = ""
    own_text: str = ""


@dataclass(frozen=True, slots=True)
class DeleteComment:
    """Delete a comment that we wrote; one that is gone already is done."""

    key: str
    address: ItemAddress
    comment_id: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class AddTime:
    """Log work; `author` is a person of the side, or names who it is in the text.

    `person`, `own_text`: as of AddComment.
    """

    key: str
    address: ItemAddress
    seconds: int
    on: date
    text: str
    author: Author
    person: str = ""
    own_text: str = ""


@dataclass(frozen=True, slots=True)
class DeleteTime:
    """Delete logged work that we wrote; one that is gone already is done."""

    key: str
    address: ItemAddress
    entry_id: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class AddFile:
    """Copy a file of the other side; its bytes are asked for when it is carried out.

    `inline`: a text will show it, so that it needs no other place where people see it. `person`: as
    of AddComment.
    """

    key: str
    address: ItemAddress
    name: str
    source: File
    source_address: ItemAddress
    inline: bool = False
    person: str = ""


Write = (
    CreateItem
    | UpdateItem
    | AddComment
    | EditComment
    | DeleteComment
    | AddTime
    | DeleteTime
    | AddFile
)


@dataclass(frozen=True, slots=True)
class Done:
    """A write that the side has stored: what it answered is stored there now, in raw terms.

    `item` has at least the fields that were written; of an item that has moved on, those alone that
    answers before its move told: what comes later stays behind with it. `dropped`: fields that the
    side silently left out, each with the likely reason; `halfway`: those of them that stopped on
    the way, at what nobody wanted. `deferred`: fields of which nothing was written, as somebody had
    just changed them: what they hold is decided anew.
    """

    item: Item | None = None
    comment: Comment | None = None
    entry: TimeEntry | None = None
    file: File | None = None
    dropped: Mapping[str, str] = field(default_factory=dict)
    halfway: frozenset[str] = frozenset()
    deferred: Mapping[str, Exception] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotDone:
    """A write that did not happen; `error` says what to do next (Later, Denied, Refused)."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Unknown:
    """A write of which nobody knows whether it happened: it is settled before anything else."""

    error: Exception


Outcome = Done | NotDone | Unknown
