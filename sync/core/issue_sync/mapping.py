"""Which workgroups and projects are kept in step, and how, as the settings say. Pure.

Names of statuses and columns stay names here: what they stand for is asked of both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from sync.core.issue_sync.model import (
    ASSIGNEES,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    PRIORITY,
    STATUS,
    TAGS,
    TITLE,
    Item,
    SideName,
)
from sync.core.issue_sync.rules import Direction, EntryRule, FieldRule
from sync.core.model.tasks import TaskStatus
from sync.core.rules.portal import StageRef

# What crosses where the settings name nothing else. The rest is off until it is asked for.
DEFAULT_FIELDS: Mapping[str, FieldRule] = dict.fromkeys(
    (TITLE, DESCRIPTION, ASSIGNEES, PRIORITY, STATUS, DEADLINE, TAGS, ESTIMATE), FieldRule()
)
DEFAULT_FILE_BYTES = 20_000_000
_BOTH_WAYS, _ENTRIES = FieldRule(), EntryRule()


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items make their other end; empty parts let everything through.

    `labels` and `tags`: patterns, of which an issue's or a task's own one must fit. `milestones`,
    `kinds`: of issues. `authors`: ids, names or logins there. `creators`: ids of portal users.
    """

    labels: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    milestones: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    creators: tuple[int, ...] = ()

    def admits(self, side: SideName, item: Item) -> bool:
        """Return whether an item of that side passes."""
        names = item.values.get(TAGS)
        words = names if isinstance(names, frozenset) else frozenset[str]()
        if side is SideName.PORTAL:
            creators = tuple(map(str, self.creators))
            return _one_fits(self.tags, words) and _is_among(creators, item.author.id)
        author = item.author
        authors = {word.casefold() for word in (author.id, author.name, author.login) if word}
        return (
            _one_fits(self.labels, words)
            and _is_among(self.milestones, item.milestone)
            and _is_among(self.kinds, item.kind)
            and (not self.authors or any(name.casefold() in authors for name in self.authors))
        )


def _one_fits(patterns: Sequence[str], names: Iterable[str]) -> bool:
    folded = [name.casefold() for name in names]
    return not patterns or any(
        fnmatchcase(name, pattern.casefold()) for name in folded for pattern in patterns
    )


def _is_among(wanted: Sequence[str], value: str) -> bool:
    return not wanted or value.casefold() in (name.casefold() for name in wanted)


@dataclass(frozen=True, slots=True)
class StatusMatch:
    """A tracker's status, by name or id, and what it is on the portal; None leaves it as it is.

    `direction`: which way the row is read. `pauses`: as of StatusRow.
    """

    tracker: str
    status: TaskStatus | None = None
    stage: StageRef | None = None
    direction: Direction = Direction.BOTH
    pauses: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """An event that moves a tracker's status, where the tracker does not tell where it leads."""

    start: str
    event: str
    end: str


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of the portal's own (UF_…) and the tracker's field, or label scope, that it is."""

    portal: str
    tracker: str
    rule: FieldRule = _BOTH_WAYS


@dataclass(frozen=True, slots=True)
class SprintPlace:
    """Where each side keeps its sprints, in its own words; "" for what is usual there."""

    tracker: str = ""
    portal: str = ""


@dataclass(frozen=True, slots=True)
class ProjectPair:
    """A workgroup and a project that are kept in step; `group_id` 0: tasks outside of workgroups.

    `project`: path or id. `creates`: sides on which a missing end is created. `kind`: of issues
    that are created, `child_kind` of those with a parent; `work_kind`: of work that tasks bring
    along. `statuses`: empty where open and closed alone decide. `priorities`: by the tracker's
    label or value, the portal's 0, 1 or 2. `sprint`: where each side keeps its sprints.
    `confidential`: whether such issues cross. `transitions`: of
    the tracker's statuses. `tracker_fields`: the names of its fields, where they are not the usual.
    """

    group_id: int
    project: str
    connection: str = ""
    fields: Mapping[str, FieldRule] = field(default_factory=lambda: dict(DEFAULT_FIELDS))
    comments: EntryRule = _ENTRIES
    time: EntryRule = _ENTRIES
    files: EntryRule = _ENTRIES
    creates: frozenset[SideName] = frozenset()
    kind: str = ""
    child_kind: str = ""
    work_kind: str = ""
    only: ItemFilter = ItemFilter()
    statuses: tuple[StatusMatch, ...] = ()
    priorities: Mapping[str, str] = field(default_factory=dict)
    custom: tuple[CustomField, ...] = ()
    sprint: SprintPlace = SprintPlace()
    max_file_bytes: int = DEFAULT_FILE_BYTES
    confidential: bool = False
    transitions: tuple[Transition, ...] = ()
    tracker_fields: Mapping[str, str] = field(default_factory=dict)

    def crosses(self, field_name: str) -> bool:
        """Return whether a field is kept in step in any direction."""
        rule = self.fields.get(field_name)
        return rule is not None and rule.direction is not Direction.OFF

    @property
    def key(self) -> str:
        """What names the pair in links: it stays while the project keeps its path."""
        return f"{self.connection}/{self.project}/{self.group_id}".casefold()

    def creates_on(self, side: SideName, other: Item) -> bool:
        """Return whether the other side's item gets its end on this side.

        An item that goes on elsewhere gets none: what it became may get one there.
        """
        return side in self.creates and not other.moved_to and self.only.admits(side.other, other)


@dataclass(frozen=True, slots=True)
class SyncMapping:
    """All pairs of a portal; `paused`: nothing is read or written for any of them."""

    pairs: tuple[ProjectPair, ...] = ()
    paused: bool = False

    def of_workgroup(self, group_id: int) -> tuple[ProjectPair, ...]:
        """Return the pairs of a workgroup."""
        return tuple(pair for pair in self.pairs if pair.group_id == group_id)

    def of_project(self, connection: str, *names: str) -> tuple[ProjectPair, ...]:
        """Return the pairs of a project, that its path or its id names."""
        folded = {name.casefold() for name in names}
        return tuple(
            pair
            for pair in self.pairs
            if pair.connection == connection and pair.project.casefold() in folded
        )
