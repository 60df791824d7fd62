"""Jobs as hooks tell them, in fields of their own kind. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#job-events
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sync.core.model.common import Project
from sync.core.model.pipelines import JobRun
from sync.gitlab.json_fields import (
    count,
    mapping,
    person,
    positive_int,
    require,
    require_kind,
    text,
    timestamp,
    web_url,
    whole_seconds,
)
from sync.gitlab.webhooks.projects import hook_project, project_at_url

_NO_REASON = "unknown_failure"  # said of jobs that did not fail, too


def parse_job(payload: dict[str, Any], connection_id: int) -> JobRun:
    """Parse a job whose status changed. Raises UnreadablePayload."""
    require_kind(payload, "build")
    project = _job_project(payload, connection_id)
    job_id = require(positive_int(payload.get("build_id")), "the job has no id")
    pipeline = mapping(payload.get("commit"))  # its `id` is the pipeline's
    reason = text(payload.get("build_failure_reason"))
    return JobRun(
        project=project,
        id=job_id,
        name=text(payload.get("build_name")),
        stage=text(payload.get("build_stage")),
        status=text(payload.get("build_status")),
        ref=text(payload.get("ref")),
        sha=text(payload.get("sha")) or text(pipeline.get("sha")),
        pipeline_id=count(payload.get("pipeline_id")) or count(pipeline.get("id")),
        url=f"{project.url}/-/jobs/{job_id}",
        at=_latest_timestamp(payload),
        actor=person(payload.get("user")),
        tag=payload.get("tag") is True,
        allow_failure=payload.get("build_allow_failure") is True,
        failure_reason="" if reason == _NO_REASON else reason,
        duration_seconds=whole_seconds(payload.get("build_duration")),
        environment=text(mapping(payload.get("environment")).get("name")),
        retries=count(payload.get("retries_count")),
    )


def _job_project(payload: dict[str, Any], connection_id: int) -> Project:
    """Before the hook had a `project`, the repository's home page named it."""
    home = web_url(mapping(payload.get("repository")).get("homepage"))
    if home and not payload.get("project"):
        return project_at_url(home, payload.get("project_id"), connection_id)
    return hook_project(payload.get("project"), payload.get("project_id"), connection_id)


def _latest_timestamp(payload: dict[str, Any]) -> datetime | None:
    steps = [f"build_{step}_at" for step in ("created", "started", "finished")]
    timestamps = (timestamp(payload.get(f"{step}{way}")) for step in steps for way in ("", "_iso"))
    return max((at for at in timestamps if at), default=None)
