"""An issue as GitLab answers it, from REST or from GraphQL, in one shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sync.core.issue_sync.model import Author
from sync.gitlab.json_fields import (
    exact_timestamp,
    mapping,
    mappings,
    positive_int,
    text,
    timestamp,
    whole_seconds,
)

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A comment; `internal`: for members of the project alone."""

    id: str
    author: Author
    body: str
    created_at: datetime
    edited_at: datetime | None
    internal: bool


@dataclass(frozen=True, slots=True)
class TimelogRow:
    """An entry of time."""

    id: str
    author: Author
    seconds: int
    on: date
    summary: str


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A status of the namespace; `closed`: of a finished item."""

    id: str
    name: str
    closed: bool


@dataclass(frozen=True, slots=True)
class IssueRow:
    """An issue. What an answer does not tell is None; `has_status`: whether its type has one, as do
    `has_iteration` and `has_parent`.

    `custom`: field id → text, number, or a set of option ids. `more_notes`, `more_time`: whether
    there is more than was answered. `moved_url`: of the item that goes on for it.
    """

    id: str
    iid: str
    project_id: str
    title: str
    description: str
    closed: bool
    labels: frozenset[str]
    assignees: tuple[str, ...]
    due_date: str | None
    estimate: int
    author: Author
    created_at: datetime
    updated_at: datetime
    url: str
    kind: str
    confidential: bool
    milestone: str | None = None
    milestone_title: str = ""
    moved_to: str = ""
    moved_url: str = ""
    archived: bool = False
    edited_at: datetime | None = None
    status: StatusRow | None = None
    has_status: bool = False
    iteration: str | None = None
    has_iteration: bool = False
    parent: str | None = None
    has_parent: bool = False
    links: frozenset[str] | None = None
    custom: Mapping[str, str | int | frozenset[str] | None] = field(default_factory=dict)
    notes: tuple[NoteRow, ...] | None = None
    timelogs: tuple[TimelogRow, ...] | None = None
    more_notes: bool = False
    more_time: bool = False


def number(gid: object) -> str:
    """Return `5` of `gid://gitlab/WorkItem/5`, "" of anything else."""
    last = text(gid).rsplit("/", 1)[-1]
    return last if last.isascii() and last.isdigit() else ""


def person(value: object, own_id: str) -> Author:
    """Return the author in an object of REST or GraphQL; without an id: nobody is told."""
    user = mapping(value)
    user_id = str(positive_int(user.get("id")) or "") or number(user.get("id"))
    login = text(user.get("username"))
    is_bridge = bool(user_id) and user_id == own_id
    return Author(user_id, text(user.get("name")) or login, is_bridge, login)


def rest_row(issue: Mapping[str, Any], own_id: str) -> IssueRow:
    """Return an issue of the REST API; statuses, fields and entries are not in there.

    https://docs.gitlab.com/api/issues/
    """
    labels = issue.get("labels")
    names = labels if isinstance(labels, list) else []
    milestone = positive_int(mapping(issue.get("milestone")).get("id"))
    return IssueRow(
        id=str(positive_int(issue.get("id")) or ""),
        iid=str(positive_int(issue.get("iid")) or ""),
        project_id=str(positive_int(issue.get("project_id")) or ""),
        title=text(issue.get("title")),
        description=text(issue.get("description")),
        closed=text(issue.get("state")) == "closed",
        labels=frozenset(
            text(mapping(label).get("name")) if isinstance(label, dict) else text(label)
            for label in names
        ),
        assignees=tuple(str(user["id"]) for user in mappings(issue.get("assignees"))),
        due_date=text(issue.get("due_date")) or None,
        estimate=whole_seconds(mapping(issue.get("time_stats")).get("time_estimate")) or 0,
        author=person(issue.get("author"), own_id),
        created_at=timestamp(issue.get("created_at")) or NEVER,
        updated_at=exact_timestamp(issue.get("updated_at")) or NEVER,
        url=text(issue.get("web_url")),
        kind=text(issue.get("issue_type")) or "issue",
        confidential=issue.get("confidential") is True,
        milestone=str(milestone) if milestone else None,
        milestone_title=text(mapping(issue.get("milestone")).get("title")),
        moved_to=str(positive_int(issue.get("moved_to_id")) or ""),
    )


def rest_note(note: Mapping[str, Any], own_id: str) -> NoteRow:
    """Return a note of the REST API. https://docs.gitlab.com/api/notes/"""
    created = timestamp(note.get("created_at")) or NEVER
    updated = timestamp(note.get("updated_at"))
    return NoteRow(
        id=str(positive_int(note.get("id")) or ""),
        author=person(note.get("author"), own_id),
        body=text(note.get("body")),
        created_at=created,
        edited_at=updated if updated and updated > created else None,
        internal=note.get("internal") is True or note.get("confidential") is True,
    )
