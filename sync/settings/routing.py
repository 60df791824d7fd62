"""Settings of who is told of what: rules, chats, texts of one's own, alerts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from sync.core.rules import routes as core
from sync.core.rules.portal import Severity
from sync.core.rules.routes import DEFAULT_ROUTES, Chat, Quiet, Role, Room, Target
from sync.settings.problems import meant
from sync.settings.values import Dialog, KindName, Part, Text, dialog, wrong

_NAMED: dict[str, Room | Role] = {one.value: one for one in (*Room, *Role)}
_HOURS = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        guess = meant(value, available_timezones())
        raise wrong(f"must be a time zone like Europe/Moscow{guess}") from None
    return value


def hours(value: str) -> tuple[time, time]:
    """The start and end of `22:00-08:00`. Raises ValueError."""
    found = _HOURS.fullmatch(value.strip())
    if not found:
        raise ValueError(value)
    at = [int(part) for part in found.groups()]
    return time(at[0], at[1]), time(at[2], at[3])


def _quiet(value: str) -> str:
    try:
        start, end = hours(value)
    except ValueError:
        raise wrong("must be hours of the day like 22:00-08:00") from None
    if start == end:
        raise wrong("must begin and end at different times")
    return value


def _target(value: Any) -> Any:
    """A room or a role by name, or a chat."""
    if isinstance(value, str) and value in _NAMED:
        return value
    if isinstance(value, int) or (isinstance(value, str) and re.search(r"\d", value)):
        return dialog(value)
    guess = meant(value, _NAMED) if isinstance(value, str) else ""
    raise wrong(f"must be one of {', '.join(_NAMED)}, or a chat like chat58{guess}")


def _changes(value: int) -> int:
    if value == 1 or value < 0:
        raise wrong("must be at least 2, or 0 for never")
    return value


def _path(value: str) -> str:
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+", value):
        raise wrong("must be the path of one project, like group/name; patterns are for workgroups")
    return value


TargetName = Annotated[str, BeforeValidator(_target)]
Zone = Annotated[str, AfterValidator(_zone)]
Hours = Annotated[str, AfterValidator(_quiet)]
Changes = Annotated[int, AfterValidator(_changes)]
RoleName = Literal["qa", "manager"]
SeverityName = Annotated[Severity, Field(strict=False)]
Ending = Literal["failed", "canceled", "skipped"]
ProjectPath = Annotated[str, StringConstraints(max_length=255), AfterValidator(_path)]
ProjectPattern = Annotated[
    str, StringConstraints(pattern=r"^[\w.*?\[\]!-]+(/[\w.*?\[\]!-]+)*$", max_length=255)
]
Template = Annotated[str, StringConstraints(max_length=100_000)]


class Route(Part):
    """A rule: of which things (`on`) who is told (`to`), and the filters things must pass.

    An empty `to` tells nobody of those kinds. `changes_only`: where the state is another than
    that of the one before it. `internal`: also what members alone may read.
    """

    on: Annotated[list[KindName], Field(min_length=1)]
    to: list[TargetName]
    when: list[Text] = []
    branches: list[Text] = []
    labels: list[Text] = []
    environments: list[Text] = []
    jobs: list[Text] = []
    changes_only: bool = False
    internal: bool = False
    quiet: Hours | None = None


def to_routes(told: Sequence[Route] | None) -> tuple[core.Route, ...]:
    """The rules that decisions read; None: those that hold where nothing is said."""
    return DEFAULT_ROUTES if told is None else tuple(map(_route, told))


def _route(told: Route) -> core.Route:
    return core.Route(
        frozenset(told.on),
        tuple(map(_to, told.to)),
        frozenset(told.when),
        tuple(told.branches),
        frozenset(told.labels),
        tuple(told.environments),
        tuple(told.jobs),
        changes_only=told.changes_only,
        internal=told.internal,
        quiet=Quiet(*hours(told.quiet)) if told.quiet else None,
    )


def _to(name: str) -> Target:
    return _NAMED.get(name) or Chat(name)


class Chats(Part):
    """The chats of the rooms that a portal has one of."""

    general: Dialog | None = None
    releases: Dialog | None = None


class Notes(Part):
    """Which comments a task shows; what is not said is as in `default`."""

    message: bool | None = None
    system: bool | None = None
    internal: bool | None = None


class Commits(Part):
    """Whether commits may close tasks and carry commands; what is not said is as in `default`."""

    close: bool | None = None
    commands: bool | None = None


class Alerts(Part):
    """Which pipelines raise alerts; what is not said is as in `default`.

    `severities`: of pipelines that did not pass; those it does not name raise none.
    """

    branches: list[Text] | None = None
    by_stage: bool | None = None
    severities: dict[Ending, SeverityName] | None = None
    flapping: Changes | None = None
    open_task: Annotated[int, Field(ge=0)] | None = None
