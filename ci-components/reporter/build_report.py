"""The report: what GitLab told, and the tasks that its texts name. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from reporter.ci_variables import Facts
from reporter.gitlab_facts import Known
from reporter.gitlab_json import status_of, tier_of
from reporter.model import Commit, Deployment, Report
from reporter.named_tasks import find_tasks
from reporter.settings import DEPLOYMENT, EARLY, Settings, fits

MOST_FAILED_JOBS = 20
MOST_COMMITS = 100  # besides the pipeline's own
# An e-mail address: a report is kept as an artifact. It begins where a word does, so that a long
# text without any is read once.
PERSON = re.compile(r"(?<![^\s<>@])[^\s<>@]+@[^\s<>@]+")


def assemble(facts: Facts, settings: Settings, known: Known) -> Report:
    requests = tuple(
        replace(mr, description=impersonal(mr.description)) for mr in known.merge_requests
    )
    commits = (Commit(facts.sha, facts.message), *other_commits(facts, known))
    failed = [job for job in known.jobs or () if job.status == "failed" and not job.allow_failure]
    wants_requests = "merge-request" in settings.report
    return Report(
        mode=settings.mode,
        server_url=facts.server_url,
        project_id=facts.project_id,
        project_path=facts.project_path,
        project_title=facts.project_title,
        project_url=facts.project_url,
        default_branch=facts.default_branch,
        pipeline_id=facts.pipeline_id,
        pipeline_url=facts.pipeline_url,
        pipeline_source=facts.pipeline_source,
        status=told_status(settings, known),
        ref=facts.ref,
        tag=facts.tag,
        sha=facts.sha,
        job_id=facts.job_id,
        job_url=facts.job_url,
        author=facts.login,
        author_name=facts.name,
        merge_requests=requests if wants_requests else (),
        failed_jobs=tuple(failed[:MOST_FAILED_JOBS]),
        deployments=told_deployments(settings, known),
        commits=tuple(replace(one, message=impersonal(one.message)) for one in commits),
        tasks=find_tasks(facts, settings, known),
        refused=known.refused,
    )


def other_commits(facts: Facts, known: Known) -> list[Commit]:
    """Each once."""
    found = [*known.commits, *(one for each in known.brought.values() for one in each)]
    return list({one.sha: one for one in found if one.sha != facts.sha}.values())[:MOST_COMMITS]


def impersonal(text: str) -> str:
    return PERSON.sub("…", text)


def told_status(settings: Settings, known: Known) -> str:
    if settings.mode == EARLY:
        return "running"
    return status_of(known.jobs) if "pipeline" in settings.report else ""


def told_deployments(settings: Settings, known: Known) -> tuple[Deployment, ...]:
    """Those of the wanted tiers; in a deployment's own job what the inputs say counts more."""
    found = known.deployments
    if settings.mode == DEPLOYMENT and not known.nothing_deployed:
        one = found[0] if found else Deployment(settings.environment)
        tier = settings.environment_tier or one.tier or tier_of(settings.environment)
        found = (replace(one, url=settings.environment_url or one.url, tier=tier),)
        found = found if one.environment else ()
    return tuple(one for one in found if fits(one.tier, settings.tiers))
