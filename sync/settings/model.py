"""The model of a portal's settings: keys, types and defaults. Pure.

Unknown keys are forbidden everywhere, and nothing is converted silently ("yes" is no boolean, "5"
no number): a typing error in a settings file must never become a rule.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from sync.settings.issue_sync import IssueSync
from sync.settings.routing import (
    AlertSettings,
    Chats,
    CommentSettings,
    ProjectPath,
    ProjectPattern,
    RoleName,
    Route,
    SmartCommitSettings,
    Template,
    Zone,
)
from sync.settings.stages import Stage
from sync.settings.values import (
    Address,
    Days,
    Dialog,
    KindName,
    MilestoneName,
    Name,
    Network,
    Pattern,
    PortalPerson,
    Positive,
    Prefix,
    ProjectRef,
    Proxy,
    SettingsPart,
    StatusName,
    StepName,
    Text,
    value_error,
)


class Secret(SettingsPart):
    """Where a secret is stored: an environment variable, a file, or (`stored`) our database.

    Never the secret itself. The database has it by `b24bridge gitlab token NAME`.
    """

    env: Text | None = None
    file: Text | None = None
    stored: Literal[True] | None = None

    @model_validator(mode="before")
    @classmethod
    def _hide_pasted_secret(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise value_error(
                "holds the secret itself, which belongs into no file: write {stored: true} and run "
                "`b24bridge gitlab token NAME`, or {env: VARIABLE} or {file: PATH}"
            )
        return value

    @model_validator(mode="after")
    def _require_single_source(self) -> Secret:
        if sum(place is not None for place in (self.env, self.file, self.stored)) != 1:
            raise value_error("needs exactly one of `env`, `file` and `stored`")
        if self.env is not None and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", self.env):
            raise value_error(
                "has no name of an environment variable, in capital letters, under `env` (it is "
                "not shown, as it may be the secret itself)"
            )
        if self.file is not None and "/" not in self.file:
            raise value_error(
                "has no path with a / under `file` (it is not shown, as it may be the secret "
                "itself)"
            )
        return self


class References(SettingsPart):
    """How texts in GitLab name tasks: `prefix` and number, or a pattern of the portal's own."""

    prefix: Prefix = "B24"
    pattern: Pattern | None = None


class Connection(SettingsPart):
    """A GitLab instance and the projects in it that are connected, or a YouTrack for two-way sync.

    `ca_file`: PEM certificates of a private authority. `allow_ips`: networks that webhooks may come
    from. `issue_links`: whether GitLab turns references into links to tasks. `was`: the name until
    now, where it gets another one, or its server another address: its history stays with it.
    `rotate_token`: whether GitLab's token is replaced by a new one before it ends.
    """

    name: Name
    was: Name | None = None
    kind: Literal["gitlab", "youtrack"] = "gitlab"
    url: Address
    token: Secret | None = None
    ca_file: Text | None = None
    proxy: Proxy | None = None
    allow_ips: list[Network] = []
    projects: list[ProjectRef] = []
    groups: list[ProjectRef] = []
    issue_links: bool = False
    requests_per_minute: Annotated[int, Field(gt=0, le=100_000)] = 600
    rotate_token: bool = False

    @model_validator(mode="after")
    def _require_own_token(self) -> Connection:
        if self.rotate_token and self.kind != "gitlab":
            raise value_error("has `rotate_token`, which only GitLab's tokens can")
        if self.rotate_token and (self.token is None or not self.token.stored):
            raise value_error(
                "has `rotate_token`, which needs `token: {stored: true}`: from a variable or a "
                "file the old token would come back"
            )
        return self


class GitLabApplication(SettingsPart):
    """An application registered in a GitLab, so that people sign in there instead of giving tokens.

    `url`: the instance's address, as connections name it. `client_id`: what GitLab calls the
    Application ID. The secret is given on the settings page (`stored`), or by reference.
    """

    url: Address
    client_id: Text
    client_secret: Secret


class Target(SettingsPart):
    """What a step brings a task to; empty: it stays where it is."""

    status: StatusName | None = None
    stage: Stage | None = None


class PipelineSettings(SettingsPart):
    """What is done with pipelines; unset values are taken from `default`."""

    message: bool | None = None
    notify: bool | None = None
    field: bool | None = None


class DeploymentSettings(SettingsPart):
    """What is done with deployments; unset values are taken from `default`."""

    message: bool | None = None
    environments: list[Text] | None = None


class Group(SettingsPart):
    """Rules of a workgroup; unset values are taken from `default`."""

    steps: dict[StepName, Target] = {}
    notify: list[MilestoneName] | None = None
    pipelines: PipelineSettings = PipelineSettings()
    deployments: DeploymentSettings = DeploymentSettings()
    comments: CommentSettings = CommentSettings()
    smart_commits: SmartCommitSettings = SmartCommitSettings()
    alerts: AlertSettings = AlertSettings()
    roles: dict[RoleName, list[PortalPerson]] = {}


class Workgroup(Group):
    """A workgroup's rules, its projects, their chat, and routes that go before the portal's.

    `projects`: paths, or patterns of them. `chat`: in place of the workgroup's own. `editors`: who
    may change these rules on a page without being an administrator.
    """

    projects: list[ProjectPattern] = []
    chat: Dialog | None = None
    routes: list[Route] = []
    editors: list[PortalPerson] = []


class Repository(SettingsPart):
    """Rules of one project; unset values are taken from its workgroup."""

    alerts: AlertSettings = AlertSettings()


class Rules(SettingsPart):
    """Rules by workgroup id and, in `projects`, by path."""

    default: Group = Group()
    workgroups: dict[Positive, Workgroup] = {}
    projects: dict[ProjectPath, Repository] = {}


class Limits(SettingsPart):
    """Limits of the portal: `rate` requests a second, `burst` requests at once.

    https://apidocs.bitrix24.com/settings/performance/limits.html
    """

    rate: Annotated[float, Field(gt=0, le=50)] = 2.0
    burst: Annotated[int, Field(gt=0, le=1000)] = 50


def _audit_days(value: int) -> int:
    if value < 3:
        raise value_error("must be at least 3 days: Bitrix24's market asks for that")
    return value


class Retention(SettingsPart):
    """How many days rows are kept; `mirror` is what was read from GitLab."""

    deliveries: Days = 30
    audit: Annotated[Days, AfterValidator(_audit_days)] = 7
    commands: Days = 30
    decisions: Days = 365
    mirror: Days = 730


def _without_scheme(value: object) -> object:
    """Return `acme.bitrix24.com` of an address as a browser shows it, else the value."""
    is_address = isinstance(value, str) and re.match(r"https?://", value.strip(), re.IGNORECASE)
    return urlsplit(str(value).strip()).netloc if is_address else value


PortalName = Annotated[
    str,
    StringConstraints(pattern=r"^[\w.:-]+$", max_length=255),
    BeforeValidator(_without_scheme),
]


class Settings(SettingsPart):
    """The whole document.

    `timezone`: of quiet hours. `routes`: None for the default ones.
    """

    version: Literal[1]
    portal: PortalName
    language: Literal["en", "ru"] = "en"
    author: Literal["installer", "bot"] = "installer"
    references: References = References()
    people: dict[Text, PortalPerson] = {}
    connections: list[Connection] = []
    gitlab_applications: list[GitLabApplication] = []
    timezone: Zone = "UTC"
    chats: Chats = Chats()
    templates: dict[KindName, Template] = {}
    routes: list[Route] | None = None
    rules: Rules = Rules()
    issue_sync: IssueSync = IssueSync()
    limits: Limits = Limits()
    retention: Retention = Retention()


def stored(settings: Settings) -> dict[str, Any]:
    """Return the JSON form that is stored: only what was set, secrets by reference.

    A connection's former name is not: it was dealt with.
    """
    former = {"connections": {"__all__": {"was"}}}
    return settings.model_dump(mode="json", exclude_unset=True, exclude=former)


def load(value: dict[str, Any]) -> Settings:
    """Return settings from their stored form. Raises pydantic.ValidationError."""
    return Settings.model_validate_json(json.dumps({"version": 1} | value))
