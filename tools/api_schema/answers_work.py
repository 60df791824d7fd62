"""What /api answers about work: task tab, lists, metrics, hours, actions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from typing_extensions import TypedDict

from b24app.services.alerts import AlertSummary, RecoverySummary
from b24app.services.flow_now import DeployedVersion
from b24app.services.merge_request_summaries import MergeRequestSummary
from sync.core.deployments.metrics.summary import Measure, Week


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
    """An environment; `inside`: the task's work is there.

    `state`: what became of the newest deployment of it, as GitLab calls it; `reverted` where one
    took it off again, "" where there was none.
    """

    name: str
    project: str
    tier: str
    inside: bool
    state: str
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
        "read_at": datetime, "is_overdue": bool, "is_being_read": bool,
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
    is_being_read: bool


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
