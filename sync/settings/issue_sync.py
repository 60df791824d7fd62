"""Settings of two-way sync: pairs of workgroup and project, fields, values, entries. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from sync.core.issue_sync import model as fields
from sync.core.issue_sync.rules import Direction, Policy
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

    `direction`: which way the row is read; of one that only pauses, to the task. `pause`: whether
    the link stands still, with a comment, while the issue has the status.
    """

    issue: Text
    task: StatusName | None = None
    stage: Stage | None = None
    direction: DirectionName = "both"
    pause: bool = False

    @model_validator(mode="after")
    def _require_target(self) -> StatusSettings:
        if self.task is None and self.stage is None and not self.pause:
            raise value_error("needs `task` (a status), `stage` (a column), both, or `pause`")
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

    `child_type`: of issues made for tasks that have a parent. `work_type`: of work items in
    YouTrack that tasks make. `confidential`: whether confidential issues cross, with all that is
    in them. `transitions` and `tracker_fields` are for YouTrack:
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
    work_type: Text | None = None
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
