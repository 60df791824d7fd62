"""The settings that decisions read, as frozen values with sensible defaults. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import ReviewEvent
from sync.core.model.tasks import Step, TaskStatus
from sync.core.rules.routes import DEFAULT_ROUTES, Channel, Role, Route, effective_routes

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class ReferenceRules:
    """How a task is named: `{prefix}-123`, or what `pattern` finds.

    `pattern`: a regular expression with the one named group `id`, matched without regard to case
    (`sync.core.patterns` says whether it may be used). With it the prefix is not looked for.
    """

    prefix: str = "B24"
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class StageRef:
    """A kanban column by id, by the portal's system type (NEW, REVIEW, …), or by title."""

    id: int | None = None
    system_type: str | None = None
    title: str | None = None

    def __str__(self) -> str:
        return self.title or self.system_type or str(self.id)


@dataclass(frozen=True, slots=True)
class StepTarget:
    """Where a step brings the task; None leaves that part as it is."""

    status: TaskStatus | None = None
    stage: StageRef | None = None


NO_TARGET = StepTarget()

DEFAULT_STEPS: Mapping[Step, StepTarget] = {
    Step.DEVELOPMENT: StepTarget(TaskStatus.IN_PROGRESS),
    Step.REVIEW: StepTarget(TaskStatus.IN_PROGRESS),
    Step.APPROVED: StepTarget(TaskStatus.IN_PROGRESS),
    Step.MERGED: StepTarget(TaskStatus.COMPLETED),
    Step.CLOSED: StepTarget(TaskStatus.IN_PROGRESS),
}
DEFAULT_NOTIFY = frozenset(
    {ReviewEvent.OPENED, ReviewEvent.APPROVED, ReviewEvent.MERGED, ReviewEvent.CLOSED}
)


@dataclass(frozen=True, slots=True)
class PipelineRules:
    """What a workgroup wants of pipelines: a message in the task, the author told, the field."""

    message: bool = True
    notify: bool = True
    field: bool = True


@dataclass(frozen=True, slots=True)
class DeploymentRules:
    """What a workgroup wants of deployments: a message in the task, for which environments.

    `environments`: patterns of names or tiers (`prod*`, `staging`); none: all but development.
    """

    message: bool = True
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentRules:
    """Which comments a task's discussion shows: the host's own words, those for members only."""

    message: bool = True
    system: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class SmartCommitRules:
    """Whether commits on the default branch may speak: close tasks, and carry commands."""

    close: bool = True
    commands: bool = True


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class AlertRules:
    """`branches`: whose pipelines are watched, as in a route; none: nothing is watched.

    `by_stage`: one alert a failed stage. `severities`: of pipelines that failed, were canceled or
    skipped; what is not in it opens no alert. `flapping`: so many changes within the hour are one
    state, "unstable". `open_task`: after so many failures in a row (0: never).
    """

    branches: tuple[str, ...] = ("default", "protected")
    by_stage: bool = False
    severities: Mapping[str, Severity] = field(
        default_factory=lambda: {
            "failed": Severity.HIGH,
            "canceled": Severity.MEDIUM,
            "skipped": Severity.LOW,
        }
    )
    flapping: int = 4
    open_task: int = 0


@dataclass(frozen=True, slots=True)
class GroupRules:
    """What one workgroup wants: a target for each step, and what its people are told.

    `projects`: paths, or patterns of them, whose things are this workgroup's. `chat`: the dialog
    that takes the place of the workgroup's own chat. `people`: who has the roles qa and manager.
    """

    steps: Mapping[Step, StepTarget] = field(default_factory=lambda: DEFAULT_STEPS)
    notify: frozenset[ReviewEvent] = DEFAULT_NOTIFY
    pipelines: PipelineRules = PipelineRules()
    deployments: DeploymentRules = DeploymentRules()
    comments: CommentRules = CommentRules()
    smart_commits: SmartCommitRules = SmartCommitRules()
    alerts: AlertRules = AlertRules()
    projects: tuple[str, ...] = ()
    chat: str | None = None
    roles: Mapping[Role, tuple[int, ...]] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    def target(self, step: Step | None) -> StepTarget:
        return self.steps.get(step, NO_TARGET) if step else NO_TARGET


@dataclass(frozen=True, slots=True)
class Rules:
    """All of a portal's rules. `people`: user name on the code host → portal user id.

    `language`: of cards, notifications and reasons, `en` or `ru`. `chats`: the dialogs of the
    rooms general and releases. `routes`: of things whose workgroup has none of its own.
    `templates`: texts by kind that take the place of ours. `zone`: of quiet hours. `alerts`: of
    single projects, by path without regard to case.
    """

    references: ReferenceRules = ReferenceRules()
    default: GroupRules = GroupRules()
    groups: Mapping[int, GroupRules] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    language: str = "en"
    chats: Mapping[Channel, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = DEFAULT_ROUTES
    templates: Mapping[Kind, str] = field(default_factory=dict)
    zone: ZoneInfo = UTC
    alerts: Mapping[str, AlertRules] = field(default_factory=dict)

    def for_group(self, group_id: int) -> GroupRules:
        """The rules of the task's workgroup; 0 and unknown groups have the portal's own."""
        return self.groups.get(group_id, self.default)

    def group_of(self, path: str) -> int:
        """The workgroup whose project this is; 0: no one's.

        One that names the path itself goes before those with a pattern of it, else the first.
        """
        group_ids = [
            key
            for key, group_rules in self.groups.items()
            if _matches_any(group_rules.projects, path)
        ]
        exact = [
            key
            for key in group_ids
            if path.casefold() in map(str.casefold, self.groups[key].projects)
        ]
        return next(iter(exact or group_ids), 0)

    def alerts_of(self, path: str) -> AlertRules:
        """The project's own, else its workgroup's."""
        own = self.alerts.get(path.casefold())
        return own or self.for_group(self.group_of(path)).alerts

    def routes_of(self, path: str) -> tuple[Route, ...]:
        """The rules for what a project tells."""
        return effective_routes(self.for_group(self.group_of(path)).routes, self.routes)

    def channels_of(self, path: str) -> dict[Channel, str]:
        """The dialogs of the rooms that there are for a project."""
        group_id = self.group_of(path)
        own = self.for_group(group_id).chat or (f"sg{group_id}" if group_id else None)
        general = self.chats.get(Channel.GENERAL)
        releases = self.chats.get(Channel.RELEASES) or general or own
        channels = {Channel.PROJECT: own, Channel.GENERAL: general, Channel.RELEASES: releases}
        return {room: dialog for room, dialog in channels.items() if dialog}

    def kinds_of(self, path: str) -> frozenset[Kind]:
        """The kinds of a project's things that somebody may be told of."""
        rooms = {*self.channels_of(path), Channel.TASK}
        return frozenset(
            kind
            for route in self.routes_of(path)
            if any(not isinstance(target, Channel) or target in rooms for target in route.targets)
            for kind in route.kinds
        )


def wanted_kinds(rules: Rules) -> frozenset[Kind]:
    """The kinds that somebody may be told of in any project: what hooks have to bring."""
    return frozenset(kind for route in _all_routes(rules) if route.targets for kind in route.kinds)


def wants_internal(rules: Rules) -> bool:
    """Whether somebody may be told of what members alone may read."""
    shown_in_tasks = any(
        group.comments.internal for group in (rules.default, *rules.groups.values())
    )
    return shown_in_tasks or any(route.internal and route.targets for route in _all_routes(rules))


def _all_routes(rules: Rules) -> list[Route]:
    own = (group.routes for group in (rules.default, *rules.groups.values()))
    return [route for routes in own for route in effective_routes(routes, rules.routes)]


def _matches_any(patterns: Iterable[str], path: str) -> bool:
    return any(fnmatchcase(path.casefold(), pattern.casefold()) for pattern in patterns)


DEFAULT_RULES = Rules()
