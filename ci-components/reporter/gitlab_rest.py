"""What the answers of GitLab's REST API add to a report."""

from __future__ import annotations

from reporter.bbcode import quoted
from reporter.ci_variables import number
from reporter.gitlab_client import GitLab, Row, Rows
from reporter.gitlab_json import (
    pipeline_of,
    read_commit,
    read_deployment,
    read_job,
    read_merge_request,
)
from reporter.gitlab_questions import (
    PAGE,
    UNDER_WAY,
    ask_deployments,
    ask_jobs,
    ask_merge_requests,
    scope,
)
from reporter.model import Deployment, Job, Report

MORE_COMMITS = f"of the commits only the newest {PAGE} are read"


def add_jobs(report: Report, gitlab: GitLab) -> None:
    """All but those that passed, which may be many."""
    take_jobs(report, ask_jobs(gitlab, scope(report.ci)))


def take_jobs(report: Report, rows: Rows) -> None:
    """Without the jobs that end the pipeline together with this one."""
    if rows is None:
        report.refused.append("the jobs of the pipeline")
        return
    report.jobs = ended_jobs([read_job(row, report.ci["CI_SERVER_URL"]) for row in rows], report)


def ended_jobs(jobs: list[Job], report: Report) -> list[Job]:
    """Leave out the job that asks, and those that end a pipeline together with it."""
    own = number(report.ci["CI_JOB_ID"])
    return [
        job
        for job in jobs
        if job.id != own and not (job.stage == ".post" and job.status in UNDER_WAY)
    ]


def add_merge_requests(report: Report, gitlab: GitLab) -> None:
    """Those of the pipeline's commit."""
    rows = ask_merge_requests(gitlab)
    found = rows and [row for row in rows if concerns(row, report)]
    take_merge_requests(report, found, "the merge requests of the commit")


def take_merge_requests(report: Report, rows: Rows, what: str) -> None:
    if rows is None:
        report.refused.append(what)
    elif rows:
        report.merge_requests = [read_merge_request(row) for row in rows[:20]]
        report.own = report.merge_requests[0].iid


def concerns(row: Row, report: Report) -> bool:
    """An open one of this branch, or one that was merged into it (or into a tag's history)."""
    source = row.get("source_branch")
    if row.get("state") in ("opened", "locked"):
        return source == report.ref
    return report.tag or report.ref in (row.get("target_branch"), source)


def add_deployments(report: Report, gitlab: GitLab) -> None:
    """The newest of this pipeline to each environment, of jobs that have begun."""
    if gitlab.left <= 0:
        report.notes.append("deployments were not asked for: three reads are the most")
        return
    rows = ask_deployments(gitlab)
    if rows is None:
        report.refused.append("deployments")
        return
    newest: dict[str, Deployment] = {}
    for row in rows:
        begun = row.get("status") not in ("created", "skipped")
        if pipeline_of(row) == report.pipeline and begun:
            deployment = read_deployment(row)
            newest.setdefault(deployment.environment, deployment)
    report.deployments = [*newest.values()][::-1]


def add_commits(report: Report, gitlab: GitLab, since: str) -> None:
    """The newest hundred. `since`: a commit or a branch, whose own commits do not count."""
    if not since or since == report.sha:
        return
    span = quoted(f"{since}..{report.sha}")
    rows = gitlab.rows(f"repository/commits?ref_name={span}&per_page={PAGE}", token=True)
    if rows is None:
        report.refused.append("the commits since the last run")
        return
    if len(rows) == PAGE:
        report.notes.append(MORE_COMMITS)
    commits = map(read_commit, rows)
    report.commits = [commit for commit in commits if commit.sha != report.sha]
