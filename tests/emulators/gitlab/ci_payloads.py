"""Webhook bodies about pipelines and jobs. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events
"""

from __future__ import annotations

from tests.emulators.gitlab import ci_status, payloads, shown
from tests.emulators.gitlab.entities import Job, MergeRequest, Pipeline
from tests.emulators.gitlab.parts import (
    commit_part,
    git_time,
    hook_time,
    iso_time,
    person,
    project_part,
    project_url,
    push_repository_part,
)
from tests.emulators.gitlab.state import State

ISO_TIMES_SINCE = (16, 0)  # `build_*_at_iso`; the version is not documented
RUNNER = {
    "id": 12,
    "description": "shared-runner-1",
    "runner_type": "instance_type",
    "active": True,
    "is_shared": True,
    "tags": ["linux", "docker"],
}


def pipeline(state: State, one: Pipeline) -> dict:
    """`ref` is the source branch, also for a merge request's pipeline."""
    place = state.projects[one.project_id]
    target = state.projects.get(one.target_id, place)
    mr = target.merge_requests.get(one.merge_request_iid or 0)
    body = {
        "object_kind": "pipeline",
        "object_attributes": _attributes(state, one),
        "merge_request": _request_part(state, mr) if mr else None,
        "user": person(state.users[one.user_id]),
        "project": project_part(state, place),
        "commit": commit_part(state, place, place.commits[one.sha]),
        "builds": [_build_part(state, one, job) for job in reversed(one.jobs) if not job.retried],
    }
    return body | _source(state, one)


def _source(state: State, one: Pipeline) -> dict:
    """Only a pipeline that another one started says so."""
    if one.started_by is None:
        return {}
    place = state.projects[one.started_by.project_id]
    upstream = {
        "project": {
            "id": place.id,
            "web_url": project_url(state, place),
            "path_with_namespace": place.path,
        },
        "pipeline_id": one.started_by.pipeline_id,
        "job_id": one.started_by.job_id,
    }
    return {"source_pipeline": upstream}


def _attributes(state: State, one: Pipeline) -> dict:
    place = state.projects[one.project_id]
    return {
        "id": one.id,
        "iid": one.iid,
        "name": one.name,
        "ref": one.ref,
        "tag": one.tag,
        "sha": one.sha,
        "before_sha": one.before_sha,
        "source": one.source,
        "status": one.status,
        "detailed_status": ci_status.detailed(one),
        "stages": list(dict.fromkeys(job.stage for job in one.jobs)),
        "created_at": hook_time(one.created_at),
        "finished_at": hook_time(one.finished_at),
        "duration": shown.seconds(one),
        "queued_duration": 1 if one.started_at else None,
        "protected_ref": one.ref == place.default_branch,
        "variables": [{"key": key, "value": value} for key, value in one.variables.items()],
        "url": f"{project_url(state, place)}/-/pipelines/{one.id}",
    }


def _request_part(state: State, mr: MergeRequest) -> dict:
    place = state.projects[mr.project_id]
    return {
        "id": mr.id,
        "iid": mr.iid,
        "title": mr.title,
        "source_branch": mr.source_branch,
        "source_project_id": mr.source_id,
        "target_branch": mr.target_branch,
        "target_project_id": mr.project_id,
        "state": mr.state,
        "merge_status": "can_be_merged",
        "detailed_merge_status": payloads.merge_status(mr),
        "url": f"{project_url(state, place)}/-/merge_requests/{mr.iid}",
    }


def _build_part(state: State, one: Pipeline, job: Job) -> dict:
    return {
        "id": job.id,
        "stage": job.stage,
        "name": job.name,
        "status": job.status,
        "created_at": hook_time(job.created_at),
        "started_at": hook_time(job.started_at),
        "finished_at": hook_time(job.finished_at),
        "duration": _float(shown.seconds(job)),
        "queued_duration": 1.0 if job.started_at else None,
        "failure_reason": job.failure_reason,
        "when": job.when,
        "manual": job.manual,
        "allow_failure": job.allow_failure,
        "user": person(state.users[job.user_id or one.user_id]),
        "runner": RUNNER if job.started_at else None,
        "artifacts_file": {"filename": None, "size": None},
        "environment": _environment(state, one, job),
    }


def _environment(state: State, one: Pipeline, job: Job) -> dict | None:
    where = state.projects[one.project_id].environments.get(job.environment)
    if where is None:
        return None
    return {"name": where.name, "action": "start", "deployment_tier": where.tier}


def _float(seconds: int | None) -> float | None:
    return None if seconds is None else float(seconds)


def job(state: State, one: Pipeline, job: Job) -> dict:
    """`object_kind` is build, and `commit.id` is the PIPELINE's id."""
    place = state.projects[one.project_id]
    body = {
        "object_kind": "build",
        "ref": one.ref,
        "tag": one.tag,
        "before_sha": one.before_sha,
        "sha": one.sha,
        "retries_count": _retries(one, job),
        "build_id": job.id,
        "build_name": job.name,
        "build_stage": job.stage,
        "build_status": job.status,
        **_job_times(state, job),
        "build_duration": _float(shown.seconds(job)),
        "build_queued_duration": 1.0 if job.started_at else None,
        "build_allow_failure": job.allow_failure,
        "build_failure_reason": job.failure_reason or "unknown_failure",
        "pipeline_id": one.id,
        "runner": RUNNER if job.started_at else None,
        "project_id": place.id,
        "project_name": f"{place.namespace_path.title()} / {place.name}",
        "user": person(state.users[job.user_id or one.user_id]),
        "commit": _job_commit(state, one),
        "repository": push_repository_part(state, place),
        "project": project_part(state, place),
        "environment": _environment(state, one, job),
    }
    return body | _source(state, one)


def _retries(one: Pipeline, job: Job) -> int:
    return sum(each.name == job.name and each.id < job.id for each in one.jobs)


def _job_times(state: State, job: Job) -> dict:
    times = {"created": job.created_at, "started": job.started_at, "finished": job.finished_at}
    plain = {f"build_{name}_at": hook_time(at) for name, at in times.items()}
    if not state.at_least(*ISO_TIMES_SINCE):
        return plain
    return plain | {f"build_{name}_at_iso": iso_time(at) for name, at in times.items()}


def _job_commit(state: State, one: Pipeline) -> dict:
    commit = state.projects[one.project_id].commits[one.sha]
    return {
        "id": one.id,
        "name": one.name,
        "sha": one.sha,
        "message": commit.message,
        "author_name": commit.author_name,
        "author_email": commit.author_email,
        "author_url": f"mailto:{commit.author_email}",
        "status": one.status,
        "duration": shown.seconds(one),
        "started_at": hook_time(one.started_at),
        "finished_at": hook_time(one.finished_at),
        "started_at_iso": git_time(one.started_at) if one.started_at else None,
        "finished_at_iso": git_time(one.finished_at) if one.finished_at else None,
    }
