"""Pipelines and their jobs, triggers and logs.

https://docs.gitlab.com/api/pipelines/ ; https://docs.gitlab.com/api/jobs/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, paging, shown, shown_ci
from tests.emulators.gitlab.entities import Job, Pipeline, Project
from tests.emulators.gitlab.web import Reply, Request, invalid, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

STATUSES = (
    "created",
    "waiting_for_resource",
    "preparing",
    "waiting_for_callback",
    "pending",
    "running",
    "success",
    "failed",
    "canceling",
    "canceled",
    "skipped",
    "manual",
    "scheduled",
)
ORDERS = ("id", "status", "ref", "updated_at", "user_id")


def _place(api: Api, request: Request, key: str) -> Project:
    return access.code(api.state, key, request.actor)


def pipelines(api: Api, request: Request, project: str) -> Reply:
    """Newest first. Those of a parent pipeline only where `source` asks for them."""
    place = _place(api, request, project)
    if "status" in request.params:
        request.one_of("status", STATUSES, "")
    order = request.one_of("order_by", ORDERS, "id")
    newest_first = request.one_of("sort", ("asc", "desc"), "desc") == "desc"
    found = [
        one
        for one in place.pipelines.values()
        if _fits(api, request, place, one) and request.in_time("updated", one.updated_at)
    ]
    found.sort(key=lambda one: (getattr(one, order), one.id), reverse=newest_first)
    return page(request, found, lambda one: shown.pipeline(api.state, place, one))


def _fits(api: Api, request: Request, place: Project, one: Pipeline) -> bool:
    if one.source == "parent_pipeline" and request.text("source") != "parent_pipeline":
        return False
    look = shown.pipeline(api.state, place, one)
    return all(
        name not in request.params or look[name] == request.text(name)
        for name in ("ref", "sha", "status", "source", "name")
    )


def pipeline(api: Api, request: Request, project: str, pipeline_id: str) -> Reply:
    place = _place(api, request, project)
    return Reply(shown.whole_pipeline(api.state, place, _pipeline(place, pipeline_id)))


def jobs(api: Api, request: Request, project: str, pipeline_id: str) -> Reply:
    place = _place(api, request, project)
    found = _pipeline(place, pipeline_id)
    again = request.flag("include_retried")
    inside = _scoped(request, [one for one in found.jobs if again or not one.retried])
    return page(request, inside, lambda one: shown_ci.job(api.state, place, one, found))


def _scoped(request: Request, jobs: list) -> list:
    """`scope` or `scope[]`; newest first."""
    wanted = set(request.items("scope"))
    if wanted - set(STATUSES):
        raise invalid("scope does not have a valid value")
    return [one for one in reversed(jobs) if not wanted or one.status in wanted]


def project_jobs(api: Api, request: Request, project: str) -> Reply:
    """All jobs of the project, by key too: https://docs.gitlab.com/api/jobs/#list-all-jobs-for-a-project"""
    place = _place(api, request, project)
    owner = {job.id: run for run in place.pipelines.values() for job in run.jobs}
    inside = _scoped(
        request,
        sorted(
            (job for run in place.pipelines.values() for job in run.jobs), key=lambda job: job.id
        ),
    )
    return paging.either(
        request,
        inside,
        lambda one: shown_ci.job(api.state, place, one, owner[one.id]),
        kind="Ci::Build",
        descending_only=True,
    )


def bridges(api: Api, request: Request, project: str, pipeline_id: str) -> Reply:
    """Trigger jobs: each has its pipeline's status and shows that pipeline."""
    place = _place(api, request, project)
    found = _pipeline(place, pipeline_id)
    told = [shown_ci.bridge(api.state, place, one, found) for one in reversed(found.bridges)]
    wanted = set(request.items("scope"))
    if wanted - set(STATUSES):
        raise invalid("scope does not have a valid value")
    return page(request, [one for one in told if not wanted or one["status"] in wanted], dict)


def job(api: Api, request: Request, project: str, job_id: str) -> Reply:
    place = _place(api, request, project)
    found, run = _job(place, job_id)
    return Reply(shown_ci.job(api.state, place, found, run))


def trace(api: Api, request: Request, project: str, job_id: str) -> Reply:
    """Plain text as the runner wrote it; nothing yet: an empty text. No job token may ask."""
    found, _ = _job(_place(api, request, project), job_id)
    return Reply({"text": found.trace}, headers={"Content-Type": "text/plain"})


def _job(place: Project, number: str) -> tuple[Job, Pipeline]:
    for run in place.pipelines.values():
        for one in run.jobs:
            if str(one.id) == number:
                return one, run
    raise not_found("Job")


def _pipeline(place: Project, number: str) -> Pipeline:
    found = place.pipelines.get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found()
    return found


BASE = "/projects/:project"
ROUTES = [
    (f"{BASE}/pipelines", pipelines),
    (f"{BASE}/pipelines/:pipeline_id", pipeline),
    (f"{BASE}/pipelines/:pipeline_id/jobs", jobs),
    (f"{BASE}/pipelines/:pipeline_id/bridges", bridges),
]
TRIGGER_JOBS = (f"{BASE}/pipelines/:pipeline_id/trigger_jobs", bridges)  # since 19.2
WITHOUT_JOB_TOKEN = [
    (f"{BASE}/jobs", project_jobs),
    (f"{BASE}/jobs/:job_id", job),
    (f"{BASE}/jobs/:job_id/trace", trace),
]
