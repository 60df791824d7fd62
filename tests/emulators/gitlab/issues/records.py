"""What issues are planned with: entries of time, statuses, fields, iterations, links, uploads.

https://docs.gitlab.com/user/work_items/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

OPEN_CATEGORIES = ("triage", "to_do", "in_progress")
CLOSED_CATEGORIES = ("done", "canceled")


@dataclass
class Timelog:
    """Seconds may be below zero. `note_id`: the comment whose quick action logged it."""

    id: int
    user_id: int
    seconds: int
    spent_at: datetime
    created_at: datetime
    summary: str = ""
    note_id: int | None = None


@dataclass
class Upload:
    id: int
    project_id: int
    secret: str
    filename: str
    content: bytes
    user_id: int
    created_at: datetime


@dataclass
class Status:
    """`id`: a whole global id, for those of the system and those of the namespace differ."""

    id: str
    name: str
    category: str
    color: str
    position: int

    @property
    def closed(self) -> bool:
        return self.category in CLOSED_CATEGORIES


@dataclass
class Lifecycle:
    """The statuses of a top-level group, and the three that state changes fall to."""

    statuses: list[Status]
    default_open: str
    default_closed: str
    default_duplicate: str

    def status(self, key: str) -> Status | None:
        """The status of that id."""
        return next((status for status in self.statuses if status.id == key), None)


@dataclass
class CustomField:
    """`kind`: SINGLE_SELECT, MULTI_SELECT, NUMBER, TEXT or DATE. `options`: id -> value."""

    id: int
    name: str
    kind: str
    options: dict[int, str] = field(default_factory=dict)
    active: bool = True


@dataclass
class Iteration:
    id: int
    iid: int
    title: str
    start: date
    due: date


REVERSED = {"relates_to": "relates_to", "blocks": "is_blocked_by", "is_blocked_by": "blocks"}


@dataclass
class IssueLink:
    """`kind`: relates_to, blocks or is_blocked_by, as seen from the source."""

    id: int
    source_id: int
    target_id: int
    kind: str = "relates_to"


@dataclass
class Planned:
    """What top-level groups set up, by their path, and links between issues of any project."""

    lifecycles: dict[str, Lifecycle] = field(default_factory=dict)
    fields: dict[str, list[CustomField]] = field(default_factory=dict)
    iterations: dict[str, list[Iteration]] = field(default_factory=dict)
    links: dict[int, IssueLink] = field(default_factory=dict)


SYSTEM = "gid://gitlab/WorkItems::Statuses::SystemDefined::Status/"


def system_lifecycle() -> Lifecycle:
    """What every namespace has until it edits its own.

    https://docs.gitlab.com/user/work_items/status/
    """
    rows = [
        ("To do", "to_do", "#737278"),
        ("In progress", "in_progress", "#1f75cb"),
        ("Done", "done", "#108548"),
        ("Won't do", "canceled", "#DD2B0E"),
        ("Duplicate", "canceled", "#DD2B0E"),
    ]
    statuses = [
        Status(f"{SYSTEM}{number}", *row, position=number) for number, row in enumerate(rows, 1)
    ]
    return Lifecycle(statuses, f"{SYSTEM}1", f"{SYSTEM}3", f"{SYSTEM}5")
