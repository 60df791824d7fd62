"""Tasks of Bitrix24: status, kanban stage, links and steps. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaskStatus(StrEnum):
    """A task's status."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    AWAITING_CONTROL = "awaiting_control"
    COMPLETED = "completed"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Task:
    """A portal task as last read; `chat_id` is None where the portal has the old task card.

    `actions` are those that the portal allows its token now (start, pause, complete, renew, defer,
    approve, disapprove, edit); None where not known.
    """

    id: int
    title: str
    status: TaskStatus
    group_id: int = 0
    stage_id: int = 0
    responsible_id: int = 0
    creator_id: int = 0
    accomplices: tuple[int, ...] = ()
    auditors: tuple[int, ...] = ()
    needs_control: bool = False
    chat_id: int | None = None
    actions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class KanbanStage:
    """A kanban column of a workgroup; `system_type`: NEW, PROGRESS, WORK, REVIEW, FINISH or ''."""

    id: int
    title: str
    system_type: str = ""
    sort: int = 0


class LinkKind(StrEnum):
    """What a text, or a whole merge request, says about a task, from weak to strong."""

    MENTION = "mention"  # looked at: "see", "caused by"
    DENY = "deny"  # said not to be ended: "does not fix"
    REVERT = "revert"  # its work is taken back
    PART = "part"  # worked on, and not ended by it: "partially fixes"
    MOVE = "move"  # worked on
    CLOSE = "close"  # ended: "closes"

    @property
    def is_work(self) -> bool:
        """Tell whether the work is the task's own, not only about it."""
        return self in (LinkKind.PART, LinkKind.MOVE, LinkKind.CLOSE)


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A task named in text; `source`: branch, title, description or commit."""

    task_id: int
    kind: LinkKind
    source: str = ""


class Step(StrEnum):
    """The stage of a task's development, computed from all its merge requests."""

    DEVELOPMENT = "development"  # only drafts are open
    REVIEW = "review"  # at least one open, not all open ones approved
    APPROVED = "approved"  # all open ones approved
    MERGED = "merged"  # none open, at least one merged
    CLOSED = "closed"  # none open, none merged
