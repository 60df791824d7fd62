"""Settings of two-way sync: pairs of workgroup and project, fields, values, entries. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from sync.core.issue_sync import model as fields
from sync.core.issue_sync.mapping import (
    DEFAULT_FIELDS,
    CustomField,
    ItemFilter,
    ProjectPair,
    SprintPlace,
    StatusMatch,
    SyncMapping,
    Transition,
)
from sync.core.issue_sync.model import SideName
from sync.core.issue_sync.rules import Direction, EntryRule, FieldRule, Policy
from sync.core.rules.portal import StageRef
from sync.sentences import sentence
from sync.settings.problems import suggest_key
from sync.settings.stages import Stage
from sync.settings.values import (
    Name,
    PortalPerson,
    ProjectRef,
    SettingsPart,
    StatusName,
    Text,
    value_error,
)

NAMED_FIELDS = ("people", "priority", "status", "deadline", "estimate")  # named by projects
# What the settings call a field, and its name in the core.
FIELD_NAMES = {
    "title": fields.TITLE,
    "description": fields.DESCRIPTION,
    "people": fields.ASSIGNEES,
    "priority": fields.PRIORITY,
    "status": fields.STATUS,
    "deadline": fields.DEADLINE,
    "labels": fields.TAGS,
    "estimate": fields.ESTIMATE,
    "checklist": fields.CHECKLIST,
    "parent": fields.PARENT,
    "links": fields.LINKS,
    "sprint": fields.SPRINT,
}
CUSTOM_FIELD = re.compile(r"UF_[A-Z0-9_]{1,47}")
UNREADABLE = "unknown/number-"  # begins the project of a pair that could not be read
PRIORITIES = {"low": "0", "medium": "1", "high": "2"}
CREATED = {"issues": SideName.TRACKER, "tasks": SideName.PORTAL}
_DIRECTIONS = {
    True: "both",
    False: "off",  # YAML reads a bare `off` as no
}


def _parse_direction(value: Any) -> Any:
    names = [direction.value for direction in Direction]
    if isinstance(value, bool):
        return _DIRECTIONS[value]
    if isinstance(value, str) and value in names:
        return value
    guess = suggest_key(value, names) if isinstance(value, str) else ""
    raise value_error(
        sentence("must be one of {names}{guess}", names=", ".join(names), guess=guess)
    )


def _parse_field(value: Any) -> Any:
    """Let a direction alone stand for a whole field."""
    return value if isinstance(value, dict) else {"direction": value}


def _check_field_name(value: str) -> str:
    if value not in FIELD_NAMES:
        text = sentence(
            "is no field that can cross; those are {field_names}",
            field_names=", ".join(FIELD_NAMES),
        )
        raise value_error(text + suggest_key(value, FIELD_NAMES))
    return value


def _check_custom_name(value: str) -> str:
    if not value.startswith("UF_"):
        raise value_error("must be a field of the portal's own, like UF_SPRINT")
    return value


def _check_named_field(value: str) -> str:
    if value not in NAMED_FIELDS:
        text = sentence(
            "is no field that has a name of its own in the tracker; those are {field_names}",
            field_names=", ".join(NAMED_FIELDS),
        )
        raise value_error(text + suggest_key(value, NAMED_FIELDS))
    return value


def _parse_since(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise value_error("must be a date like 2026-01-31") from None


def _check_sprint_place(value: str) -> str:
    if value != "scrum" and not CUSTOM_FIELD.fullmatch(value):
        raise value_error("must be scrum, or a field of the portal's own, like UF_SPRINT")
    return value


DirectionName = Annotated[str, BeforeValidator(_parse_direction)]
PolicyName = Annotated[Policy, Field(strict=False)]
FieldName = Annotated[str, AfterValidator(_check_field_name)]
NamedField = Annotated[str, AfterValidator(_check_named_field)]
CustomName = Annotated[
    str, StringConstraints(pattern=r"^[A-Z0-9_]{4,50}$"), AfterValidator(_check_custom_name)
]
SprintPlaceName = Annotated[str, AfterValidator(_check_sprint_place)]
Since = Annotated[date, BeforeValidator(_parse_since)]
Workgroup = Annotated[int, Field(ge=0)]


class FieldSettings(SettingsPart):
    """How a field crosses; a direction alone may stand for it. `policy`: as the pair's."""

    direction: DirectionName = "both"
    policy: PolicyName | None = None


FieldOrDirection = Annotated[FieldSettings, BeforeValidator(_parse_field)]


class CustomSettings(FieldSettings):
    """A field of the portal's own: `field` is the tracker's, or the scope of its labels."""

    field: Text


class EntrySettings(SettingsPart):
    """How comments, logged work or files cross. `since`: only later ones."""

    direction: DirectionName = "both"
    deletions: bool = True
    since: Since | None = None


EntryOrDirection = Annotated[EntrySettings, BeforeValidator(_parse_field)]


class CommentEntrySettings(EntrySettings):
    """How comments cross. `internal`: whether internal notes may leave GitLab."""

    internal: bool = False


CommentsOrDirection = Annotated[CommentEntrySettings, BeforeValidator(_parse_field)]


class FileSettings(EntrySettings):
    """How files cross. `max_mb`: larger ones stay where they are."""

    max_mb: Annotated[int, Field(gt=0, le=100)] = 20


FilesOrDirection = Annotated[FileSettings, BeforeValidator(_parse_field)]


class StatusSettings(SettingsPart):
    """A row of the table of statuses: the issue's, by name, and the task's status, or column.

    `direction`: which way the row is read.
    """

    issue: Text
    task: StatusName | None = None
    stage: Stage | None = None
    direction: DirectionName = "both"

    @model_validator(mode="after")
    def _require_target(self) -> StatusSettings:
        if self.task is None and self.stage is None:
            raise value_error("needs `task` (a status), `stage` (a column), or both")
        return self


class TransitionSettings(SettingsPart):
    """Where an event of a state machine leads: YouTrack tells the event's name alone."""

    start: Text
    event: Text
    end: Text


class FilterSettings(SettingsPart):
    """Which items make their other end. All parts must let an item through."""

    labels: list[Text] = []
    tags: list[Text] = []
    milestones: list[Text] = []
    types: list[Text] = []
    authors: list[Text] = []
    creators: list[PortalPerson] = []


class SprintSettings(SettingsPart):
    """Where sprints are kept: `issue`: milestone, iteration, or a board; `task`: scrum, or UF_…."""

    issue: Text = ""
    task: SprintPlaceName = "scrum"


class PairRules(SettingsPart):
    """How a pair is kept in step; what is unset is taken from `default`.

    `child_type`: of issues made for tasks that have a parent. `confidential`: whether confidential
    issues cross, with all that is in them. `transitions` and `tracker_fields` are for YouTrack:
    events of its state machines, and names of its fields where they are not the usual ones.
    """

    policy: PolicyName | None = None
    fields: dict[FieldName, FieldOrDirection] = {}
    statuses: list[StatusSettings] | None = None
    priorities: dict[Text, Literal["low", "medium", "high"]] | None = None
    custom: dict[CustomName, CustomSettings] = {}
    comments: CommentsOrDirection | None = None
    time: EntryOrDirection | None = None
    files: FilesOrDirection | None = None
    create: list[Literal["issues", "tasks"]] | None = None
    issue_type: Text | None = None
    child_type: Text | None = None
    sprint: SprintSettings | None = None
    only: FilterSettings | None = None
    confidential: bool | None = None
    transitions: list[TransitionSettings] | None = None
    tracker_fields: dict[NamedField, Text] = {}


class Pair(PairRules):
    """A workgroup (0: tasks outside of workgroups) and a project of a connection."""

    workgroup: Workgroup
    project: ProjectRef
    connection: Name | None = None


class IssueSync(SettingsPart):
    """Two-way sync: nothing without pairs. `paused`: everything stands still."""

    paused: bool = False
    default: PairRules = PairRules()
    pairs: list[Pair] = []


def to_mapping(
    settings: IssueSync, connections: Iterable[str] = (), user_ids: Mapping[str, int] | None = None
) -> SyncMapping:
    """Return the pairs that the engine works with.

    `connections`: names, of which the only one is meant where a pair names none. `user_ids`: as
    for `to_rules`.
    """
    names = tuple(connections)
    single = names[0] if len(names) == 1 else ""
    pairs = (_pair(settings.default, pair, single, user_ids or {}) for pair in settings.pairs)
    return SyncMapping(tuple(pairs), settings.paused)


def _pair(default: PairRules, pair: Pair, connection: str, ids: Mapping[str, int]) -> ProjectPair:
    policy = pair.policy or default.policy or Policy.NEWEST
    statuses = default.statuses if pair.statuses is None else pair.statuses
    priorities = default.priorities if pair.priorities is None else pair.priorities
    files = pair.files or default.files or FileSettings()
    create = default.create if pair.create is None else pair.create
    sprint = pair.sprint or default.sprint or SprintSettings()
    transitions = default.transitions if pair.transitions is None else pair.transitions
    return ProjectPair(
        group_id=pair.workgroup,
        project=str(pair.project),
        connection=pair.connection or connection,
        fields=dict(_field_rules(default, pair, policy)),
        comments=_entry_rule(pair.comments or default.comments or CommentEntrySettings()),
        time=_entry_rule(pair.time or default.time or EntrySettings()),
        files=_entry_rule(files),
        creates=frozenset(CREATED[name] for name in create or ()),
        kind=pair.issue_type or default.issue_type or "",
        child_kind=pair.child_type or default.child_type or "",
        sprint=SprintPlace(sprint.issue.strip().casefold(), sprint.task),
        only=_item_filter(pair.only or default.only or FilterSettings(), ids),
        statuses=tuple(map(_status_match, statuses or ())),
        priorities={name: PRIORITIES[word] for name, word in (priorities or {}).items()},
        custom=tuple(
            CustomField(name, custom.field, _field_rule(custom, policy))
            for name, custom in {**default.custom, **pair.custom}.items()
        ),
        max_file_bytes=files.max_mb * 1_000_000,
        confidential=bool(default.confidential if pair.confidential is None else pair.confidential),
        transitions=tuple(
            Transition(each.start, each.event, each.end) for each in transitions or ()
        ),
        tracker_fields={
            FIELD_NAMES[word]: name
            for word, name in {**default.tracker_fields, **pair.tracker_fields}.items()
        },
    )


def _field_rules(
    default: PairRules, pair: PairRules, policy: Policy
) -> Iterator[tuple[str, FieldRule]]:
    named = {**default.fields, **pair.fields}
    for word, name in FIELD_NAMES.items():
        if word in named:
            yield name, _field_rule(named[word], policy)
        elif name in DEFAULT_FIELDS:
            yield name, FieldRule(policy=policy)


def _field_rule(settings: FieldSettings, policy: Policy) -> FieldRule:
    return FieldRule(Direction(settings.direction), settings.policy or policy)


def _entry_rule(settings: EntrySettings) -> EntryRule:
    since = settings.since
    return EntryRule(
        Direction(settings.direction),
        deletions=settings.deletions,
        internal=isinstance(settings, CommentEntrySettings) and settings.internal,
        since=datetime.combine(since, time(), UTC) if since else None,
        negative=frozenset([SideName.TRACKER]),
    )


def _item_filter(settings: FilterSettings, ids: Mapping[str, int]) -> ItemFilter:
    creators = (
        person if isinstance(person, int) else ids.get(person.casefold(), 0)
        for person in settings.creators
    )
    return ItemFilter(
        tuple(settings.labels),
        tuple(settings.tags),
        tuple(settings.milestones),
        tuple(settings.types),
        tuple(settings.authors),
        tuple(creators),
    )


def _status_match(row: StatusSettings) -> StatusMatch:
    stage = StageRef(row.stage.id, row.stage.type, row.stage.title) if row.stage else None
    return StatusMatch(row.issue, row.task, stage, Direction(row.direction))
