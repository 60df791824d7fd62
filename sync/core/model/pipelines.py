"""Pipelines and their jobs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync.core.model.common import Commit, Person, Project
from sync.core.model.kinds import Kind


@dataclass(frozen=True, slots=True)
class JobRun:
    """A job as last reported; `status` in the host's words, `retries` counts its reruns."""

    project: Project
    id: int
    name: str
    stage: str
    status: str
    ref: str
    sha: str
    pipeline_id: int
    url: str
    at: datetime | None = None
    actor: Person | None = None
    tag: bool = False
    allow_failure: bool = False
    failure_reason: str = ""
    duration_seconds: int | None = None
    environment: str = ""
    retries: int = 0

    @property
    def kind(self) -> Kind:
        """Return JOB."""
        return Kind.JOB

    @property
    def key(self) -> str:
        """Return the job's id."""
        return str(self.id)


# Sources of pipelines that say nothing of their ref: a child's result is its parent's.
# See dangling_sources in app/models/concerns/enums/ci/pipeline.rb in GitLab's source.
DANGLING_SOURCES = frozenset(
    {
        "webide",
        "parent_pipeline",
        "ondemand_dast_scan",
        "ondemand_dast_validation",
        "security_orchestration_policy",
        "container_registry_push",
        "duo_workflow",
        "pipeline_execution_policy_schedule",
    }
)


class PipelineStatus(StrEnum):
    """A pipeline's status in GitLab's words; `unknown` stands for future ones."""

    CREATED = "created"
    WAITING_FOR_RESOURCE = "waiting_for_resource"
    PREPARING = "preparing"
    WAITING_FOR_CALLBACK = "waiting_for_callback"
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELING = "canceling"
    CANCELED = "canceled"
    SKIPPED = "skipped"
    MANUAL = "manual"
    BLOCKED = "blocked"
    SCHEDULED = "scheduled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A failed job.

    `allow_failure`: the pipeline passes all the same; `log` holds the last lines of its log.
    """

    id: int
    name: str
    stage: str
    url: str
    allow_failure: bool = False
    log: str = ""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as last reported.

    `commit` and `actor` (who started it) are None where not reported. `passed_stages` and
    `failed_stages` follow from the pipeline's own jobs, where a hook lists them. `tag`: `ref` is a
    tag; lists of the API do not tell.
    """

    project: Project
    id: int
    status: PipelineStatus
    ref: str
    sha: str
    url: str
    updated_at: datetime
    source: str = ""
    merge_request_iid: int | None = None
    duration_seconds: int | None = None
    commit: Commit | None = None
    actor: Person | None = None
    passed_stages: tuple[str, ...] = ()
    failed_stages: tuple[str, ...] = ()
    tag: bool = False
