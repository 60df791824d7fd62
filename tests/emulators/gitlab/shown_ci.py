"""What REST answers show of jobs, trigger jobs, deployments and environments. Pure.

https://docs.gitlab.com/api/jobs/ ; https://docs.gitlab.com/api/deployments/
"""

from __future__ import annotations

from tests.emulators.gitlab import shown
from tests.emulators.gitlab.entities import Bridge, Job, Pipeline, Project
from tests.emulators.gitlab.parts import iso_time, project_url
from tests.emulators.gitlab.shipped import Deployment, Environment
from tests.emulators.gitlab.state import State


def job(state: State, place: Project, one: Job, of: Pipeline) -> dict:
    runner = {"id": 12, "description": "shared-runner-1", "active": True, "is_shared": True}
    return _processable(state, place, one, of) | {
        "status": one.status,
        "allow_failure": one.allow_failure,
        "started_at": iso_time(one.started_at),
        "finished_at": iso_time(one.finished_at),
        "erased_at": None,
        "duration": shown.seconds(one),
        "queued_duration": 1.0 if one.started_at else None,
        "user": shown.user(state, state.users[one.user_id or of.user_id]),
        "failure_reason": one.failure_reason,
        "artifacts": [],
        "runner": runner if one.started_at else None,
        "artifacts_expire_at": None,
        "archived": False,
        "tag_list": [],
    }


def bridge(state: State, place: Project, one: Bridge, of: Pipeline) -> dict:
    down = _downstream(state, one)
    return _processable(state, place, one, of) | {
        "status": (down["status"] if one.waits else "success") if down else "created",
        "allow_failure": one.allow_failure,
        "started_at": down["created_at"] if down else None,
        "finished_at": None,
        "erased_at": None,
        "duration": None,
        "queued_duration": None,
        "user": shown.user(state, state.users[of.user_id]),
        "downstream_pipeline": down,
    }


def _downstream(state: State, one: Bridge) -> dict | None:
    if one.downstream is None:
        return None
    project_id, pipeline_id = one.downstream
    place = state.projects[project_id]
    return shown.pipeline(state, place, place.pipelines[pipeline_id])


def _processable(state: State, place: Project, one: Job | Bridge, of: Pipeline) -> dict:
    return {
        "id": one.id,
        "stage": one.stage,
        "name": one.name,
        "ref": of.ref,
        "tag": of.tag,
        "coverage": None,
        "created_at": iso_time(one.created_at),
        "commit": shown.commit(state, place, place.commits[of.sha]),
        "pipeline": shown.pipeline(state, place, of),
        "project": {"ci_job_token_scope_enabled": False},
        "web_url": f"{project_url(state, place)}/-/jobs/{one.id}",
    }


def deployment(state: State, place: Project, one: Deployment) -> dict:
    """`deployable` is null for what the API made."""
    run = place.pipelines.get(one.pipeline_id)
    found = next((job for job in run.jobs if job.id == one.job_id), None) if run else None
    return {
        "id": one.id,
        "iid": one.iid,
        "ref": one.ref,
        "sha": one.sha,
        "created_at": iso_time(one.created_at),
        "updated_at": iso_time(one.updated_at),
        "user": shown.basic(state, one.user_id),
        "environment": environment_part(place.environments[one.environment]),
        "deployable": job(state, place, found, run) if found and run else None,
        "status": one.status,
    }


def environment_part(one: Environment) -> dict:
    """Inside a deployment: no tier."""
    return {
        "id": one.id,
        "name": one.name,
        "slug": one.slug,
        "external_url": one.external_url or None,
        "created_at": iso_time(one.created_at),
        "updated_at": iso_time(one.updated_at),
    }


def environment(state: State, place: Project, one: Environment) -> dict:
    return environment_part(one) | {
        "description": None,
        "tier": one.tier,
        "state": one.state,
        "auto_stop_at": None,
        "kubernetes_namespace": None,
        "flux_resource_path": None,
        "auto_stop_setting": "always",
    }


def approval_summary(state: State, one: Deployment) -> list[dict]:
    return [
        {
            "user": shown.basic(state, each.user_id),
            "status": each.status,
            "created_at": iso_time(each.created_at),
            "comment": each.comment,
        }
        for each in one.approvals
    ]
