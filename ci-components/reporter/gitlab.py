"""What GitLab's API adds to the variables: at most three reads, each of which may be refused.

CI_JOB_TOKEN reads jobs, merge requests and deployments; an access token adds commits and the last
success, and asks for jobs and merge requests together with them.
https://docs.gitlab.com/ci/jobs/ci_job_token/
"""

from __future__ import annotations

from dataclasses import replace

from reporter.ci_variables import Facts
from reporter.gitlab_facts import Known, noted, refused
from reporter.gitlab_graphql import Candidate, Overview, concerns_pipeline, on_trunk
from reporter.gitlab_json import pipeline_of, read_deployment
from reporter.gitlab_rest import (
    MORE_COMMITS,
    PAGE,
    Get,
    Inquire,
    Reads,
    with_commits_since,
    with_deploy_job,
    with_deployments,
    with_job_rows,
    with_jobs,
    with_merge_requests,
    with_rows,
)
from reporter.settings import DEPLOYMENT, EARLY, Settings


def gather(facts: Facts, settings: Settings, get: Get, inquire: Inquire | None = None) -> Known:
    """`inquire`: GraphQL with the access token, where there is one."""
    own = (facts.merge_request,) if facts.merge_request else ()
    known = Known(merge_requests=own, own=own[0].iid if own else 0)
    if not facts.api or not facts.project_id:
        return refused(known, "anything: the job has no CI_API_V4_URL")
    reads = Reads(facts, get, inquire)
    if settings.mode == DEPLOYMENT:
        return of_deployment(facts, settings, known, reads)
    told, wrong = reads.overview(facts, settings) if reads.token else (None, "")
    if told:
        known = with_overview(facts, settings, known, told, reads)
    else:
        known = replace(known, token_refused=reads.token)
        known = noted(known, f"GitLab says of the question: {wrong}") if wrong else known
        known = one_by_one(facts, settings, known, reads)
    return known if settings.mode == EARLY else with_deployments(facts, settings, known, reads)


def one_by_one(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    if settings.mode != EARLY and "pipeline" in settings.report:
        known = with_jobs(facts, known, reads)
    if "merge-request" in settings.report:
        known = with_merge_requests(facts, known, reads)
    return known


def of_deployment(facts: Facts, settings: Settings, known: Known, reads: Reads) -> Known:
    """This deployment, and the work since the last successful one to the same environment."""
    query = {"environment": settings.environment} if settings.environment else {}
    rows = reads.ask("deployments", order_by="id", sort="desc", per_page=20, **query)
    if not isinstance(rows, list):
        known = refused(known, "deployments")
        return with_merge_requests(facts, known, reads)
    here = [row for row in rows if pipeline_of(row) == facts.pipeline_id]
    known = replace(known, deployments=tuple(map(read_deployment, here[:1])))
    last = next((row for row in rows if row not in here and row.get("status") == "success"), {})
    if not here and settings.deploy_job:
        known = with_deploy_job(facts, settings, known, reads)
    if known.nothing_deployed:
        return known
    if here:
        shipped = reads.ask(f"deployments/{here[0].get('id')}/merge_requests", per_page=20)
        known = with_rows(known, shipped, "the merge requests of the deployment")
    if reads.token and last:
        known = with_commits_since(facts, known, reads, str(last.get("sha") or ""))
    if known.merge_requests or not reads.left:
        return known
    return with_merge_requests(facts, known, reads)


def with_overview(
    facts: Facts, settings: Settings, known: Known, told: Overview, reads: Reads
) -> Known:
    """Jobs and merge requests by one answer; then the commits that these did not bring."""
    if settings.mode != EARLY and "pipeline" in settings.report:
        seen = told.jobs is not None
        known = with_job_rows(facts, known, told.jobs) if seen else with_jobs(facts, known, reads)
    if "commits" in settings.report:
        here = [one for one in told.requests if concerns_pipeline(one, facts, {})]
        known = with_commits_since(facts, known, reads, first_unknown(facts, told, here))
    arrived = {one.sha: one.message for one in known.commits}
    arrived[facts.sha] = facts.message
    found = [one for one in told.requests if concerns_pipeline(one, facts, arrived)]
    return with_candidates(facts, settings, known, found)


def first_unknown(facts: Facts, told: Overview, here: list[Candidate]) -> str:
    """Where the commits to be read begin; "" where the merge request has brought them."""
    if on_trunk(facts):
        return told.since or facts.before
    if here:
        return ""
    return facts.base if facts.merge_request else facts.default_branch


def with_candidates(
    facts: Facts, settings: Settings, known: Known, found: list[Candidate]
) -> Known:
    if not found:
        return known
    own = {facts.sha: facts.message}
    first = [one for one in found if concerns_pipeline(one, facts, own)]
    ordered = [*first, *(one for one in found if one not in first)]
    brought = {one.request.iid: one.commits for one in ordered}
    if any(len(commits) == PAGE for commits in brought.values()):
        known = noted(known, MORE_COMMITS)
    shas = {one.sha for commits in brought.values() for one in commits}
    return replace(
        known,
        merge_requests=tuple(one.request for one in ordered),
        own=first[0].request.iid if first else 0,
        brought=brought if "commits" in settings.report else {},
        commits=tuple(one for one in known.commits if one.sha not in shas),
    )
