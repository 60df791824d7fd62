"""What people plan and write beside code: issues, milestones, snippets, wiki pages, flags."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.emulators.gitlab.entities import Label, Note
from tests.emulators.gitlab.issues.records import Timelog


@dataclass
class Issue:
    """`kind`: Issue, Incident, Task, Ticket…; all but Issue are work items in hooks. Seconds.

    `status_id` "": what its state falls to. `custom`: field id -> text, number or option ids.
    """

    id: int
    iid: int
    project_id: int
    title: str
    description: str
    author_id: int
    created_at: datetime
    updated_at: datetime
    kind: str = "Issue"
    confidential: bool = False
    labels: list[Label] = field(default_factory=list)
    assignee_ids: list[int] = field(default_factory=list)
    milestone_id: int | None = None
    due_date: str | None = None
    weight: int | None = None
    start_date: str | None = None
    time_estimate: int = 0
    total_time_spent: int = 0
    state: str = "opened"
    severity: str = "unknown"
    closed_at: datetime | None = None
    closed_by_id: int | None = None
    last_edited_at: datetime | None = None
    last_edited_by_id: int | None = None
    updated_by_id: int | None = None
    notes: list[Note] = field(default_factory=list)
    timelogs: list[Timelog] = field(default_factory=list)
    discussion_locked: bool | None = None
    moved_to_id: int | None = None
    duplicated_to_id: int | None = None
    relative_position: int | None = None
    parent_id: int | None = None
    status_id: str = ""
    iteration_id: int | None = None
    custom: dict[int, Any] = field(default_factory=dict)


@dataclass
class Milestone:
    id: int
    iid: int
    project_id: int
    title: str
    description: str
    created_at: datetime
    updated_at: datetime
    due_date: date | None = None
    start_date: date | None = None
    state: str = "active"


@dataclass
class Snippet:
    id: int
    project_id: int
    title: str
    content: str
    author_id: int
    created_at: datetime
    notes: list[Note] = field(default_factory=list)
    description: str = ""


@dataclass
class WikiPage:
    slug: str
    title: str
    content: str
    message: str
    version: str  # a commit of the wiki's own repository


@dataclass
class FeatureFlag:
    id: int
    name: str
    description: str
    active: bool


@dataclass
class Award:
    """An emoji; `thing` is what it was given to, `note` the comment there, if it was one."""

    id: int
    name: str
    user_id: int
    created_at: datetime
    thing: object
    note: Note | None = None


@dataclass
class Vulnerability:
    """`state`: detected, confirmed, dismissed, resolved."""

    id: int
    project_id: int
    title: str
    severity: str
    created_at: datetime
    updated_at: datetime
    state: str = "detected"
    file: str = "requirements.txt"
