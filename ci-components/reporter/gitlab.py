"""What GitLab's API adds to the variables: at most three reads, each of which may be refused.

CI_JOB_TOKEN reads jobs, deployments and merge requests; commits need an access token.
https://docs.gitlab.com/ci/jobs/ci_job_token/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from reporter.facts import Facts, number
from reporter.model import Deployment, Job, MergeRequest
from reporter.references import named_tasks
from reporter.settings import DEPLOYMENT, EARLY, Settings

Get = Callable[[str, bool], object]  # path, with the access token? → JSON, None where refused
MOST_REQUESTS = 5

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
UNDER_WAY = {"created", "pending", "running", "preparing", "waiting_for_resource", "scheduled"}


@dataclass(frozen=True)
class Known:
    """What was read; `jobs` None: not told. `texts`: more commit messages."""

    jobs: tuple[Job, ...] | None = None
    merge_requests: tuple[MergeRequest, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    texts: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def gather(facts: Facts, settings: Settings, get: Get, *, token: bool) -> Known:
    """`token`: whether there is an access token that may read commits."""
    own = (facts.merge_request,) if facts.merge_request else ()
    known = Known(merge_requests=own)
    if not facts.api or not facts.project_id:
        return replace(known, refused=("GitLab's API: the job has no CI_API_V4_URL",))
    if settings.mode == DEPLOYMENT:
        return of_deployment(facts, settings, known, get, token=token)
    if settings.mode == EARLY:
        return of_merge_request(facts, known, get, token=token)
    return of_pipeline(facts, settings, known, get, token=token)


def of_pipeline(facts: Facts, settings: Settings, known: Known, get: Get, *, token: bool) -> Known:
    """Jobs, merge requests; then deployments if a task could hear of them, else commits."""
    known = with_jobs(facts, known, get) if "pipeline" in settings.report else known
    if "merge-request" in settings.report:
        known = with_merge_requests(facts, known, get)
    if names_tasks(facts, settings, known):
        return with_deployments(facts, known, get) if "deployments" in settings.report else known
    return with_commits(facts, known, get, since=facts.before) if token else known


def of_merge_request(facts: Facts, known: Known, get: Get, *, token: bool) -> Known:
    known = with_merge_requests(facts, known, get)
    return with_commits(facts, known, get, since=facts.before) if token else known


def of_deployment(
    facts: Facts, settings: Settings, known: Known, get: Get, *, token: bool
) -> Known:
    """This deployment, and the work since the last successful one to the same environment."""
    query = "order_by=id&sort=desc&per_page=20"
    if settings.environment:
        query += f"&environment={quote(settings.environment, safe='')}"
    rows = get(f"/projects/{facts.project_id}/deployments?{query}", False)
    if not isinstance(rows, list):
        known = refused(known, "deployments")
        return with_merge_requests(facts, known, get)
    here = [row for row in rows if pipeline_of(row) == facts.pipeline_id]
    known = replace(known, deployments=tuple(map(read_deployment, here[:1])))
    last = next((row for row in rows if row not in here and row.get("status") == "success"), {})
    if token and last:
        known = with_commits(facts, known, get, since=str(last.get("sha") or ""))
    elif here:
        path = f"/projects/{facts.project_id}/deployments/{here[0].get('id')}/merge_requests"
        known = add_merge_requests(known, get(f"{path}?per_page=20", False))
    return known if known.merge_requests else with_merge_requests(facts, known, get)


def with_jobs(facts: Facts, known: Known, get: Get) -> Known:
    path = f"/projects/{facts.project_id}/pipelines/{facts.pipeline_id}/jobs?per_page=100"
    rows = get(path, False)
    if not isinstance(rows, list):
        return refused(known, "the jobs of the pipeline")
    others = [row for row in rows if row.get("id") != facts.job_id and not beside(row)]
    return replace(known, jobs=tuple(map(read_job, others)))


def beside(row: Mapping[str, object]) -> bool:
    """A job that ends the pipeline together with this one: its result is not waited for."""
    return row.get("stage") == ".post" and row.get("status") in UNDER_WAY


def with_merge_requests(facts: Facts, known: Known, get: Get) -> Known:
    if facts.merge_request:
        project = facts.merge_request_project or facts.project_id
        row = get(f"/projects/{project}/merge_requests/{facts.merge_request.iid}", False)
        if not isinstance(row, dict):
            return refused(known, "the merge request")
        return replace(known, merge_requests=(read_merge_request(row),))
    path = f"/projects/{facts.project_id}/repository/commits/{facts.sha}/merge_requests"
    rows = get(f"{path}?per_page=20", False)
    if not isinstance(rows, list):
        return refused(known, "the merge requests of the commit")
    return add_merge_requests(known, [row for row in rows if concerns(row, facts)])


def concerns(row: Mapping[str, object], facts: Facts) -> bool:
    """An open one of this branch, or one that was merged into it (or into a tag's history)."""
    if row.get("state") in ("opened", "locked"):
        return row.get("source_branch") == facts.ref
    return facts.tag or facts.ref in (row.get("target_branch"), row.get("source_branch"))


def add_merge_requests(known: Known, rows: object) -> Known:
    if not isinstance(rows, list):
        return refused(known, "the merge requests of the deployment")
    found = tuple(map(read_merge_request, rows[:20]))
    return replace(known, merge_requests=found or known.merge_requests)


def with_deployments(facts: Facts, known: Known, get: Get) -> Known:
    path = f"/projects/{facts.project_id}/deployments?order_by=id&sort=desc&per_page=50"
    rows = get(path, False)
    if not isinstance(rows, list):
        return refused(known, "deployments")
    newest: dict[str, Deployment] = {}
    for row in rows:
        if pipeline_of(row) == facts.pipeline_id:
            one = read_deployment(row)
            newest.setdefault(one.environment, one)
    return replace(known, deployments=tuple(newest.values())[::-1])


def with_commits(facts: Facts, known: Known, get: Get, *, since: str) -> Known:
    if not since:
        return known
    path = f"/projects/{facts.project_id}/repository/compare?from={since}&to={facts.sha}"
    row = get(path, True)
    if not isinstance(row, dict):
        return refused(known, "the commits since the last run")
    messages = tuple(str(one.get("message") or "") for one in row.get("commits") or ())
    return replace(known, texts=messages[-100:])


def refused(known: Known, what: str) -> Known:
    return replace(known, refused=(*known.refused, what))


def names_tasks(facts: Facts, settings: Settings, known: Known) -> bool:
    texts = [(facts.ref, "branch"), (facts.message, "commit")]
    for mr in known.merge_requests:
        texts += [(mr.source_branch, "branch"), (mr.title, "title"), (mr.description, "text")]
    return any(named_tasks(text, where, settings.task_prefix) for text, where in texts)


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
    if UNDER_WAY & set(counted):
        return "running"
    if "manual" in counted:
        return "manual"
    ended = {job.status for job in jobs}
    return "skipped" if ended == {"skipped"} else "success"


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
