"""What an instance stores: users, projects with their fields, issues and all that hangs on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ENUMERATED = ("enum", "state", "version", "build", "ownedField")
STATE_MACHINE = "StateMachineIssueCustomField"
ISSUE_TYPES = {
    "enum[1]": "SingleEnumIssueCustomField",
    "enum[*]": "MultiEnumIssueCustomField",
    "state[1]": "StateIssueCustomField",
    "user[1]": "SingleUserIssueCustomField",
    "user[*]": "MultiUserIssueCustomField",
    "version[1]": "SingleVersionIssueCustomField",
    "version[*]": "MultiVersionIssueCustomField",
    "build[1]": "SingleBuildIssueCustomField",
    "build[*]": "MultiBuildIssueCustomField",
    "ownedField[1]": "SingleOwnedIssueCustomField",
    "ownedField[*]": "MultiOwnedIssueCustomField",
    "group[1]": "SingleGroupIssueCustomField",
    "group[*]": "MultiGroupIssueCustomField",
    "date": "DateIssueCustomField",
    "date and time": "SimpleIssueCustomField",
    "integer": "SimpleIssueCustomField",
    "float": "SimpleIssueCustomField",
    "string": "SimpleIssueCustomField",
    "text": "TextIssueCustomField",
    "period": "PeriodIssueCustomField",
}


@dataclass(eq=False)
class User:
    """An account; `zone` of its profile. `email` is shown to itself and to administrators."""

    id: str
    login: str
    name: str
    email: str = ""
    admin: bool = False
    zone: str = "UTC"
    banned: bool = False


@dataclass(eq=False)
class Group:
    """A group of users, such as a project's team."""

    id: str
    name: str


@dataclass(eq=False)
class BundleValue:
    """A value of an enumerated field."""

    id: str
    name: str
    kind: str
    resolved: bool = False
    archived: bool = False
    ordinal: int = 0


@dataclass(eq=False)
class Bundle:
    """A set of values; of a user field: of people."""

    id: str
    kind: str
    values: list[BundleValue] = field(default_factory=list)
    users: list[User] = field(default_factory=list)


@dataclass(eq=False)
class CustomField:
    """A field of the instance."""

    id: str
    name: str
    type_id: str


@dataclass(eq=False)
class ProjectField:
    """A field as a project has it.

    `machine`: state → event → next state, where a rule governs it. `shown_for`: the field and the
    values by which it is shown. `private`: only administrators may write it. `tells_events`:
    whether answers show the events of a state machine.
    """

    id: str
    project: Project
    field: CustomField
    bundle: Bundle | None = None
    can_be_empty: bool = True
    ordinal: int = 0
    default: Any = None
    machine: dict[str, dict[str, str]] | None = None
    shown_for: tuple[str, frozenset[str]] | None = None
    private: bool = False
    dropped_on_create: bool = False
    tells_events: bool = True

    @property
    def issue_type(self) -> str:
        """Return the `$type` of the field in an issue."""
        return STATE_MACHINE if self.machine is not None else ISSUE_TYPES[self.field.type_id]


@dataclass(eq=False)
class WorkType:
    """A type of work that a project knows."""

    id: str
    name: str


@dataclass(eq=False)
class Project:
    """A project; `readers` see it, `writers` may change its issues."""

    id: str
    short_name: str
    name: str
    leader: User
    team: Group
    archived: bool = False
    time_tracking: bool = True
    work_types: list[WorkType] = field(default_factory=list)
    fields: list[ProjectField] = field(default_factory=list)
    readers: set[str] = field(default_factory=set)
    writers: set[str] = field(default_factory=set)
    last_number: int = 0

    def field_named(self, name: str) -> ProjectField | None:
        """Return the field with that canonical name."""
        return next((each for each in self.fields if each.field.name == name), None)


@dataclass(eq=False)
class Tag:
    """A tag, private to its owner unless shared."""

    id: str
    name: str
    owner: User


@dataclass(eq=False)
class Comment:
    """A comment; `deleted` softly, which people can undo. `limited`: who alone sees it.

    `markdown`: None where the server does not tell, False for old wiki markup.
    """

    id: str
    issue: Issue
    author: User
    text: str
    created: int
    updated: int | None = None
    deleted: bool = False
    limited: list[Group | User] = field(default_factory=list)
    markdown: bool | None = True


@dataclass(eq=False)
class Attachment:
    """A file of an issue, or of one of its comments."""

    id: str
    issue: Issue
    author: User
    name: str
    content: bytes
    created: int
    comment: Comment | None = None
    limited: list[Group | User] = field(default_factory=list)


@dataclass(eq=False)
class WorkItem:
    """Logged work: `author` worked, `creator` booked it. `date`: midnight UTC of the day."""

    id: str
    issue: Issue
    author: User
    creator: User
    minutes: int
    date: int
    created: int
    text: str | None = None
    updated: int | None = None
    type: WorkType | None = None


@dataclass(eq=False)
class Issue:
    """An issue; `values` by the field's name. `seen_by`: user ids, None for all readers.

    `properties`: those that our app stores. `markdown`: as of Comment, of the description.
    """

    id: str
    project: Project
    number: int
    summary: str
    description: str | None
    reporter: User
    updater: User
    created: int
    updated: int
    resolved: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    tags: list[Tag] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    work_items: list[WorkItem] = field(default_factory=list)
    seen_by: set[str] | None = None
    markdown: bool | None = True
    properties: dict[str, str | None] = field(default_factory=dict)

    @property
    def readable(self) -> str:
        """Return the readable id, which changes with the project."""
        return f"{self.project.short_name}-{self.number}"


@dataclass(frozen=True)
class LinkType:
    """A type of links; `slots`: the ending of a slot's id, and its direction."""

    id: str
    name: str
    outward: str
    inward: str
    slots: tuple[tuple[str, str], ...]


@dataclass(eq=False)
class LinkSlot:
    """The issues that an issue is linked to by one type in one direction."""

    id: str
    kind: LinkType
    direction: str
    issues: list[Issue]


@dataclass(eq=False)
class Board:
    """An agile board; `synced_field`: the version field that its sprints follow, "" for none."""

    id: str
    name: str
    projects: list[Project]
    synced_field: str = ""
    has_sprints: bool = True
    sprints: list[Sprint] = field(default_factory=list)


@dataclass(eq=False)
class Sprint:
    """A sprint of a board; `issues`: by id, where no field says it."""

    id: str
    board: Board
    name: str
    start: int | None = None
    finish: int | None = None
    archived: bool = False
    issues: set[str] = field(default_factory=set)


@dataclass(eq=False)
class App:
    """An app that was imported; `projects`: where it was attached, by id."""

    id: str
    name: str
    version: str
    values: dict[str, str]
    projects: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Activity:
    """A line of the history."""

    id: str
    at: int
    author: User
    category: str
    target: Issue | Comment | WorkItem
    issue: Issue
    field: ProjectField | None = None
    added: Any = None
    removed: Any = None


@dataclass(eq=False)
class IssueField:
    """A field of an issue, as answers show it."""

    issue: Issue
    of_project: ProjectField


@dataclass(frozen=True)
class Period:
    """A duration; a day has eight hours, a week five days, as the instance's defaults are."""

    minutes: int

    @property
    def parts(self) -> tuple[int, int, int, int]:
        """Return weeks, days, hours and minutes."""
        days, rest = divmod(self.minutes, 480)
        return *divmod(days, 5), *divmod(rest, 60)


@dataclass(frozen=True)
class TextValue:
    """The value of a text field."""

    text: str


@dataclass(frozen=True)
class Event:
    """A transition that a state machine offers."""

    id: str


@dataclass(frozen=True)
class Visibility:
    """Who sees an issue, a comment or a file."""

    limited: tuple[Group | User, ...]


@dataclass(frozen=True)
class HistoryPage:
    """A page of the history with the cursor behind it."""

    activities: list[Activity]
    after: str
    has_after: bool
    has_before: bool
