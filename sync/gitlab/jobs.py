"""The failed jobs of a pipeline, with the last lines of the log of the one that broke it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from sync.core.model import Job
from sync.errors import SyncError
from sync.gitlab.client import GitLab
from sync.gitlab.reading import link, mapping, mappings, text, whole
from sync.gitlab.traces import last_lines

MOST_JOBS = 100  # failed ones; more are no reading for anybody
LOG_BYTES = 64_000  # read from the end of a log


def failed_jobs(client: GitLab, project_id: int, pipeline_id: int) -> tuple[Job, ...]:
    """The failed jobs in the order of their stages; a retried job counts as its last try.

    A job of a child pipeline is shown by the trigger that waits for it. Raises SyncError.
    https://docs.gitlab.com/api/jobs/#list-all-jobs-for-a-pipeline
    """
    path = f"/projects/{project_id}/pipelines/{pipeline_id}"
    listed = client.list(f"{path}/jobs", **{"scope[]": "failed"})
    found = [job for told in mappings(list(islice(listed, MOST_JOBS))) if (job := _job(told))]
    jobs = _last_tries(found)
    culprit = next((job for job in jobs if not job.allowed), None)
    if culprit is None:
        return (*jobs, *_triggers(client, path))
    log = _log(client, project_id, culprit)
    return tuple(replace(job, log=log) if job is culprit else job for job in jobs)


def _last_tries(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Ids grow with the stages, and with every try."""
    newest = {(job.stage, job.name): job for job in sorted(jobs, key=lambda job: job.id)}
    return tuple(sorted(newest.values(), key=lambda job: job.id))


def _job(told: dict[str, Any]) -> Job | None:
    job_id = whole(told.get("id"))
    if job_id is None or told.get("status") != "failed":
        return None
    return Job(
        id=job_id,
        name=text(told.get("name")),
        stage=text(told.get("stage")),
        url=link(told.get("web_url")),
        allowed=told.get("allow_failure") is True,
    )


def _triggers(client: GitLab, path: str) -> tuple[Job, ...]:
    """Failed triggers of child pipelines, each with its child's address. An old host has none.

    https://docs.gitlab.com/api/jobs/#list-all-trigger-jobs-for-a-pipeline
    """
    try:
        listed = mappings(list(islice(client.list(f"{path}/bridges"), MOST_JOBS)))
    except SyncError:
        return ()
    children = {
        whole(told.get("id")): link(mapping(told.get("downstream_pipeline")).get("web_url"))
        for told in listed
    }
    jobs = _last_tries(job for told in listed if (job := _job(told)))
    return tuple(replace(job, url=children.get(job.id) or job.url) for job in jobs)


def _log(client: GitLab, project_id: int, job: Job) -> str:
    """ "" where the log was erased or may not be read: the job is shown all the same.

    https://docs.gitlab.com/api/jobs/#retrieve-a-job-log-file
    """
    try:
        trace = client.tail(f"/projects/{project_id}/jobs/{job.id}/trace", LOG_BYTES)
    except SyncError:
        return ""
    return last_lines(trace)
