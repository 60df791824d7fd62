"""What /api answers about settings, the first run, sign-ins and forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict


class SettingsChange(TypedDict):
    """Who changed the settings when, in one line."""

    at: datetime
    text: str


class SettingsText(TypedDict):
    """The document in force; `values`: the same as JSON, only what was set."""

    text: str
    version: str
    changes: list[SettingsChange]
    values: dict[str, Any]
    undoable: bool


class SignInState(TypedDict):
    """Whether a connection may be signed in for by a click, and who did."""

    available: bool
    account: str
    state: Literal["none", "active", "ended"]


class TargetRight(TypedDict):
    """What the account may do in a project or group."""

    target: str
    ok: bool
    text: str
    change: str


class HookState(TargetRight):
    """What the code host's log last said of a webhook."""

    failed: int
    made_up: int


class ConnectionSettings(TypedDict):
    """A connection as the settings page shows it; `days_left` of its token."""

    name: str
    kind: str
    base_url: str
    state: str
    account: str
    state_reason: str
    scopes: list[str]
    days_left: int | None
    signed: bool
    projects: list[str]
    groups: list[str]
    sign_in: SignInState
    hooks: list[HookState]
    last_delivery: datetime | None


class SettingsPage(SettingsText):
    """The settings page."""

    connections: list[ConnectionSettings]
    last_webhook: datetime | None
    callback: str


class SettingsProblem(TypedDict):
    """What is wrong with a document, and where."""

    line: int
    path: str
    text: str


class SettingsCheck(TypedDict):
    """What came of checking or saving."""

    outcome: Literal["ok", "invalid", "unconfirmed", "overtaken"]
    difference: list[str]
    changes: list[str]
    removed: list[str]
    problems: list[SettingsProblem]
    notes: list[str]
    current: SettingsText | None


class Account(TypedDict):
    """Whose a token is."""

    account: str


class Rights(TypedDict):
    """What an account may do."""

    rights: list[TargetRight]


class Target(TypedDict):
    """A project or group to choose."""

    path: str
    name: str
    may_hook: bool | None


class Targets(TypedDict):
    """A page of them."""

    items: list[Target]
    more: bool


class Workgroup(TypedDict):
    """A workgroup of the portal."""

    id: int
    name: str


class Workgroups(TypedDict):
    """Workgroups; `listed` False: the portal lists none by search."""

    items: list[Workgroup]
    next: int | None
    listed: bool


class Column(TypedDict):
    """A column of a kanban."""

    id: int
    title: str
    type: str | None


class Columns(TypedDict):
    """The kanban of a workgroup."""

    columns: list[Column]


class PersonMatch(TypedDict):
    """A person of GitLab and the user they are taken for."""

    username: str
    name: str
    user_id: int | None
    by: Literal["", "name", "email", "settings"]


class PortalUser(TypedDict):
    """A user of the portal."""

    id: int
    name: str


class People(TypedDict):
    """People, the unmatched first."""

    people: list[PersonMatch]
    users: list[PortalUser]
    problems: list[str]


class HookOutcome(TypedDict):
    """What came of making a webhook."""

    target: str
    ok: bool
    text: str


class HookOutcomes(TypedDict):
    """One for each project and group."""

    outcomes: list[HookOutcome]


class Card(TypedDict):
    """A merge request's card as it would stand in a task."""

    real: bool
    lines: list[str]


class ProjectHistory(TypedDict):
    """How far the reading of a project is."""

    path: str
    done: int
    parts: int
    read: int
    problems: list[str]


class History(TypedDict):
    """How far the reading of history is."""

    running: bool
    projects: list[ProjectHistory]
    problems: list[str]
    started: NotRequired[bool]


class Proposal(TypedDict):
    """A value that a field offers."""

    value: str | int
    label: str


class Preview(TypedDict):
    """A message as it would be sent."""

    real: bool
    at: datetime | None
    lines: list[str]
    places: list[str]
    quiet_hours: list[str]
    held_until: datetime | None


class OwnGroup(TypedDict):
    """A workgroup whose rules the visitor may edit; `name`: "" where the portal did not say it."""

    id: int
    name: str
    values: dict[str, Any]
    version: str
    columns: list[Proposal]


class OwnAccount(TypedDict):
    """Where a visitor may sign in for themselves."""

    connection: str
    url: str
    account: str
    state: Literal["none", "active", "ended"]
    problem: str


class OwnAccounts(TypedDict):
    """All of them."""

    accounts: list[OwnAccount]


class Disconnected(TypedDict):
    """Whether GitLab was told."""

    revoked: bool


class StoredApplication(TypedDict):
    """The instance that an application was stored for."""

    url: str


class SignIn(TypedDict):
    """How a sign-in stands."""

    state: Literal["asked", "sent", "used", "connected", "refused", "over"]
    problem: str
    change: str


class BegunSignIn(TypedDict):
    """A sign-in that has begun."""

    id: int
    ticket: str
    window: str
    seconds: int


class FieldOption(TypedDict):
    """A choice of a field."""

    value: str | bool | float
    label: str


class EntryKey(TypedDict):
    """What the entries of a mapping are named by."""

    kind: Literal["text", "choice"]
    label: str
    options: NotRequired[list[FieldOption]]
    source: NotRequired[str]


class FieldNode(TypedDict):
    """A field of the settings; `unset`: it may be left to another place."""

    key: str
    path: str
    kind: Literal[
        "group", "list", "map", "choices", "choice", "number", "text", "area", "date",
        "reference", "secret",
    ]  # fmt: skip
    label: str
    hint: str
    required: bool
    default: Any
    unset: bool
    options: NotRequired[list[FieldOption]]
    open: NotRequired[bool]
    fields: NotRequired[list[FieldNode]]
    item: NotRequired[FieldNode]
    entry_key: NotRequired[EntryKey]
    source: NotRequired[str]
    min: NotRequired[float | None]
    max: NotRequired[float | None]
    step: NotRequired[float | Literal["any"]]
    readonly: NotRequired[bool]


class Fields(TypedDict):
    """The fields of the whole document."""

    fields: list[FieldNode]


class OwnRules(TypedDict):
    """The workgroups that a visitor may edit, and the fields of their rules."""

    groups: list[OwnGroup]
    fields: list[FieldNode]


class Consent(TypedDict):
    """The address of GitLab's consent page."""

    url: str
