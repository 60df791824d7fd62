"""The deployments of a pipeline, by the facts that a job posts. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from sync.core.model.deployments import tier_of
from sync.gitlab.ci_reports.facts import Facts, Row, number_of, text_of
from sync.gitlab.ci_reports.jobs import DEPLOYED, deployment_status, matching_jobs, not_started

PAGE = 100  # jobs that a component asks for


def list_deployments(facts: Facts) -> list[dict[str, Any]]:
    """Return the newest of this pipeline to each environment of a wanted tier."""
    if facts.mode == "deployment":
        listed = [_single_deployment(facts)]
    else:
        newest: dict[str, dict[str, Any]] = {}
        for row in rows_of_pipeline(facts):
            if row.get("status") not in ("created", "skipped"):  # of jobs that have not begun
                deployment = _deployment(row)
                newest.setdefault(deployment["environment"], deployment)
        listed = [*newest.values()][::-1]
    tiers = facts.chosen("TIERS") or ("*",)
    return [
        each
        for each in listed
        if each["environment"]
        and any(
            fnmatchcase(str(tier_of(each["tier"], each["environment"])), tier) for tier in tiers
        )
    ]


def rows_of_pipeline(facts: Facts) -> list[Row]:
    """Return the posted deployments of this pipeline, the newest first."""
    rows = facts.deployments or []
    return [row for row in rows if _pipeline_of(row) == facts.pipeline_id]


def _deployment(row: Row) -> dict[str, Any]:
    place = row.get("environment")
    place = place if isinstance(place, dict) else {}
    status = text_of(row.get("status"))
    return {
        "environment": text_of(place.get("name")),
        "tier": text_of(place.get("tier")),
        "url": text_of(place.get("external_url")),
        "status": status if status in DEPLOYED else "unknown",
    }


def _single_deployment(facts: Facts) -> dict[str, Any]:
    """Return the deployment that the job follows; what the inputs say of it counts more."""
    rows, name = _followed(facts), facts.single("DEPLOY_JOB")
    by_key = {
        "environment": facts.single("ENVIRONMENT"),
        "tier": "",
        "url": "",
        "status": "unknown",
    }
    if rows:
        by_key = _worst_deployment(rows)
    elif name and facts.jobs:
        by_key["status"] = deployment_status(matching_jobs(facts.jobs, name))
    by_key["url"] = facts.single("ENVIRONMENT_URL") or by_key["url"]
    by_key["tier"] = facts.single("ENVIRONMENT_TIER") or by_key["tier"]
    return by_key


def _worst_deployment(rows: list[Row]) -> dict[str, Any]:
    """Return the worst of the newest deployments of each job: a matrix may have environments."""
    statuses = _job_statuses(rows)
    status = deployment_status(statuses)
    newest = {_job_name(row): row for row in reversed(rows)}
    worst = (newest[job] for job in newest if deployment_status({job: statuses[job]}) == status)
    return _deployment(next(worst, rows[0])) | {"status": status}


def _followed(facts: Facts) -> list[Row]:
    rows, name = rows_of_pipeline(facts), facts.single("DEPLOY_JOB")
    return [row for row in rows if _job_name(row) in matching_jobs([_job(row)], name)] or rows


def no_deployment(facts: Facts) -> str:
    """Return why there is no deployment, "" where there is one or it is not known."""
    rows, name = _followed(facts), facts.single("DEPLOY_JOB")
    if rows:
        return not_started(_job_statuses(rows))
    if not name or facts.deployments is None or facts.jobs is None:
        return ""
    statuses = matching_jobs(facts.jobs, name)
    if statuses:
        return not_started(statuses)
    names = ", ".join(sorted(text_of(row.get("name")) for row in facts.jobs)[:20]) or "none"
    which = f"among the newest {PAGE} " if len(facts.jobs) >= PAGE else ""
    return f"no job {which}of this pipeline is called {name} (there are: {names})"


def _job_statuses(rows: list[Row]) -> dict[str, str]:
    """Return the newest status of each job's deployment; before it has begun the job's."""
    newest: dict[str, str] = {}
    for row in rows:
        status = text_of(row.get("status"))
        if status == "created":
            status = text_of(_job(row).get("status")) or status
        newest.setdefault(_job_name(row), status)
    return newest


def _job(row: Row) -> Row:
    job = row.get("deployable")
    return job if isinstance(job, dict) else {}


def _job_name(row: Row) -> str:
    return text_of(_job(row).get("name"))


def _pipeline_of(row: Row) -> int:
    pipeline = _job(row).get("pipeline")
    return number_of(pipeline.get("id")) if isinstance(pipeline, dict) else 0
