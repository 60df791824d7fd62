"""The settings that plans read, as frozen values with sensible defaults. Pure."""

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
    """How tasks are named in text: `{prefix}-123`, or the matches of `pattern`.

    `pattern` is a regular expression with the one named group `id`, matched without regard to case
    (`sync.core.references.safe_pattern` checks it). With a pattern the prefix is ignored.
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
    """The status and column to which a step moves the task; None leaves that part as it is."""

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
    """How a workgroup shows pipelines: a message in the task, a notification, the field."""

    message: bool = True
    notify: bool = True
    field: bool = True


@dataclass(frozen=True, slots=True)
class DeploymentRules:
    """How a workgroup shows deployments: a message in the task, for which environments.

    `environments` are patterns of names or tiers (`prod*`, `staging`); none: all but development.
    """

    message: bool = True
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentRules:
    """Which comments a task's discussion shows: system notes, internal ones."""

    message: bool = True
    system: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class SmartCommitRules:
    """Whether commits on the default branch may close tasks and carry commands."""

    close: bool = True
    commands: bool = True


class Severity(StrEnum):
    """How severe an alert is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class AlertRules:
    """When failing pipelines open an alert.

    `branches` are those whose pipelines are watched, as in a route; none: nothing is watched.
    `by_stage`: one alert a failed stage. `severities`: by status of the pipeline (failed, canceled,
    skipped); a status that is not in it opens no alert. `flapping`: that many changes within an
    hour are one state, "unstable". `open_task`: create a task after that many failures in a row (0:
    never).
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
    """The settings of one workgroup: a target for each step, and what its people are sent.

    `projects` are paths, or patterns of them, that belong to the workgroup. `chat` is the dialog
    that replaces the workgroup's own chat. `roles` maps qa and manager to portal users.
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
        """Return the target of a step; no target for None or an unset step."""
        return self.steps.get(step, NO_TARGET) if step else NO_TARGET


@dataclass(frozen=True, slots=True)
class Rules:
    """All settings of a portal.

    `people` maps user names on the code host to portal user ids. `language` of cards, notifications
    and reasons is `en` or `ru`. `by_bot`: a bot of ours writes
    messages in chats. `chats` are the dialogs of the channels general and releases.
    `routes` apply to kinds for which the workgroup has none. `templates` are the portal's own texts
    by kind. `zone` is the time zone of quiet hours. `alerts` are those of single projects, by
    lower-case path.
    """

    references: ReferenceRules = ReferenceRules()
    default: GroupRules = GroupRules()
    groups: Mapping[int, GroupRules] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    language: str = "en"
    by_bot: bool = False
    chats: Mapping[Channel, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = DEFAULT_ROUTES
    templates: Mapping[Kind, str] = field(default_factory=dict)
    zone: ZoneInfo = UTC
    alerts: Mapping[str, AlertRules] = field(default_factory=dict)

    def for_group(self, group_id: int) -> GroupRules:
        """Return the rules of a workgroup; 0 and unknown groups have the portal's default."""
        return self.groups.get(group_id, self.default)

    def group_of(self, path: str) -> int:
        """Return the id of the workgroup to which the project belongs; 0 for none.

        A workgroup that lists the path itself goes before those with a matching pattern; then the
        first.
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
        """Return the alert rules of a project, else those of its workgroup."""
        own = self.alerts.get(path.casefold())
        return own or self.for_group(self.group_of(path)).alerts

    def routes_of(self, path: str) -> tuple[Route, ...]:
        """Return the routes for a project's activity."""
        return effective_routes(self.for_group(self.group_of(path)).routes, self.routes)

    def channels_of(self, path: str) -> dict[Channel, str]:
        """Return the dialogs of the channels that a project has."""
        group_id = self.group_of(path)
        own = self.for_group(group_id).chat or (f"sg{group_id}" if group_id else None)
        general = self.chats.get(Channel.GENERAL)
        releases = self.chats.get(Channel.RELEASES) or general or own
        channels = {Channel.PROJECT: own, Channel.GENERAL: general, Channel.RELEASES: releases}
        return {room: dialog for room, dialog in channels.items() if dialog}

    def kinds_of(self, path: str) -> frozenset[Kind]:
        """Return the kinds of a project's activity that somebody may be notified of."""
        rooms = {*self.channels_of(path), Channel.TASK}
        return frozenset(
            kind
            for route in self.routes_of(path)
            if any(not isinstance(target, Channel) or target in rooms for target in route.targets)
            for kind in route.kinds
        )


def wanted_kinds(rules: Rules) -> frozenset[Kind]:
    """Return the kinds that some route sends anywhere, which hooks have to deliver."""
    return frozenset(kind for route in _all_routes(rules) if route.targets for kind in route.kinds)


def wants_internal(rules: Rules) -> bool:
    """Tell whether somebody may be notified of what only members may read."""
    shown_in_tasks = any(
        group.comments.internal for group in (rules.default, *rules.groups.values())
    )
    return shown_in_tasks or any(route.internal and route.targets for route in _all_routes(rules))


def _all_routes(rules: Rules) -> list[Route]:
    own = (group.routes for group in (rules.default, *rules.groups.values()))
    return [route for routes in own for route in effective_routes(routes, rules.routes)]


def _matches_any(patterns: Iterable[str], path: str) -> bool:
    """Tell whether a pattern fits a path; `acme/*` fits the group `acme` itself, too."""
    names = path.casefold(), f"{path.casefold()}/"
    return any(fnmatchcase(name, pattern.casefold()) for pattern in patterns for name in names)


DEFAULT_RULES = Rules()
