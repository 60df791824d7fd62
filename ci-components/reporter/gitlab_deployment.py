"""What GitLab tells of one deployment, and of the work since the last one."""

from __future__ import annotations

import re

from reporter.gitlab_client import GitLab, Row
from reporter.gitlab_json import identifier, inside, pipeline_of, read_deployment, text, tier_of
from reporter.gitlab_questions import PAGE, ask_deployments, ask_jobs
from reporter.gitlab_rest import add_commits, add_merge_requests, take_merge_requests
from reporter.model import Deployment, Report
from reporter.settings import fits

# Of several jobs that deploy, the first of these counts.
WORST = ("failed", "canceled", "blocked", "running", "success")
BEGUN = {"pending": "running", "preparing": "running", "waiting_for_resource": "running",
         "waiting_for_callback": "running", "canceling": "canceled"}  # fmt: skip


NOT_STARTED = {
    "manual": "waits to be started by hand",
    "scheduled": "is delayed",
    "skipped": "was skipped",
}


def gather_deployment(report: Report, gitlab: GitLab) -> None:
    """Fill a report of the deployment to the input environment, or of the job that deploys."""
    settings = report.settings
    rows = ask_deployments(gitlab, settings.environment)
    here = [row for row in rows or () if pipeline_of(row) == report.pipeline]
    here = [row for row in here if is_of(job_of(row), settings.deploy_job)] or here
    deployment, number = Deployment(settings.environment), 0
    if rows is None:
        report.refused.append("deployments")
    elif here:
        deployment, number = worst_deployment(report, here)
    elif settings.deploy_job:
        deployment = deployment._replace(status=status_of_jobs(report, gitlab))
    if report.nothing:
        return
    if here:
        brought = gitlab.rows(f"deployments/{number}/merge_requests?per_page=20")
        take_merge_requests(report, brought, "the merge requests of the deployment")
    there = (deployment.environment, "success")
    last = [row for row in rows or () if row not in here and place_of(row) == there]
    if gitlab.token and last:
        add_commits(report, gitlab, text(last[0], "sha"))
    if not report.merge_requests and gitlab.left > 0:
        add_merge_requests(report, gitlab)
    elif not report.merge_requests:
        report.notes.append("merge requests were not asked for: three reads are the most")
    tier = settings.environment_tier or deployment.tier or tier_of(settings.environment)
    if deployment.environment and fits(tier, settings.tiers):
        url = settings.environment_url or deployment.url
        report.deployments = [deployment._replace(url=url, tier=tier)]
    else:
        report.nothing = "this pipeline has no deployment of the input tiers"


def place_of(row: Row) -> tuple[str, str]:
    return text(inside(row, "environment"), "name"), text(row, "status")


def worst_deployment(report: Report, rows: list[Row]) -> tuple[Deployment, int]:
    """Return the worst of the newest deployments of each job, and its id.

    A matrix may have environments: the card names one, and tells those whose work came there.
    """
    newest: dict[str, Row] = {}
    for row in rows:
        newest.setdefault(job_of(row), row)
    statuses = {job: begun_status(row) for job, row in newest.items()}
    status = worst(report, statuses)
    row = next((newest[job] for job in newest if statuses[job] == status), rows[0])
    return read_deployment(row)._replace(status=status), identifier(row)


def begun_status(row: Row) -> str:
    """Return a deployment's status; it is made with the pipeline, long before its job begins."""
    status = text(row, "status")
    if status == "created":
        status = text(inside(row, "deployable"), "status") or status
    return BEGUN.get(status, status)


def status_of_jobs(report: Report, gitlab: GitLab) -> str:
    """Return the status by the job, of a deployment that GitLab does not track."""
    rows = ask_jobs(gitlab)
    if rows is None:
        report.refused.append("the jobs of the pipeline")
        return "unknown"
    if len(rows) == PAGE:
        rows += ask_jobs(gitlab, "&page=2") or []
    statuses = {text(row, "name"): text(row, "status") for row in rows}
    name = report.settings.deploy_job
    deploying = {job: status for job, status in statuses.items() if is_of(job, name)}
    if not deploying:
        names = ", ".join(sorted(statuses)[:20]) or "none"
        which = f"among the newest {len(rows)} " if rows and not len(rows) % PAGE else ""
        report.nothing = f"no job {which}of this pipeline is called {name} (there are: {names})"
    return worst(report, deploying) if deploying else "unknown"


def worst(report: Report, statuses: dict[str, str]) -> str:
    found = {BEGUN.get(status, status) for status in statuses.values()}
    for status in WORST:
        if status in found:
            return status
    job, status = next(iter(statuses.items()))
    report.nothing = f"the job {job} {NOT_STARTED.get(status, 'has not begun')}"
    return "unknown"


def job_of(row: Row) -> str:
    return text(inside(row, "deployable"), "name")


def is_of(name: str, job: str) -> bool:
    """Tell of `deploy`, or of one of its parallel jobs: `deploy 1/2`, `deploy: [eu]`."""
    parallel = rf"{re.escape(job)}(?: [0-9]+/[0-9]+|: \[.*\])?"
    return re.fullmatch(parallel, name) is not None
