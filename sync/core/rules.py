"""The settings that decisions read, as frozen values with sensible defaults. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from sync.core.kinds import Kind
from sync.core.model import Milestone, Step, TaskStatus
from sync.core.routes import DEFAULT_ROUTES, Role, Room, Route, in_force

UTC = ZoneInfo("UTC")
LONGEST_PATTERN = 200  # characters


@dataclass(frozen=True, slots=True)
class ReferenceRules:
    """How a task is named: `{prefix}-123`, or what `pattern` finds.

    `pattern`: a regular expression with the one named group `id`, matched without regard to case
    (`pattern_problem` says whether it may be used). With it the prefix is not looked for.
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


STAYS = StepTarget()

DEFAULT_STEPS: Mapping[Step, StepTarget] = {
    Step.DEVELOPMENT: StepTarget(TaskStatus.IN_PROGRESS),
    Step.REVIEW: StepTarget(TaskStatus.IN_PROGRESS),
    Step.APPROVED: StepTarget(TaskStatus.IN_PROGRESS),
    Step.MERGED: StepTarget(TaskStatus.COMPLETED),
    Step.CLOSED: StepTarget(TaskStatus.IN_PROGRESS),
}
DEFAULT_NOTIFY = frozenset(
    {Milestone.OPENED, Milestone.APPROVED, Milestone.MERGED, Milestone.CLOSED}
)


@dataclass(frozen=True, slots=True)
class CiRules:
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
class NoteRules:
    """Which comments a task's discussion shows: the host's own words, those for members only."""

    message: bool = True
    system: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class CommitRules:
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
    notify: frozenset[Milestone] = DEFAULT_NOTIFY
    ci: CiRules = CiRules()
    deployments: DeploymentRules = DeploymentRules()
    notes: NoteRules = NoteRules()
    commits: CommitRules = CommitRules()
    alerts: AlertRules = AlertRules()
    projects: tuple[str, ...] = ()
    chat: str | None = None
    people: Mapping[Role, tuple[int, ...]] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    def target(self, step: Step | None) -> StepTarget:
        return self.steps.get(step, STAYS) if step else STAYS


@dataclass(frozen=True, slots=True)
class Rules:
    """All of a portal's rules. `people`: user name on the code host → portal user id.

    `language`: of cards, notifications and reasons, `en` or `ru`. `chats`: the dialogs of the
    rooms general and releases. `routes`: of things whose workgroup has none of its own.
    `templates`: texts by kind that take the place of ours. `zone`: of quiet hours.
    """

    references: ReferenceRules = ReferenceRules()
    default: GroupRules = GroupRules()
    groups: Mapping[int, GroupRules] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    language: str = "en"
    chats: Mapping[Room, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = DEFAULT_ROUTES
    templates: Mapping[Kind, str] = field(default_factory=dict)
    zone: ZoneInfo = UTC

    def for_group(self, group_id: int) -> GroupRules:
        """The rules of the task's workgroup; 0 and unknown groups have the portal's own."""
        return self.groups.get(group_id, self.default)

    def group_of(self, path: str) -> int:
        """The workgroup whose project this is, the first that names its path; 0: none does."""
        named = (key for key, one in self.groups.items() if _names(one.projects, path))
        return next(named, 0)

    def routes_of(self, path: str) -> tuple[Route, ...]:
        """The rules for what a project tells."""
        return in_force(self.for_group(self.group_of(path)).routes, self.routes)


DEFAULT_RULES = Rules()


def _names(patterns: Iterable[str], path: str) -> bool:
    return any(fnmatchcase(path.casefold(), pattern.casefold()) for pattern in patterns)


_ESCAPED_OR_SET = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEATED_GROUP = re.compile(r"\((?:[^()]*[*+{|][^()]*)\)[*+{]")
_BACK_REFERENCE = re.compile(r"\\[1-9]|\(\?P=|\(\?\(")


def pattern_problem(pattern: str) -> str | None:
    """Why a reference pattern may not be used, or None.

    A repeated group that itself repeats or chooses can take time without bound on hostile text.
    """
    if len(pattern) > LONGEST_PATTERN:
        return f"a reference pattern has at most {LONGEST_PATTERN} characters"
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        return f"not a regular expression: {error}"
    if set(compiled.groupindex) != {"id"}:
        return "a reference pattern has exactly one named group, (?P<id>...)"
    if _BACK_REFERENCE.search(pattern):
        return "a reference pattern has no back references"
    if _hides_repeats(_ESCAPED_OR_SET.sub("x", pattern)):
        return "a repeated group may not repeat or choose inside: (a+)+ can run without end"
    return None


def _hides_repeats(pattern: str) -> bool:
    """Whether some repeated group holds a repeat or a choice, however deep."""
    while "(" in pattern:
        if _REPEATED_GROUP.search(pattern):
            return True
        flat = re.sub(r"\(([^()]*)\)", lambda m: "+" if set(m[1]) & set("*+{|") else "x", pattern)
        if flat == pattern:
            return False
        pattern = flat
    return False
