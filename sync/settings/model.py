"""The settings of a portal: what may be written, of what kind, and what holds when it is not.

Pure. Unknown keys are forbidden everywhere, and nothing is converted silently ("yes" is no
boolean, "5" no number): a typing error in a settings file must never become a rule.
"""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sync.core.model import Milestone, Step, TaskStatus
from sync.core.patterns import pattern_problem


def wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("settings", "{text}", {"text": text})


def _address(value: str) -> str:
    """An http(s) address without credentials, query or fragment, and without a last slash."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises on a port that is none
    except ValueError:
        raise wrong("is no URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise wrong("must be a URL that starts with https:// or http://")
    if parts.username or parts.password:
        raise wrong("must not hold a user name or password; give the token under `token`")
    if parts.query or parts.fragment:
        raise wrong("must not hold a query (?…) or a fragment (#…)")
    return value.rstrip("/")


def _proxy(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname:
        raise wrong("must be a URL that starts with http://, https:// or socks5://")
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise wrong("must be an IP address or a network like 10.0.0.0/8") from None
    return value


def _pattern(value: str) -> str:
    if problem := pattern_problem(value):
        raise wrong(problem)
    return value


def _portal_person(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise wrong("must be a Bitrix24 user id (a number) or an e-mail address")
    if isinstance(value, int) and value < 1:
        raise wrong("must be a Bitrix24 user id above 0")
    if isinstance(value, str) and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise wrong("must be a Bitrix24 user id (a number) or an e-mail address")
    return value


def _project(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"[\w.-]+(/[\w.-]+)*", value):
        return value
    raise wrong("must be a path like group/project, or a numeric id")


Name = Annotated[str, StringConstraints(pattern=r"^[\w][\w .-]{0,63}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,15}$")]
Address = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(_network)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Proxy = Annotated[str, AfterValidator(_proxy)]
PortalPerson = Annotated[int | str, BeforeValidator(_portal_person)]
ProjectRef = Annotated[int | str, BeforeValidator(_project)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Positive = Annotated[int, Field(gt=0)]
StatusName = Annotated[TaskStatus, Field(strict=False)]
StepName = Annotated[Step, Field(strict=False)]
MilestoneName = Annotated[Milestone, Field(strict=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Secret(_Part):
    """Where a secret is kept: an environment variable, or a file. Never the secret itself."""

    env: Text | None = None
    file: Text | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise wrong("needs either `env` or `file`")
        return self


class References(_Part):
    prefix: Prefix = "B24"
    pattern: Pattern | None = None


class Connection(_Part):
    name: Name
    kind: Literal["gitlab"] = "gitlab"
    url: Address
    token: Secret | None = None
    ca_file: Text | None = None
    proxy: Proxy | None = None
    allow_ips: list[Network] = []
    projects: list[ProjectRef] = []
    groups: list[ProjectRef] = []
    issue_links: bool = False
    requests_per_minute: Annotated[int, Field(gt=0, le=100_000)] = 600


class Stage(_Part):
    """A kanban column, by its id, by its system type, or by its title."""

    id: Positive | None = None
    type: Literal["NEW", "PROGRESS", "WORK", "REVIEW", "FINISH"] | None = None
    title: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Stage:
        if sum(value is not None for value in (self.id, self.type, self.title)) != 1:
            raise wrong("needs exactly one of `id`, `type` and `title`")
        return self


class Target(_Part):
    """What a step brings a task to; empty: it stays where it is."""

    status: StatusName | None = None
    stage: Stage | None = None


class Ci(_Part):
    """What is done with pipelines; what is not said is as in `default`."""

    message: bool | None = None
    notify: bool | None = None
    field: bool | None = None


class Deployments(_Part):
    """What is done with deployments; what is not said is as in `default`."""

    message: bool | None = None
    environments: list[Text] | None = None


class Group(_Part):
    """Rules of a workgroup; what is not said is as in `default`."""

    steps: dict[StepName, Target] = {}
    notify: list[MilestoneName] | None = None
    ci: Ci = Ci()
    deployments: Deployments = Deployments()


class Rules(_Part):
    default: Group = Group()
    workgroups: dict[Positive, Group] = {}


class Limits(_Part):
    """Requests to the portal a second, and at once (https://apidocs.bitrix24.com/limits.html)."""

    rate: Annotated[float, Field(gt=0, le=50)] = 2.0
    burst: Annotated[int, Field(gt=0, le=1000)] = 50


class Settings(_Part):
    version: Literal[1]
    portal: Annotated[str, StringConstraints(pattern=r"^[\w.:-]+$", max_length=255)]
    language: Literal["en", "ru"] = "en"
    references: References = References()
    people: dict[Text, PortalPerson] = {}
    connections: list[Connection] = []
    rules: Rules = Rules()
    limits: Limits = Limits()


def stored(settings: Settings) -> dict[str, Any]:
    """The JSON form kept with the portal: only what was said, secrets by reference."""
    return settings.model_dump(mode="json", exclude_unset=True)


def load(value: dict[str, Any]) -> Settings:
    """Settings from their stored form. Raises pydantic.ValidationError for anything else."""
    return Settings.model_validate_json(json.dumps({"version": 1} | value))
