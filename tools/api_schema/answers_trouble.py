"""What /api answers about connections and trouble: what failed, links, pairs, health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from b24app.services.link_summaries import Dispute, FieldState, StoryEntry


class Connection(TypedDict):
    """A connection without secrets."""

    name: str
    kind: str
    base_url: str
    state: str
    account: dict[str, Any]
    state_reason: str


class Status(TypedDict):
    """A portal at a glance."""

    portal: str
    state: str
    reason: str
    connections: list[Connection]
    deliveries_waiting: int
    subjects_waiting: int
    commands_waiting: int
    dead: int
    alerts: int
    worker_alive: bool
    troubled_links: int
    wrong: int


class Connections(TypedDict):
    """All connections of a portal."""

    connections: list[Connection]


class Tested(TypedDict):
    """What a connection's system says of its token."""

    ok: bool
    account: str
    problems: list[str]


class FailedWork(TypedDict):
    """What was given up; `kind` and `id` are what a replay takes."""

    kind: str
    id: str
    action: str
    about: str
    text: str
    at: datetime | None
    of: str
    place: str
    subject_key: str


class Failure(FailedWork):
    """What was given up, by the name that people call it."""

    name: str


class Failures(TypedDict):
    """All of it."""

    failures: list[FailedWork]


class Replayed(TypedDict):
    """How many things are tried again."""

    replayed: int


class Problem(TypedDict):
    """A field that cannot cross, and why."""

    field: str
    text: str


class Link(TypedDict):
    """A task and its issue."""

    key: str
    task_id: int
    task_title: str
    issue: str
    issue_url: str
    state: str
    reason: str
    at: datetime | None
    agrees_to_deletion: bool
    disputes: list[Dispute]
    problems: list[Problem]
    story: list[StoryEntry]
    fields: list[FieldState]


class Links(TypedDict):
    """The issues of a task."""

    links: list[Link]


class HaltedPair(TypedDict):
    """A pair of workgroup and project that stands still."""

    connection: str
    pair: str
    text: str


class PortalState(TypedDict):
    """Whether the portal takes our calls, and a worker is at work."""

    state: str
    reason: str
    worker_alive: bool


class Trouble(TypedDict):
    """Everything that waits for an administrator."""

    portal: PortalState
    connections: list[Connection]
    pairs: list[HaltedPair]
    links: list[Link]
    failures: list[Failure]


class Retried(TypedDict):
    """How many links try again."""

    retried: int


class HealthCheck(TypedDict):
    """A check of the portal or of the service."""

    subject: str
    name: str
    ok: bool
    urgent: bool
    place: str
    what: str
    why: str
    change: str
    since: datetime | None


class Gap(TypedDict):
    """Deliveries that a webhook could not bring, and how many were made up for."""

    connection: str
    target: str
    failed: int
    made_up: int
    at: datetime


class Health(TypedDict):
    """All checks, what is wrong first."""

    ok: bool
    checks: list[HealthCheck]
    missed: list[Gap]
    at: datetime
