"""A child pipeline's report is its parent's: GitLab counts a child by its parent alone.

https://docs.gitlab.com/ci/pipelines/downstream_pipelines/
"""

from __future__ import annotations

from reporter.ci_variables import number
from reporter.gitlab_client import GitLab, Row
from reporter.gitlab_json import inside, read_job, text
from reporter.gitlab_questions import PAGE, scope
from reporter.gitlab_rest import ended_jobs
from reporter.model import Job, Report

MORE_REQUESTS = 5  # the list of pipelines, the parent's jobs and triggers, its other children


def join_parent(report: Report, gitlab: GitLab) -> None:
    """Make the report the parent's: its jobs, and those of its other children, count as well.

    Lists leave children out, so the parent is the nearest older pipeline of the commit that
    started this one. Where GitLab does not tell, the child speaks for itself.
    """
    gitlab.left += MORE_REQUESTS
    rows = ask(gitlab, f"pipelines?sha={report.sha}&per_page=20")
    older = [row for row in rows if 0 < number(row.get("id")) < report.pipeline]
    for parent in sorted(older, key=lambda row: -number(row.get("id")))[:2]:
        place = f"pipelines/{number(parent.get('id'))}"
        triggers = ask(gitlab, f"{place}/bridges?per_page={PAGE}")
        own = next((row for row in triggers if child_of(row) == report.pipeline), None)
        if own:
            take_parent(report, gitlab, parent, [row for row in triggers if row is not own], own)
            return
    report.refused.append("the parent of this child pipeline")


def take_parent(report: Report, gitlab: GitLab, parent: Row, triggers: list[Row], own: Row) -> None:
    """A trigger that waited for no child has passed already: such a child does not count."""
    place, server = f"pipelines/{number(parent.get('id'))}", report.ci["CI_SERVER_URL"]
    rows = ask(gitlab, f"{place}/jobs?per_page={PAGE}{scope(report.ci)}")
    jobs = [*(report.jobs or ())] if text(own, "status") != "success" else []
    jobs += ended_jobs([read_job(row, server) for row in rows], report)
    for row in triggers:
        jobs += trigger_jobs(report, gitlab, row)
    report.jobs = jobs
    report.pipeline, report.pipeline_url = number(parent.get("id")), text(parent, "web_url")


def trigger_jobs(report: Report, gitlab: GitLab, row: Row) -> list[Job]:
    """Return a trigger, or the jobs of a child that only waits for its own report's end."""
    trigger, child = read_job(row, report.ci["CI_SERVER_URL"]), child_of(row)
    if trigger.status != "running" or not child or gitlab.left <= 0:
        return [trigger]
    rows = ask(gitlab, f"pipelines/{child}/jobs?per_page={PAGE}")
    inner = [read_job(each, report.ci["CI_SERVER_URL"]) for each in rows]
    return ended_jobs(inner, report) if inner else [trigger]


def child_of(row: Row) -> int:
    return number(inside(row, "downstream_pipeline").get("id"))


def ask(gitlab: GitLab, path: str) -> list[Row]:
    """Ask by the access token where there is one: only new GitLabs let a job's token read it."""
    return gitlab.rows(path, token=bool(gitlab.token)) or []
