"""What of issues is kept in step, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_FILE_BYTES = 20_000_000
PRIORITY_SCOPE, WORKFLOW_SCOPE = "priority", "workflow"
MILESTONES, ITERATIONS = "milestones", "iterations"
PRIORITY_COLORS: Mapping[str, str] = {
    "priority::high": "#c91c00",
    "priority::medium": "#d99530",
    "priority::low": "#428fdc",
}
CLOSED_WORKFLOWS = ("done", "closed", "complete", "completed", "canceled", "cancelled", "rejected")


@dataclass(frozen=True, slots=True)
class IssueOptions:
    """What is read and written.

    `sprint`: MILESTONES, ITERATIONS or "" for neither. `scopes`: of labels that stand for a field
    of their own (`size` of `size::XL`), where the licence has none. `closed_workflows`: names
    behind `workflow::` of an issue that is closed, where the instance has no statuses of its own.
    `priorities`: labels of priorities that are made where they lack, with their colours.
    `confidential`: whether confidential items are given to anybody. `checklist`: whether task lists
    of the description are a field of their own.
    """

    comments: bool = True
    time: bool = True
    files: bool = True
    links: bool = False
    parents: bool = False  # of tasks: an issue's parent can only be an epic
    custom_fields: bool = False
    scopes: tuple[str, ...] = ()
    sprint: str = ""
    priorities: Mapping[str, str] = field(default_factory=lambda: dict(PRIORITY_COLORS))
    closed_workflows: tuple[str, ...] = CLOSED_WORKFLOWS
    max_file_bytes: int = MAX_FILE_BYTES
    confidential: bool = True
    checklist: bool = False
