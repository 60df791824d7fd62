"""Which stages of a pipeline passed and which failed, by the jobs that its hook tells. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.core.model.common import Project
from sync.core.model.events import PipelineEvent
from sync.core.model.pipelines import DANGLING_SOURCES, Pipeline, PipelineStatus
from sync.gitlab.json_fields import (
    UnreadablePayload,
    mapping,
    mappings,
    person,
    positive_int,
    require,
    require_kind,
    text,
    timestamp,
    web_url,
    whole_seconds,
)
from sync.gitlab.webhooks.projects import hook_project
from sync.gitlab.webhooks.pushes import parse_commit


@dataclass(frozen=True, slots=True)
class StageResults:
    """In the order of their names. What neither passed nor failed did not run to its end."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def stage_results(builds: object) -> StageResults:
    """Return how stages ended: a job may be allowed to fail, of a retried one the newest counts."""
    by_key: dict[str, list[dict[str, Any]]] = {}
    for job in _last_tries(mappings(builds)):
        if stage := text(job.get("stage")):
            by_key.setdefault(stage, []).append(job)
    return StageResults(
        passed=tuple(sorted(stage for stage, jobs in by_key.items() if _all_passed(jobs))),
        failed=tuple(sorted(stage for stage, jobs in by_key.items() if _any_failed(jobs))),
    )


def _last_tries(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ids grow with every try."""
    by_id = sorted(jobs, key=lambda job: positive_int(job.get("id")) or 0)
    return list({(text(job.get("stage")), text(job.get("name"))): job for job in by_id}.values())


def _all_passed(jobs: list[dict[str, Any]]) -> bool:
    """Tell whether all jobs have passed: a skipped one may be the very one that failed before."""
    ran = any(job.get("status") in ("success", "failed") for job in jobs)
    return ran and all(job.get("status") == "success" for job in jobs if not _may_fail(job))


def _any_failed(jobs: list[dict[str, Any]]) -> bool:
    return any(job.get("status") == "failed" and not _may_fail(job) for job in jobs)


def _may_fail(job: dict[str, Any]) -> bool:
    return job.get("allow_failure") is True


def parse_pipeline(payload: dict[str, Any], connection_id: int) -> PipelineEvent:
    """Parse a pipeline hook. Raises UnreadablePayload."""
    require_kind(payload, "pipeline")
    attributes = mapping(payload.get("object_attributes"))
    source = text(attributes.get("source"))
    if source == "parent_pipeline":
        raise UnreadablePayload("child pipeline: its parent pipeline tells the result")
    if source in DANGLING_SOURCES:
        raise UnreadablePayload(f"a pipeline of {source} does not count for its branch")
    project = hook_project(payload.get("project"), None, connection_id)
    pipeline_id = require(positive_int(attributes.get("id")), "the pipeline has no id")
    commit = mapping(payload.get("commit"))
    stages = stage_results(payload.get("builds"))
    return PipelineEvent(
        Pipeline(
            project=project,
            id=pipeline_id,
            status=pipeline_status(attributes.get("status")),
            ref=text(attributes.get("ref")),
            sha=text(attributes.get("sha")),
            url=web_url(attributes.get("url")) or f"{project.url}/-/pipelines/{pipeline_id}",
            updated_at=require(_latest_timestamp(payload), "the pipeline has no date"),
            source=text(attributes.get("source")),
            merge_request_iid=_merge_request_iid(project, mapping(payload.get("merge_request"))),
            duration_seconds=whole_seconds(attributes.get("duration")),
            commit=parse_commit(commit) if commit else None,
            actor=person(payload.get("user")),
            passed_stages=stages.passed,
            failed_stages=stages.failed,
            tag=attributes.get("tag") is True,
        )
    )


def pipeline_status(value: object) -> PipelineStatus:
    """Return a pipeline's status; `unknown` for words that a future version adds."""
    try:
        return PipelineStatus(text(value))
    except ValueError:
        return PipelineStatus.UNKNOWN


def _merge_request_iid(project: Project, row: dict[str, Any]) -> int | None:
    """Return the merge request's number, unless it is of another project (a fork's pipeline)."""
    target = positive_int(row.get("target_project_id"))
    return positive_int(row.get("iid")) if target in (None, project.id) else None


def _latest_timestamp(payload: dict[str, Any]) -> datetime | None:
    """Return the latest moment in a pipeline hook, which has no `updated_at`: its jobs move it."""
    parts = [mapping(payload.get("object_attributes")), *mappings(payload.get("builds"))]
    names = ("created_at", "started_at", "finished_at")
    timestamps = (timestamp(part.get(name)) for part in parts for name in names)
    return max((at for at in timestamps if at), default=None)
