"""The failed jobs of a pipeline, with the last lines of the log of the one that broke it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from sync.core.model.common import Job
from sync.errors import Refused, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.job_log import last_lines
from sync.gitlab.json_fields import link, mapping, mappings, text, whole

MOST_JOBS = 100  # failed ones; more are no reading for anybody
MOST_CHILDREN = 3  # pipelines that a failed one started, and that failed themselves
LOG_BYTES = 64_000  # read from the end of a log


@dataclass(frozen=True, slots=True)
class _Placed:
    """A job and the project whose pipeline it belongs to."""

    project_id: int
    job: Job


def failed_jobs(client: GitLab, project_id: int, pipeline_id: int) -> tuple[Job, ...]:
    """The failed jobs in the order of their stages; a retried job counts as its last try.

    Those of child and multi-project pipelines follow, under the name of the trigger that waits for
    them. Raises SyncError.
    https://docs.gitlab.com/api/jobs/#list-all-jobs-for-a-pipeline
    """
    own = _own(client, project_id, pipeline_id)
    found = [*own, *_of_children(client, project_id, pipeline_id)]
    culprit = next((one for one in found if not one.job.allowed), None)
    log = _log(client, culprit) if culprit else ""
    return tuple(replace(one.job, log=log) if one is culprit else one.job for one in found)


def _own(client: GitLab, project_id: int, pipeline_id: int) -> list[_Placed]:
    path = f"/projects/{project_id}/pipelines/{pipeline_id}/jobs"
    listed = mappings(list(islice(client.list(path, **{"scope[]": "failed"}), MOST_JOBS)))
    jobs = _last_tries(job for told in listed if (job := _job(told)))
    return [_Placed(project_id, job) for job in jobs]


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


def _of_children(client: GitLab, project_id: int, pipeline_id: int) -> list[_Placed]:
    """The failed jobs of pipelines that this one started; what may not be seen is its trigger.

    https://docs.gitlab.com/api/jobs/#list-all-trigger-jobs-for-a-pipeline
    """
    told = _triggers(client, f"/projects/{project_id}/pipelines/{pipeline_id}")
    child_of = {whole(one.get("id")): mapping(one.get("downstream_pipeline")) for one in told}
    triggers = _last_tries(job for one in told if (job := _job(one)))
    found: list[_Placed] = []
    for number, trigger in enumerate(triggers):
        child = child_of[trigger.id]
        inside = _inside(client, child) if number < MOST_CHILDREN else []
        shown = replace(trigger, url=link(child.get("web_url")) or trigger.url)
        found += [_under(trigger, one) for one in inside] or [_Placed(0, shown)]
    return found


def _triggers(client: GitLab, path: str) -> list[dict[str, Any]]:
    """The failed ones. `bridges` was the name until 19.2; a host may have neither."""
    for name in ("bridges", "trigger_jobs"):
        try:
            listed = client.list(f"{path}/{name}", **{"scope[]": "failed"})
            return mappings(list(islice(listed, MOST_JOBS)))
        except Refused:
            continue
        except SyncError:
            return []
    return []


def _inside(client: GitLab, child: dict[str, Any]) -> list[_Placed]:
    project_id, pipeline_id = whole(child.get("project_id")), whole(child.get("id"))
    if project_id is None or pipeline_id is None:
        return []
    try:
        return _own(client, project_id, pipeline_id)
    except SyncError:
        return []


def _under(trigger: Job, one: _Placed) -> _Placed:
    """Shown at the trigger's stage; where the trigger may fail, so may all of its pipeline."""
    job = replace(
        one.job,
        name=f"{trigger.name}: {one.job.name}",
        stage=trigger.stage,
        allowed=one.job.allowed or trigger.allowed,
    )
    return _Placed(one.project_id, job)


def _log(client: GitLab, one: _Placed) -> str:
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
