"""What a report tells: frozen values, and their JSON form. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

VERSION = 1


@dataclass(frozen=True)
class MergeRequest:
    """`state`: opened, locked, merged or closed."""

    iid: int
    title: str
    url: str
    state: str = "opened"
    draft: bool = False
    source_branch: str = ""
    target_branch: str = ""
    author: str = ""
    description: str = ""

    @property
    def shown_state(self) -> str:
        return "draft" if self.draft and self.state == "opened" else self.state


@dataclass(frozen=True)
class Job:
    id: int
    name: str
    status: str
    url: str = ""
    allow_failure: bool = False


@dataclass(frozen=True)
class Deployment:
    """`status`: success, failed, canceled, running, blocked or unknown."""

    environment: str
    tier: str = ""
    url: str = ""
    status: str = "unknown"


@dataclass(frozen=True)
class Commit:
    sha: str
    message: str


@dataclass(frozen=True)
class NamedTask:
    """A task that the work names; `merge_request`: the iid of the one it belongs to, 0 for none."""

    id: int
    kind: str
    merge_request: int = 0


@dataclass(frozen=True)
class Report:
    """Everything known of one run.

    `status` "": it was not to be told. `commits`: the pipeline's own first. `refused`: what GitLab
    did not tell, in plain words. No text holds an e-mail address.
    """

    mode: str
    server_url: str
    project_id: int
    project_path: str
    project_title: str
    project_url: str
    default_branch: str
    pipeline_id: int
    pipeline_url: str
    pipeline_source: str
    status: str
    ref: str
    tag: bool
    sha: str
    job_id: int
    job_url: str
    author: str
    author_name: str
    merge_requests: tuple[MergeRequest, ...] = ()
    failed_jobs: tuple[Job, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    commits: tuple[Commit, ...] = ()
    tasks: tuple[NamedTask, ...] = ()
    refused: tuple[str, ...] = ()
    version: int = VERSION

    def merge_request_of(self, task: NamedTask) -> MergeRequest | None:
        return next((mr for mr in self.merge_requests if mr.iid == task.merge_request), None)


PARTS = {
    "merge_requests": MergeRequest, "failed_jobs": Job, "deployments": Deployment,
    "commits": Commit, "tasks": NamedTask,
}  # fmt: skip


def to_json(report: Report) -> dict[str, object]:
    return asdict(report)


def from_json(data: object) -> Report:
    """The report of an earlier run. Raises ValueError for another version or shape."""
    if not isinstance(data, Mapping) or data.get("version") != VERSION:
        raise ValueError(f"not a report of version {VERSION}")
    try:
        values = {field.name: part_of(field.name, data[field.name]) for field in fields(Report)}
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a whole report: {error}") from None
    return Report(**values)


def part_of(name: str, value: object) -> object:
    if name in PARTS:
        return tuple(PARTS[name](**row) for row in value)
    return tuple(value) if isinstance(value, list) else value
