"""A task and its issue as each side holds them, in that side's own raw terms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

Value = str | int | frozenset[str] | None
"""A field in a side's raw terms: text as stored, seconds, an ISO date, the id of a choice, a set
of ids or names. None: empty."""

TITLE = "title"
DESCRIPTION = "description"
ASSIGNEES = "assignees"  # a set of the side's ids of people; the portal's responsible is LEAD
LEAD = "lead"  # one id: whom the side names first, where it has such a person
PRIORITY = "priority"
STATUS = "status"  # the id of a choice; it says whether the item is finished
STAGE = "stage"  # a column of a board, where the side keeps it apart from the status
DEADLINE = "deadline"  # an ISO date on a tracker; as the side stores it
TAGS = "tags"
ESTIMATE = "estimate"  # seconds
CHECKLIST = "checklist"
PARENT = "parent"  # the item's id for good
LINKS = "links"  # a set of `kind:id`, the kinds by the words below
SPRINT = "sprint"
RELATES, BLOCKS, BLOCKED = "relates_to", "blocks", "is_blocked_by"
CUSTOM = "custom:"  # prefix of a field of the side's own, followed by its name there


class SideName(StrEnum):
    """The two ends of a link."""

    TRACKER = "tracker"
    PORTAL = "portal"

    @property
    def other(self) -> SideName:
        """Return the other end."""
        return SideName.PORTAL if self is SideName.TRACKER else SideName.TRACKER


@dataclass(frozen=True, slots=True)
class ItemAddress:
    """Where an item is asked for.

    `id` stays for good and is what links are kept by; `project` (a tracker's project, a portal's
    workgroup) and `number` (the readable number in it) change when it moves.
    """

    id: str
    project: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote something; `id` "" where the side does not tell, `is_bridge`: our own account.

    `login`: the name that they sign in with, where the side tells it.
    """

    id: str
    name: str = ""
    is_bridge: bool = False
    login: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; `text` in the side's dialect, as stored. `key`: ours, where we wrote it."""

    id: str
    author: Author
    text: str
    at: datetime
    edited_at: datetime | None = None
    internal: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Logged work; `seconds` is negative where a side takes time back by an entry.

    `kind`: what kind of work it was, in the side's own word, where it knows kinds.
    """

    id: str
    author: Author
    seconds: int
    on: date
    text: str = ""
    key: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file of an item; `reference` is how the item's own text names it.

    `author_id`: of who added it, "" where that is not told. `internal`: as of Comment.
    """

    id: str
    name: str
    size: int | None = None
    reference: str = ""
    key: str = ""
    author_id: str = ""
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A task or an issue as a side holds it now.

    `values` has the fields that the side can hold, and no others. `comments`, `time`, `files` are
    None where they were not read. `edited_at` says when a field was last edited, where known.
    `active_at`: when anything last happened to it, where that is not `updated_at`. `version`: other
    whenever anything happened that the side's lists tell; "" where they do not tell it. `editors`:
    the id of who last edited a field, where that was asked.
    """

    address: ItemAddress
    values: Mapping[str, Value]
    author: Author
    created_at: datetime
    updated_at: datetime
    url: str = ""
    kind: str = ""  # the side's type of item
    confidential: bool = False
    comments: tuple[Comment, ...] | None = None
    time: tuple[TimeEntry, ...] | None = None
    files: tuple[File, ...] | None = None
    edited_at: Mapping[str, datetime] = field(default_factory=dict)
    moved_to: str = ""  # the id of the item that goes on for this one
    key: str = ""  # ours, where we created it
    active_at: datetime | None = None
    version: str = ""
    milestone: str = ""  # by its name, also where sprints are not kept in step
    editors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hint:
    """Only this end may have changed since the last look. `listed`: as a list has just shown it."""

    side: SideName
    listed: Item | None = None


class Absence(StrEnum):
    """Why an item was not read; none of them proves that it was deleted."""

    NOT_FOUND = "not_found"  # deleted, or not for our account's eyes
    DENIED = "denied"  # its project refuses our account
    ARCHIVED = "archived"  # nothing can be written there
    MOVED = "moved"
    CONFIDENTIAL = "confidential"  # it may be read, and the settings keep it on its side


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An item that could not be read."""

    address: ItemAddress
    absence: Absence
    text: str = ""  # what the side answered


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a field of choices can have there; `closed`: an item with it is finished.

    `starts`, `ends`: the ISO dates of a sprint that has some. `is_made`: not there yet, but made
    when it is needed. `is_default`: what an item shows that has none of the others.
    """

    id: str
    name: str
    closed: bool = False
    color: str = ""
    position: int = 0
    kind: str = ""  # the side's own word for what it is for, as REVIEW of a column
    starts: str = ""
    ends: str = ""
    is_made: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a project (a workgroup) can hold, as asked, never guessed.

    `writable`: fields that our account may set. `choices`: by field. `longest`: characters by
    field. `several_assignees`: whether more than one is kept. `missing`: field → why it cannot be
    written, in a sentence. `names`: what people there call a field of the side's own.
    `tag_divider`: a sign that no name of a tag can have, as it stands between two of them.
    `retired`: by field, ids of values that items go on holding and that nobody chooses any more.
    """

    writable: frozenset[str]
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    longest: Mapping[str, int] = field(default_factory=dict)
    several_assignees: bool = True
    missing: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    tag_divider: str = ""
    retired: Mapping[str, frozenset[str]] = field(default_factory=dict)
