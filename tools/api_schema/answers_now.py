"""What /api answers about work and trouble: overview, task tab, inbox, metrics, health."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from b24app.services.alerts import AlertSummary, RecoverySummary
from b24app.services.flow_now import DeployedVersion
from b24app.services.link_summaries import Dispute, FieldState, StoryEntry
from b24app.services.overview import MergeRequestSummary
from sync.core.deployments.metrics.summary import Measure, Week


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


class Alerts(TypedDict):
    """Branches that fail, and how fast others recovered."""

    alerts: list[AlertSummary]
    recovery: list[RecoverySummary]


class DevelopedTask(TypedDict):
    """A task and the step that its work has reached."""

    id: int
    title: str
    step: str | None
    unknown: bool


class PipelineRow(TypedDict):
    """The newest pipeline of a branch."""

    id: int
    branch: str
    project: str
    status: str
    url: str
    updated_at: datetime


class EnvironmentRow(TypedDict):
    """An environment; `inside`: the task's work is there."""

    name: str
    project: str
    tier: str
    inside: bool
    url: str
    version: str
    at: datetime | None


class Reason(TypedDict):
    """Why something happened to a task."""

    at: datetime
    kind: Literal["move", "event", "technical"]
    text: str


class Development(TypedDict):
    """The tab inside a task."""

    task: DevelopedTask
    merge_requests: list[MergeRequestSummary]
    pipelines: list[PipelineRow]
    environments: list[EnvironmentRow]
    alerts: list[AlertSummary]
    reasons: list[Reason]


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
    tracker: str
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


class MergeRequests(TypedDict):
    """A page of merge requests."""

    merge_requests: list[MergeRequestSummary]
    total: int
    page: int
    pages: int


class ProjectRow(TypedDict):
    """A project and its workgroup; 0: none."""

    path: str
    group: int


class GroupRow(TypedDict):
    """A workgroup by its name."""

    id: int
    name: str


class Filters(TypedDict):
    """What a list can be filtered by."""

    projects: list[ProjectRow]
    groups: list[GroupRow]


# In TypedDict's other form: `from` is a word of the language.
Metrics = TypedDict(
    "Metrics",
    {
        "measures": list[Measure], "weeks": list[Week], "parts": list[str],
        "remediation_days": int, "from": datetime, "to": datetime, "projects": list[ProjectRow],
    },
)  # fmt: skip


class Item(TypedDict):
    """A line of the list that a number is made of."""

    kind: Literal["merge_request", "deployment"]
    title: str
    url: str
    project: str
    at: datetime | None
    seconds: float | None
    remedy: str
    remedy_url: str


class Items(TypedDict):
    """A page of such lines."""

    items: list[Item]
    total: int
    page: int
    pages: int


class Review(TypedDict):
    """A review that waits, and for whom."""

    reference: str
    title: str
    url: str
    people: list[str]
    since: datetime | None


class Now(TypedDict):
    """What waits at this moment."""

    reviews: list[Review]
    reviews_total: int
    alerts: list[AlertSummary]
    environments: list[DeployedVersion]


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


class Hours(TypedDict):
    """The seconds of a person by where they were entered."""

    person: str
    seconds: dict[Literal["portal", "commit", "tracker"], int]


class TaskHours(TypedDict):
    """Who worked how long."""

    people: list[Hours]


class HoursOfTask(TypedDict):
    """The seconds that were logged for a task in a period."""

    id: int
    title: str
    seconds: int


class FlowHours(TypedDict):
    """Hours of a period; `whole` False: some were left out."""

    people: list[Hours]
    tasks: list[HoursOfTask]
    whole: bool


class Actions(TypedDict):
    """Where a visitor may act, and the branch that would be made."""

    projects: list[str]
    branch: str


class Created(TypedDict):
    """What was created in GitLab."""

    name: str
    url: str


class PipelineAnswer(TypedDict):
    """A pipeline after an action."""

    id: int
    url: str
    status: str
    ref: str
    sha: str
    changed: bool


class Renewed(TypedDict):
    """A new token of a page."""

    token: str
    seconds: int
    admin: bool


class Finished(TypedDict):
    """The portal's state after its installation."""

    state: str
