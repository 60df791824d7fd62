"""Settings of notifications: routes, chats, comments, smart commits, alerts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from sync.core.rules import routes as core
from sync.core.rules.portal import Severity
from sync.core.rules.routes import DEFAULT_ROUTES, Channel, Chat, QuietHours, Role, Target
from sync.sentences import sentence
from sync.settings.problems import suggest_key
from sync.settings.values import Dialog, KindName, SettingsPart, Text, parse_dialog, value_error

_TARGETS_BY_NAME: dict[str, Channel | Role] = {target.value: target for target in (*Channel, *Role)}
_HOURS = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)")


def _check_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        guess = suggest_key(value, available_timezones())
        raise value_error(
            sentence("must be a time zone like Europe/Moscow{guess}", guess=guess)
        ) from None
    return value


def parse_hours(value: str) -> tuple[time, time]:
    """Return the start and end of `22:00-08:00`. Raises ValueError."""
    match = _HOURS.fullmatch(value.strip())
    if not match:
        raise ValueError(value)
    at = [int(part) for part in match.groups()]
    return time(at[0], at[1]), time(at[2], at[3])


def _check_hours(value: str) -> str:
    try:
        start, end = parse_hours(value)
    except ValueError:
        raise value_error("must be hours of the day like 22:00-08:00") from None
    if start == end:
        raise value_error("must begin and end at different times")
    return value


def _parse_target(value: Any) -> Any:
    """Return a channel or role by name, or a chat."""
    if isinstance(value, str) and value in _TARGETS_BY_NAME:
        return value
    if isinstance(value, int) or (isinstance(value, str) and re.search(r"\d", value)):
        return parse_dialog(value)
    guess = suggest_key(value, _TARGETS_BY_NAME) if isinstance(value, str) else ""
    raise value_error(
        sentence(
            "must be one of {targets_by_name}, or a chat like chat58{guess}",
            targets_by_name=", ".join(_TARGETS_BY_NAME),
            guess=guess,
        )
    )


def _check_changes(value: int) -> int:
    if value == 1 or value < 0:
        raise value_error("must be at least 2, or 0 for never")
    return value


def _check_path(value: str) -> str:
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+", value):
        raise value_error(
            "must be the path of one project, like group/name; patterns are for workgroups"
        )
    return value


TargetName = Annotated[str, BeforeValidator(_parse_target)]
Zone = Annotated[str, AfterValidator(_check_zone)]
Hours = Annotated[str, AfterValidator(_check_hours)]
Changes = Annotated[int, AfterValidator(_check_changes)]
RoleName = Literal["qa", "manager"]
SeverityName = Annotated[Severity, Field(strict=False)]
Ending = Literal["failed", "canceled", "skipped"]
ProjectPath = Annotated[str, StringConstraints(max_length=255), AfterValidator(_check_path)]
ProjectPattern = Annotated[
    str, StringConstraints(pattern=r"^[\w.*?\[\]!-]+(/[\w.*?\[\]!-]+)*$", max_length=255)
]
Template = Annotated[str, StringConstraints(max_length=100_000)]


class Route(SettingsPart):
    """A rule: which kinds (`on`) go to whom (`to`), and the filters they must pass.

    An empty `to` sends these kinds to nobody. `changes_only`: only where the state differs from the
    one before. `internal`: also confidential items. `quiet`: hours without notifications.
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


def to_routes(settings: Sequence[Route] | None) -> tuple[core.Route, ...]:
    """Return the routes that decisions read; the default ones for None."""
    return DEFAULT_ROUTES if settings is None else tuple(map(_to_route, settings))


def _to_route(settings: Route) -> core.Route:
    return core.Route(
        frozenset(settings.on),
        tuple(map(_to_target, settings.to)),
        frozenset(settings.when),
        tuple(settings.branches),
        frozenset(settings.labels),
        tuple(settings.environments),
        tuple(settings.jobs),
        changes_only=settings.changes_only,
        internal=settings.internal,
        quiet_hours=QuietHours(*parse_hours(settings.quiet)) if settings.quiet else None,
    )


def route_values(route: core.Route) -> dict[str, Any]:
    """Return a route without quiet hours as settings write it; only what it sets."""
    targets = [
        target.dialog if isinstance(target, Chat) else target.value for target in route.targets
    ]
    filters = {
        "when": sorted(route.states),
        "branches": list(route.branches),
        "labels": sorted(route.labels),
        "environments": list(route.environments),
        "jobs": list(route.jobs),
        "changes_only": route.changes_only,
        "internal": route.internal,
    }
    kinds = sorted(kind.value for kind in route.kinds)
    return {"on": kinds, "to": targets, **{key: value for key, value in filters.items() if value}}


def _to_target(name: str) -> Target:
    return _TARGETS_BY_NAME.get(name) or Chat(name)


class Chats(SettingsPart):
    """The chats of which a portal has one each."""

    general: Dialog | None = None
    releases: Dialog | None = None


class CommentSettings(SettingsPart):
    """Which comments a task shows; unset values are taken from `default`."""

    message: bool | None = None
    system: bool | None = None
    internal: bool | None = None


class SmartCommitSettings(SettingsPart):
    """Whether commits may close tasks and give commands; unset values as in `default`."""

    close: bool | None = None
    commands: bool | None = None


class AlertSettings(SettingsPart):
    """Which pipelines raise alerts; unset values are taken from `default`.

    `severities`: by how a pipeline ended; an ending that is not named raises no alert. `flapping`:
    changes within an hour that make a branch unstable (0: never). `open_task`: failures in a row
    after which a task is opened (0: never).
    """

    branches: list[Text] | None = None
    by_stage: bool | None = None
    severities: dict[Ending, SeverityName] | None = None
    flapping: Changes | None = None
    open_task: Annotated[int, Field(ge=0)] | None = None
