"""What the jobs of a pipeline say of it and of a deployment, as the CI component has it too. Pure.

https://docs.gitlab.com/ci/pipelines/#pipeline-status and https://docs.gitlab.com/ci/environments/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

DEPLOYED = ("success", "failed", "canceled", "running", "blocked")
UNDER_WAY = frozenset({
    "created", "pending", "running", "preparing", "waiting_for_resource", "scheduled",
    "canceling", "waiting_for_callback",
})  # fmt: skip
# Of several jobs that deploy, the first of these counts.
_WORST = ("failed", "canceled", "blocked", "running", "success")
_BEGUN = {
    "pending": "running",
    "preparing": "running",
    "waiting_for_resource": "running",
    "waiting_for_callback": "running",
    "canceling": "canceled",
}
_NOT_STARTED = {
    "manual": "waits to be started by hand",
    "scheduled": "is delayed",
    "skipped": "was skipped",
}


def pipeline_status(rows: Sequence[Mapping[str, Any]] | None, own_job: int) -> str:
    """Return the pipeline's status by its jobs, without the one that asks, and those beside it."""
    if rows is None:
        return "unknown"
    statuses = {
        row.get("status")
        for row in rows
        if row.get("id") != own_job
        and not (row.get("stage") == ".post" and row.get("status") in UNDER_WAY)
        and not (row.get("allow_failure") and row.get("status") != "success")
    }
    for status in ("failed", "canceled"):
        if status in statuses:
            return status
    if statuses & UNDER_WAY:
        return "running"
    return "manual" if "manual" in statuses else "success"


def deployment_status(statuses: Mapping[str, str]) -> str:
    """Return what several jobs make of a deployment; unknown where none has begun."""
    begun = {_BEGUN.get(status, status) for status in statuses.values()}
    return next((status for status in _WORST if status in begun), "unknown")


def not_started(statuses: Mapping[str, str]) -> str:
    """Return why no job has begun, "" where one has."""
    if deployment_status(statuses) != "unknown":
        return ""
    job, status = next(iter(statuses.items()), ("", ""))
    return f"the job {job} {_NOT_STARTED.get(status, 'has not begun')}"


def matching_jobs(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, str]:
    """Return name and status of `deploy` and of its parallel jobs: `deploy 1/2`, `deploy: [eu]`."""
    pattern = re.compile(rf"{re.escape(name)}(?: [0-9]+/[0-9]+|: \[.*\])?")
    by_key = {str(row.get("name") or ""): str(row.get("status") or "") for row in rows}
    return {job: status for job, status in by_key.items() if job and pattern.fullmatch(job)}
