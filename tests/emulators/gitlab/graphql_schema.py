"""The part of GitLab's GraphQL schema that is emulated: pipelines with jobs, and reviews.

https://docs.gitlab.com/api/graphql/reference/#pipeline ; …/#cijob ; …/#mergerequest. Types are
tables: a field is its type, its arguments and how its value comes from the parent's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.emulators.gitlab import access, ci_status, graphql_requests, shown
from tests.emulators.gitlab.entities import Bridge, Job, Project
from tests.emulators.gitlab.graphql_spec import PAGE, Asked, Held, Resolve, Spec, gid
from tests.emulators.gitlab.issues import graphql_mutations, graphql_types
from tests.emulators.gitlab.parts import plain_time, project_url
from tests.emulators.gitlab.web import ApiError


def _project(asked: Asked, _: Any, given: dict[str, Any]) -> Project | None:
    """null where it is hidden: no error."""
    try:
        return access.project(asked.state, str(given["fullPath"]), asked.actor)
    except ApiError:
        return None


def _of_code(fields: dict[str, Spec]) -> dict[str, Spec]:
    """Fields that nobody sees who may not see the code: null, or an empty list."""

    def guarded(spec: Spec) -> Spec:
        def resolve(asked: Asked, place: Project, given: dict[str, Any]) -> Any:
            try:
                access.code(asked.state, str(place.id), asked.actor)
            except ApiError:
                return [] if spec.type.endswith("Connection") else None
            return spec.resolve(asked, place, given)

        return replace(spec, resolve=resolve)

    return {name: guarded(spec) for name, spec in fields.items()}


def _pipeline(asked: Asked, place: Project, given: dict[str, Any]) -> Held | None:
    for run in place.pipelines.values():
        names = {"iid": str(run.iid), "id": gid("Ci::Pipeline", run.id), "sha": run.sha}
        if any(str(given[name]) == value for name, value in names.items() if given.get(name)):
            return Held(place, run)
    return None


def _jobs(asked: Asked, held: Held, given: dict[str, Any]) -> list[Held]:
    """Jobs and trigger jobs, newest first; retried ones too unless `retried: false`."""
    found: list[Held] = [Held(held.place, held.run, one) for one in held.run.jobs]
    found += [Held(held.place, held.run, one) for one in held.run.bridges]
    retried, kind = given.get("retried"), given.get("jobKind")
    wanted = given.get("statuses")
    found = [
        one
        for one in found
        if retried in (None, _retried(one))
        and kind in (None, _kind(one))
        and (not wanted or _status(asked, one) in wanted)
    ]
    return sorted(found, key=lambda one: -one.one.id)


def _retried(held: Held) -> bool:
    return isinstance(held.one, Job) and held.one.retried


def _kind(held: Held) -> str:
    return "BRIDGE" if isinstance(held.one, Bridge) else "BUILD"


def _status(asked: Asked, held: Held) -> str:
    if isinstance(held.one, Job):
        return held.one.status.upper()
    child = _child(asked, held)
    if child and not held.one.waits:
        return "SUCCESS"
    return child.run.status.upper() if child else "CREATED"


def _child(asked: Asked, held: Held) -> Held | None:
    where = getattr(held.one, "downstream", None)
    if where is None:
        return None
    place = asked.state.projects[where[0]]
    return Held(place, place.pipelines[where[1]])


def _downstream(asked: Asked, held: Held, given: dict[str, Any]) -> list[Held]:
    children = (_child(asked, Held(held.place, held.run, one)) for one in held.run.bridges)
    return [one for one in children if one]


def _upstream(asked: Asked, held: Held, given: dict[str, Any]) -> Held | None:
    cause = held.run.started_by
    if cause is None:
        return None
    place = asked.state.projects[cause.project_id]
    return Held(place, place.pipelines[cause.pipeline_id])


def _stages(asked: Asked, held: Held, given: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(one.stage for one in (*held.run.jobs, *held.run.bridges)))


def _job_path(asked: Asked, held: Held, given: dict[str, Any]) -> str | None:
    """A trigger job has no page of its own."""
    if isinstance(held.one, Bridge):
        return None
    return f"/{held.place.path}/-/jobs/{held.one.id}"


def _failure(asked: Asked, held: Held, given: dict[str, Any]) -> str | None:
    return getattr(held.one, "failure_reason", None)


def _of_run(name: str) -> Resolve:
    return lambda asked, held, given: getattr(held.run, name)


def _of_job(name: str) -> Resolve:
    return lambda asked, held, given: getattr(held.one, name, None)


def _time(get: Resolve) -> Resolve:
    return lambda asked, held, given: plain_time(get(asked, held, given))


TYPES: dict[str, dict[str, Spec]] = {
    "Query": {"project": Spec("Project", _project, {"fullPath": "ID!"}, searches=True)}
    | graphql_types.QUERY,
    "Project": {
        "id": Spec("ID", lambda a, p, g: gid("Project", p.id)),
        "name": Spec("String", lambda a, p, g: p.name),
        "fullPath": Spec("ID", lambda a, p, g: p.path),
        "webUrl": Spec("String", lambda a, p, g: project_url(a.state, p)),
    }
    | _of_code(
        graphql_requests.PROJECT
        | {
            "pipeline": Spec(
                "Pipeline", _pipeline, {"iid": "ID", "id": "CiPipelineID", "sha": "String"}
            )
        }
    )
    | graphql_types.PROJECT,
    **graphql_requests.TYPES,
    **graphql_types.TYPES,
    **graphql_mutations.TYPES,
    "Pipeline": {
        "id": Spec("ID", lambda a, h, g: gid("Ci::Pipeline", h.run.id)),
        "iid": Spec("String", lambda a, h, g: str(h.run.iid)),
        "name": Spec("String", _of_run("name")),
        "ref": Spec("String", _of_run("ref")),
        "sha": Spec("String", _of_run("sha")),
        "source": Spec("String", _of_run("source")),
        "status": Spec("PipelineStatusEnum", lambda a, h, g: h.run.status.upper()),
        "detailedStatus": Spec("DetailedStatus", lambda a, h, g: h),
        "path": Spec("String", lambda a, h, g: f"/{h.place.path}/-/pipelines/{h.run.id}"),
        "duration": Spec("Int", lambda a, h, g: shown.seconds(h.run)),
        "createdAt": Spec("Time", _time(_of_run("created_at"))),
        "updatedAt": Spec("Time", _time(_of_run("updated_at"))),
        "startedAt": Spec("Time", _time(_of_run("started_at"))),
        "finishedAt": Spec("Time", _time(_of_run("finished_at"))),
        "project": Spec("Project", lambda a, h, g: h.place),
        "stages": Spec("CiStageConnection", _stages, PAGE),
        "jobs": Spec(
            "CiJobConnection",
            _jobs,
            PAGE | {"retried": "Boolean", "statuses": "[CiJobStatus!]", "jobKind": "CiJobKind"},
            searches=True,
        ),
        "downstream": Spec("PipelineConnection", _downstream, PAGE),
        "upstream": Spec("Pipeline", _upstream),
    },
    "DetailedStatus": {
        "text": Spec("String", lambda a, h, g: ci_status.detailed(h.run).capitalize()),
        "label": Spec("String", lambda a, h, g: ci_status.detailed(h.run)),
        "group": Spec("String", lambda a, h, g: h.run.status),
    },
    "CiStage": {"name": Spec("String", lambda a, name, g: name)},
    "CiJob": {
        "id": Spec("JobID", lambda a, h, g: gid(f"Ci::{_kind(h).title()}", h.one.id)),
        "name": Spec("String", _of_job("name")),
        "kind": Spec("CiJobKind", lambda a, h, g: _kind(h)),
        "status": Spec("CiJobStatus", lambda a, h, g: _status(a, h)),
        "stage": Spec("CiStage", _of_job("stage")),
        "allowFailure": Spec("Boolean", _of_job("allow_failure")),
        "retried": Spec("Boolean", lambda a, h, g: _retried(h)),
        "manualJob": Spec("Boolean", lambda a, h, g: bool(getattr(h.one, "manual", False))),
        "webPath": Spec("String", _job_path),
        "failureMessage": Spec("String", _failure),
        "createdAt": Spec("Time", _time(_of_job("created_at"))),
        "startedAt": Spec("Time", _time(_of_job("started_at"))),
        "finishedAt": Spec("Time", _time(_of_job("finished_at"))),
        "downstreamPipeline": Spec("Pipeline", lambda a, h, g: _child(a, h)),
        "pipeline": Spec("Pipeline", lambda a, h, g: Held(h.place, h.run)),
    },
    "PageInfo": {
        "hasNextPage": Spec("Boolean", lambda a, p, g: p[1]),
        "endCursor": Spec("String", lambda a, p, g: p[0]),
    },
}
