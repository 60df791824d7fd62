"""GitLab's JSON as values: jobs, merge requests, deployments, commits. Pure.

Rows of REST and of GraphQL, whose fields are asked for by the names that REST has.
"""

from __future__ import annotations

import re
from typing import Any

from reporter.ci_variables import number
from reporter.gitlab_client import Row
from reporter.gitlab_questions import UNDER_WAY
from reporter.model import Commit, Deployment, Job, MergeRequest

# GitLab guesses the tier by the name in the same way, in this order.
# https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments
TIERS = {
    "development": "dev|review|trunk",
    "testing": "test|tst|int|ac(?:ce|)pt|qa|qc|control|quality",
    "staging": "sta?g|mode?l|pre|demo|non",
    "production": "pro?d|live",
}
# A deployment is `created` with its pipeline: then its job has not begun.
DEPLOYED = ("success", "failed", "canceled", "running", "blocked")


def status_of(jobs: list[Job] | None) -> str:
    """Return the pipeline's status by its jobs, as GitLab has it, without the job that asks.

    https://docs.gitlab.com/ci/pipelines/#pipeline-status
    """
    if jobs is None:
        return "unknown"
    found = {job.status for job in jobs if not (job.allow_failure and job.status != "success")}
    for status in ("failed", "canceled"):
        if status in found:
            return status
    if not found.isdisjoint(UNDER_WAY):
        return "running"
    return "manual" if "manual" in found else "success"


def text(row: Row, name: str) -> str:
    """Return what stands there as text, "" for nothing."""
    return str(row.get(name) or "")


def inside(row: Any, *names: str) -> dict[str, Any]:
    """Return the object within objects, an empty one where there is none."""
    for name in names:
        row = row[name] if isinstance(row.get(name), dict) else {}
    return row  # type: ignore[no-any-return]


def rows_of(value: object) -> list[Row]:
    """Return the objects of a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def nodes_of(value: object) -> list[Row]:
    """Return the objects of a list of GraphQL's."""
    return rows_of(inside({"": value}, "").get("nodes"))


def identifier(row: Row) -> int:
    """Return 12 for 12 and for gid://gitlab/Ci::Build/12."""
    return number(text(row, "id").rpartition("/")[2])


def read_job(row: Row, server: str) -> Job:
    """Read a job; `server`: GitLab's address, for the paths that GraphQL gives."""
    url = text(row, "web_url")
    return Job(
        identifier(row),
        text(row, "name"),
        text(row, "status").lower(),
        "/".join(server.split("/")[:3]) + url if url.startswith("/") else url,
        bool(row.get("allow_failure")),
        text(inside(row, "stage"), "name") or text(row, "stage"),
    )


def read_merge_request(row: Row) -> MergeRequest:
    return MergeRequest(
        number(row.get("iid")),
        text(row, "title"),
        text(row, "web_url"),
        text(row, "state") or "opened",
        text(row, "source_branch"),
        text(row, "target_branch"),
        text(inside(row, "author"), "name"),
        text(row, "description"),
    )


def read_deployment(row: Row) -> Deployment:
    place = inside(row, "environment")
    name, status = text(place, "name"), text(row, "status")
    return Deployment(
        name,
        text(place, "tier") or tier_of(name),
        text(place, "external_url"),
        status if status in DEPLOYED else "unknown",
    )


def pipeline_of(row: Row) -> int:
    """Return the id of the pipeline that made a deployment."""
    return number(inside(row, "deployable", "pipeline").get("id"))


def tier_of(environment: str) -> str:
    tiers = (tier for tier, names in TIERS.items() if re.search(names, environment, re.I))
    return next(tiers, "other")


def read_commit(row: Row) -> Commit:
    return Commit(text(row, "id"), text(row, "message"))
