"""The failed jobs of a pipeline, with the last lines of the log of the one that broke it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sync.core.model.common import FailedJob
from sync.errors import Refused, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.job_log import last_lines
from sync.gitlab.json_fields import mapping, mappings, positive_int, text, web_url

MAX_JOBS = 100  # failed ones; more are no reading for anybody
MAX_CHILD_PIPELINES = 3  # pipelines that a failed one started, and that failed themselves
LOG_BYTES = 64_000  # read from the end of a log


@dataclass(frozen=True, slots=True)
class _ProjectJob:
    """A job and the project whose pipeline it belongs to."""

    project_id: int
    job: FailedJob


def read_failed_jobs(client: GitLab, project_id: int, pipeline_id: int) -> tuple[FailedJob, ...]:
    """The failed jobs in the order of their stages; a retried job counts as its last try.

    Those of child and multi-project pipelines follow, under the name of the trigger that waits for
    them. Raises SyncError.
    https://docs.gitlab.com/api/jobs/#list-all-jobs-for-a-pipeline
    """
    own = _own_failed_jobs(client, project_id, pipeline_id)
    found = [*own, *_child_failed_jobs(client, project_id, pipeline_id)]
    culprit = next((one for one in found if not one.job.allow_failure), None)
    log = _read_log(client, culprit) if culprit else ""
    return tuple(replace(one.job, log=log) if one is culprit else one.job for one in found)


def _own_failed_jobs(client: GitLab, project_id: int, pipeline_id: int) -> list[_ProjectJob]:
    path = f"/projects/{project_id}/pipelines/{pipeline_id}/jobs"
    listed = mappings(list(islice(client.list(path, **{"scope[]": "failed"}), MAX_JOBS)))
    jobs = _last_tries(job for told in listed if (job := _parse_job(told)))
    return [_ProjectJob(project_id, job) for job in jobs]


def _last_tries(jobs: Iterable[FailedJob]) -> tuple[FailedJob, ...]:
    """Ids grow with the stages, and with every try."""
    newest = {(job.stage, job.name): job for job in sorted(jobs, key=lambda job: job.id)}
    return tuple(sorted(newest.values(), key=lambda job: job.id))


def _parse_job(told: dict[str, Any]) -> FailedJob | None:
    job_id = positive_int(told.get("id"))
    if job_id is None or told.get("status") != "failed":
        return None
    return FailedJob(
        id=job_id,
        name=text(told.get("name")),
        stage=text(told.get("stage")),
        url=web_url(told.get("web_url")),
        allow_failure=told.get("allow_failure") is True,
    )


def _child_failed_jobs(client: GitLab, project_id: int, pipeline_id: int) -> list[_ProjectJob]:
    """The failed jobs of pipelines that this one started; what may not be seen is its trigger.

    https://docs.gitlab.com/api/jobs/#list-all-trigger-jobs-for-a-pipeline
    """
    told = _failed_triggers(client, f"/projects/{project_id}/pipelines/{pipeline_id}")
    child_of = {
        positive_int(one.get("id")): mapping(one.get("downstream_pipeline")) for one in told
    }
    triggers = _last_tries(job for one in told if (job := _parse_job(one)))
    found: list[_ProjectJob] = []
    for number, trigger in enumerate(triggers):
        child = child_of[trigger.id]
        inside = _jobs_of_child(client, child) if number < MAX_CHILD_PIPELINES else []
        shown = replace(trigger, url=web_url(child.get("web_url")) or trigger.url)
        found += [_at_trigger_stage(trigger, one) for one in inside] or [_ProjectJob(0, shown)]
    return found


def _failed_triggers(client: GitLab, path: str) -> list[dict[str, Any]]:
    """The failed ones. `bridges` was the name until 19.2; a host may have neither."""
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


def _at_trigger_stage(trigger: FailedJob, one: _ProjectJob) -> _ProjectJob:
    """Shown at the trigger's stage; where the trigger may fail, so may all of its pipeline."""
    job = replace(
        one.job,
        name=f"{trigger.name}: {one.job.name}",
        stage=trigger.stage,
        allow_failure=one.job.allow_failure or trigger.allow_failure,
    )
    return _ProjectJob(one.project_id, job)


def _read_log(client: GitLab, one: _ProjectJob) -> str:
    """ "" where the log was erased or may not be read: the job is shown all the same.

    https://docs.gitlab.com/api/jobs/#retrieve-a-job-log-file
    """
    if not one.project_id:
        return ""
    try:
        trace = client.tail(f"/projects/{one.project_id}/jobs/{one.job.id}/trace", LOG_BYTES)
    except SyncError:
        return ""
    return last_lines(trace)
