"""GitLab's JSON as values: jobs, merge requests, deployments, commits. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reporter.ci_variables import number
from reporter.model import Commit, Deployment, Job, MergeRequest

# GitLab guesses the tier by the name in the same way, in this order.
# https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments
TIERS = (
    ("development", r"dev|review|trunk"),
    ("testing", r"test|tst|int|ac(?:ce|)pt|qa|qc|control|quality"),
    ("staging", r"sta?g|mode?l|pre|demo|non"),
    ("production", r"pro?d|live"),
)
DEPLOYMENT_STATUS = {
    "success": "success", "failed": "failed", "canceled": "canceled", "running": "running",
    "created": "running", "blocked": "blocked",
}  # fmt: skip
UNDER_WAY = ("created", "pending", "running", "preparing", "waiting_for_resource", "scheduled")
# The jobs that are asked for: of a hundred and more only these decide; none of them is a success.
COUNTED = ("failed", "canceled", "manual", *UNDER_WAY)


def status_of(jobs: tuple[Job, ...] | None) -> str:
    """The pipeline's status by its jobs, as GitLab has it, without the job that asks.

    https://docs.gitlab.com/ci/pipelines/#pipeline-status
    """
    if jobs is None:
        return "unknown"
    counted = [job.status for job in jobs if not (job.allow_failure and job.status != "success")]
    for status in ("failed", "canceled"):
        if status in counted:
            return status
    if set(UNDER_WAY) & set(counted):
        return "running"
    return "manual" if "manual" in counted else "success"


def read_job(row: Mapping[str, object]) -> Job:
    return Job(
        id=number(str(row.get("id", ""))),
        name=str(row.get("name") or ""),
        status=str(row.get("status") or ""),
        url=str(row.get("web_url") or ""),
        allow_failure=bool(row.get("allow_failure")),
    )


def read_merge_request(row: Mapping[str, object]) -> MergeRequest:
    author = row.get("author")
    return MergeRequest(
        iid=number(str(row.get("iid", ""))),
        title=str(row.get("title") or ""),
        url=str(row.get("web_url") or ""),
        state=str(row.get("state") or "opened"),
        draft=bool(row.get("draft", row.get("work_in_progress"))),
        source_branch=str(row.get("source_branch") or ""),
        target_branch=str(row.get("target_branch") or ""),
        author=str(author.get("name") or "") if isinstance(author, dict) else "",
        description=str(row.get("description") or ""),
    )


def read_deployment(row: Mapping[str, object]) -> Deployment:
    place = row.get("environment")
    place = place if isinstance(place, dict) else {}
    name = str(place.get("name") or "")
    return Deployment(
        environment=name,
        tier=str(place.get("tier") or tier_of(name)),
        url=str(place.get("external_url") or ""),
        status=DEPLOYMENT_STATUS.get(str(row.get("status")), "unknown"),
    )


def pipeline_of(row: Mapping[str, object]) -> int:
    job = row.get("deployable")
    pipeline = job.get("pipeline") if isinstance(job, dict) else None
    return number(str(pipeline.get("id", ""))) if isinstance(pipeline, dict) else 0


def tier_of(environment: str) -> str:
    for tier, pattern in TIERS:
        if re.search(pattern, environment, re.IGNORECASE):
            return tier
    return "other"


def read_commit(row: Mapping[str, object]) -> Commit:
    return Commit(sha=str(row.get("id") or ""), message=str(row.get("message") or ""))
