"""The settings that decisions read, as frozen values with sensible defaults. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.core.model import Milestone, Step, TaskStatus

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
class GroupRules:
    """What one workgroup wants: a target for each step, and what its people are told."""

    steps: Mapping[Step, StepTarget] = field(default_factory=lambda: DEFAULT_STEPS)
    notify: frozenset[Milestone] = DEFAULT_NOTIFY
    ci: CiRules = CiRules()
    deployments: DeploymentRules = DeploymentRules()

    def target(self, step: Step | None) -> StepTarget:
        return self.steps.get(step, STAYS) if step else STAYS


@dataclass(frozen=True, slots=True)
class Rules:
    """All of a portal's rules. `people`: user name on the code host → portal user id.

    `language`: of cards, notifications and reasons, `en` or `ru`.
    """

    references: ReferenceRules = ReferenceRules()
    default: GroupRules = GroupRules()
    groups: Mapping[int, GroupRules] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    language: str = "en"

    def for_group(self, group_id: int) -> GroupRules:
        """The rules of the task's workgroup; 0 and unknown groups have the portal's own."""
        return self.groups.get(group_id, self.default)


DEFAULT_RULES = Rules()

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
