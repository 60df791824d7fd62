"""The failed jobs of a pipeline, with the end of the log of the job that broke it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sync.core.model.pipelines import FailedJob
from sync.errors import Refused, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.job_log import last_lines
from sync.gitlab.json_fields import mapping, mappings, positive_int, text, web_url

MAX_JOBS = 100  # failed jobs read; nobody reads more in a message
MAX_CHILD_PIPELINES = 3  # failed downstream pipelines whose jobs are read
LOG_BYTES = 64_000  # kept of the end of a log


@dataclass(frozen=True, slots=True)
class _ProjectJob:
    """A job and the project whose pipeline it belongs to."""

    project_id: int
    job: FailedJob


def read_failed_jobs(client: GitLab, project_id: int, pipeline_id: int) -> tuple[FailedJob, ...]:
    """Return the failed jobs in the order of their stages; a retried job counts as its last try.

    Jobs of child and multi-project pipelines follow, under the name of the trigger job that waits
    for them. Raises SyncError.
    https://docs.gitlab.com/api/jobs/#list-all-jobs-for-a-pipeline
    """
    own = _own_failed_jobs(client, project_id, pipeline_id)
    placed_jobs = [*own, *_child_failed_jobs(client, project_id, pipeline_id)]
    culprit = next((placed for placed in placed_jobs if not placed.job.allow_failure), None)
    log = _read_log(client, culprit) if culprit else ""
    return tuple(
        replace(placed.job, log=log) if placed is culprit else placed.job for placed in placed_jobs
    )


def _own_failed_jobs(client: GitLab, project_id: int, pipeline_id: int) -> list[_ProjectJob]:
    path = f"/projects/{project_id}/pipelines/{pipeline_id}/jobs"
    listed = mappings(list(islice(client.list(path, **{"scope[]": "failed"}), MAX_JOBS)))
    jobs = _last_tries(job for row in listed if (job := _parse_job(row)))
    return [_ProjectJob(project_id, job) for job in jobs]


def _last_tries(jobs: Iterable[FailedJob]) -> tuple[FailedJob, ...]:
    """Return the newest try of each job in the order of stages: ids grow with both."""
    newest = {(job.stage, job.name): job for job in sorted(jobs, key=lambda job: job.id)}
    return tuple(sorted(newest.values(), key=lambda job: job.id))


def _parse_job(row: dict[str, Any]) -> FailedJob | None:
    job_id = positive_int(row.get("id"))
    if job_id is None or row.get("status") != "failed":
        return None
    return FailedJob(
        id=job_id,
        name=text(row.get("name")),
        stage=text(row.get("stage")),
        url=web_url(row.get("web_url")),
        allow_failure=row.get("allow_failure") is True,
    )


def _child_failed_jobs(client: GitLab, project_id: int, pipeline_id: int) -> list[_ProjectJob]:
    """Return the failed jobs of downstream pipelines; the trigger job where they are not visible.

    https://docs.gitlab.com/api/jobs/#list-all-trigger-jobs-for-a-pipeline
    """
    trigger_rows = _failed_triggers(client, f"/projects/{project_id}/pipelines/{pipeline_id}")
    child_of = {
        positive_int(row.get("id")): mapping(row.get("downstream_pipeline")) for row in trigger_rows
    }
    triggers = _last_tries(job for row in trigger_rows if (job := _parse_job(row)))
    placed_jobs: list[_ProjectJob] = []
    for number, trigger in enumerate(triggers):
        child = child_of[trigger.id]
        inside = _jobs_of_child(client, child) if number < MAX_CHILD_PIPELINES else []
        trigger_job = replace(trigger, url=web_url(child.get("web_url")) or trigger.url)
        placed_jobs += [_at_trigger_stage(trigger, row) for row in inside] or [
            _ProjectJob(0, trigger_job)
        ]
    return placed_jobs


def _failed_triggers(client: GitLab, path: str) -> list[dict[str, Any]]:
    """Return the failed trigger jobs (`bridges` until 19.2); a host may have neither path."""
    for name in ("bridges", "trigger_jobs"):
        try:
            listed = client.list(f"{path}/{name}", **{"scope[]": "failed"})
            return mappings(list(islice(listed, MAX_JOBS)))
        except Refused:
            continue
        except SyncError:
            return []
    return []


def _jobs_of_child(client: GitLab, child: dict[str, Any]) -> list[_ProjectJob]:
    project_id, pipeline_id = positive_int(child.get("project_id")), positive_int(child.get("id"))
    if project_id is None or pipeline_id is None:
        return []
    try:
        return _own_failed_jobs(client, project_id, pipeline_id)
    except SyncError:
        return []


def _at_trigger_stage(trigger: FailedJob, placed: _ProjectJob) -> _ProjectJob:
    """Show the job at the trigger's stage; it may fail where the trigger may."""
    job = replace(
        placed.job,
        name=f"{trigger.name}: {placed.job.name}",
        stage=trigger.stage,
        allow_failure=placed.job.allow_failure or trigger.allow_failure,
    )
    return _ProjectJob(placed.project_id, job)


def _read_log(client: GitLab, placed: _ProjectJob) -> str:
    """Return the end of a job's log, "" where it was erased or is not visible to us.

    https://docs.gitlab.com/api/jobs/#retrieve-a-job-log-file
    """
    if not placed.project_id:
        return ""
    try:
        trace = client.tail(f"/projects/{placed.project_id}/jobs/{placed.job.id}/trace", LOG_BYTES)
    except SyncError:
        return ""
    return last_lines(trace)
