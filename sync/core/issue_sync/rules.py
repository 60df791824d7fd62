"""What a pair of projects agreed to keep in step, and how. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sync.core.issue_sync.model import Author, Capabilities, Comment, SideName, TimeEntry

if TYPE_CHECKING:
    from sync.core.issue_sync.fields import Translation


class Direction(StrEnum):
    """Which way a field or an entry may cross."""

    BOTH = "both"
    TO_TRACKER = "to_tracker"
    TO_PORTAL = "to_portal"
    OFF = "off"

    def allows(self, to: SideName) -> bool:
        """Whether something may be written to that side."""
        return self is Direction.BOTH or self.value == f"to_{to}"


class Policy(StrEnum):
    """Who wins where both sides changed a field and disagree."""

    NEWEST = "newest"
    TRACKER = "tracker"
    PORTAL = "portal"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How a field crosses."""

    direction: Direction = Direction.BOTH
    policy: Policy = Policy.NEWEST


@dataclass(frozen=True, slots=True)
class EntryRule:
    """How comments, logged work or files cross.

    `deletions`: whether a deletion crosses too. `internal`: whether what is internal there may
    cross. `since`: older ones stay where they are. `negative`: sides that take negative work.
    """

    direction: Direction = Direction.BOTH
    deletions: bool = True
    internal: bool = False
    since: datetime | None = None
    negative: frozenset[SideName] = frozenset(SideName)


@dataclass(frozen=True, slots=True)
class Creation:
    """Where the missing end of a link is created; `child_kind`: of items with a parent."""

    project: str
    kind: str = ""
    child_kind: str = ""


def _keep_text(to: SideName, comment: Comment) -> str:
    return comment.text


def _keep_time_text(to: SideName, entry: TimeEntry) -> str:
    return entry.text


def _keep_author(to: SideName, author: Author) -> Author:
    return author


def _nobody(to: SideName, author_id: str) -> str:
    return ""


def _say_deleted(to: SideName) -> str:
    return "The other end of this link was deleted; it is not kept in step any more."


def _same_text(side: SideName, before: str, after: str) -> bool:
    return before == after


@dataclass(frozen=True, slots=True)
class Texts:
    """How texts of entries are written on a side, final and harmless, with their authors' names.

    `person`: the other side's id of an author who has an account of their own on the side, else "";
    in their name `own_comment` is written, which names nobody. `status_note`: what a side is told
    about a status of the other that it cannot say itself, "" for nothing.
    """

    comment: Callable[[SideName, Comment], str] = _keep_text
    time: Callable[[SideName, TimeEntry], str] = _keep_time_text
    author: Callable[[SideName, Author], Author] = _keep_author
    deleted: Callable[[SideName], str] = _say_deleted
    same: Callable[[SideName, str, str], bool] = _same_text
    person: Callable[[SideName, str], str] = _nobody
    own_comment: Callable[[SideName, Comment], str] = _keep_text
    status_note: Callable[[SideName, str], str] = _nobody


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What holds for a link.

    `fields` and `translations` have the same names; `translations` are made by the engine from
    the mapping of values and people. `create`: sides on which the missing end may be created.
    `capabilities`: what each side's project can hold, where asked. `other_links`: keys of the links
    that the portal's item has to other trackers, whose copies cross as if people had written them.
    `people`: what each side's accounts are called, by their ids. `pausing`: the tracker's statuses
    at which a link stands still. `projects`: the ids of the pair's project and workgroup.
    """

    fields: Mapping[str, FieldRule]
    translations: Mapping[str, Translation]
    comments: EntryRule = EntryRule()
    time: EntryRule = EntryRule()
    files: EntryRule = EntryRule()
    create: Mapping[SideName, Creation] = field(default_factory=dict)
    texts: Texts = Texts()
    capabilities: Mapping[SideName, Capabilities] = field(default_factory=dict)
    other_links: frozenset[str] = frozenset()
    people: Mapping[SideName, Mapping[str, str]] = field(default_factory=dict)
    pausing: frozenset[str] = frozenset()
    projects: Mapping[SideName, str] = field(default_factory=dict)
