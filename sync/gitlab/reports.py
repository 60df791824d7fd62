"""Reports of CI jobs: checked when they come, and read as the same events that hooks bring. Pure.

Who and what a report is about is taken from the job's token, never from the report itself. What it
tells of a merge request is the oldest account there is: it counts until GitLab tells better.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync.core.deployments import Deployment, DeploymentStatus, tier_of
from sync.core.events import (
    CodeEvent,
    DeploymentHeard,
    MergeRequestHeard,
    PipelineHeard,
    Unrecognised,
)
from sync.core.items import Push
from sync.core.model import MergeRequest, MergeRequestState, Person, Pipeline, Project
from sync.gitlab.id_tokens import Claims
from sync.gitlab.payloads import status
from sync.gitlab.reading import link, text

EVENT = "CI Report"
MOST_PROBLEMS = 20
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_NAMES = {"mention": "See B24-{id}", "move": "B24-{id}", "close": "Closes B24-{id}"}

Short = Annotated[str, Field(max_length=1024)]
Address = Annotated[str, Field(max_length=4096)]
Number = Annotated[int, Field(ge=0, lt=2**63)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ReportedRequest(_Part):
    iid: Number
    title: Short
    url: Address
    state: Literal["opened", "locked", "merged", "closed"]
    draft: bool = False
    source_branch: Short = ""
    target_branch: Short = ""
    author: Short = ""
    description: Literal[""] = ""


class ReportedJob(_Part):
    id: Number
    name: Short
    status: Literal["failed"]
    url: Address = ""
    allow_failure: Literal[False] = False


class ReportedDeployment(_Part):
    environment: Annotated[str, Field(min_length=1, max_length=255)]
    status: Literal["success", "failed", "canceled", "running", "blocked", "unknown"]
    tier: Literal["", "production", "staging", "testing", "development", "other"] = ""
    url: Address = ""


class ReportedTask(_Part):
    id: Annotated[int, Field(ge=1, lt=2**31)]
    kind: Literal["mention", "move", "close"]
    merge_request: Number


class Report(_Part):
    version: Literal[1]
    mode: Literal["report", "deployment", "merge-request"]
    server_url: Address
    project_id: Number
    project_path: Short
    project_url: Address
    pipeline_id: Number
    pipeline_url: Address
    pipeline_source: Short
    status: Literal["running", "success", "failed", "canceled", "skipped", "manual", "unknown"]
    ref: Short
    tag: bool
    sha: Short
    job_id: Number
    job_url: Address
    author: Short
    author_name: Short
    merge_requests: Annotated[list[ReportedRequest], Field(max_length=100)]
    failed_jobs: Annotated[list[ReportedJob], Field(max_length=20)]
    deployments: Annotated[list[ReportedDeployment], Field(max_length=100)]
    tasks: Annotated[list[ReportedTask], Field(max_length=40)]
    refused: Annotated[list[Address], Field(max_length=100)]


class Body(BaseModel):
    """`settings`: of the component; the portal's own settings stand above them here."""

    model_config = ConfigDict(strict=True)

    report: Report
    settings: dict[str, Any]


class Unacceptable(Exception):
    """The report cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def checked(raw: bytes, claims: Claims) -> Report:
    """The report in a request's body, which agrees with its token. Raises Unacceptable."""
    try:
        report = Body.model_validate_json(raw).report
    except ValidationError as error:
        raise Unacceptable(_problems(error)) from None
    own = {"project_id": claims.project_id, "pipeline_id": claims.pipeline_id}
    wrong = [name for name, value in own.items() if getattr(report, name) != value]
    if wrong:
        raise Unacceptable([f"report.{name}: is not what the ID token says" for name in wrong])
    return report


def stored(report: Report, claims: Claims) -> bytes:
    """What is kept of an accepted report until it is read."""
    told = {name: getattr(claims, name) for name in Claims.__dataclass_fields__}
    told["issued_at"] = claims.issued_at.isoformat()
    return json.dumps({"claims": told, "report": report.model_dump(mode="json")}).encode()


def heard(raw: bytes, connection_id: int) -> tuple[CodeEvent, ...]:
    """What a kept report says. Never raises."""
    try:
        kept = json.loads(raw)
        told = kept["claims"]
        claims = Claims(**{**told, "issued_at": datetime.fromisoformat(told["issued_at"])})
        report = Report.model_validate(kept["report"])
    except (ValueError, KeyError, TypeError):
        return (Unrecognised(EVENT, "the report is not one that was accepted here"),)
    url = f"{claims.issuer}/{claims.project_path}"
    project = Project(
        connection_id,
        claims.project_id,
        claims.project_path,
        url,
        claims.project_path.split("/")[-1],
    )
    events: list[CodeEvent] = [_request(project, one, report) for one in report.merge_requests]
    events += _pushed(project, claims)
    events += _pipeline(project, report, claims)
    events += _deployments(project, report, claims)
    return tuple(events) or (Unrecognised(EVENT, "the report tells of nothing"),)


def _request(project: Project, one: ReportedRequest, report: Report) -> MergeRequestHeard:
    """Its tasks stand in the place of the description, which is never sent."""
    named = [task for task in report.tasks if task.merge_request == one.iid]
    request = MergeRequest(
        project=project,
        iid=one.iid,
        title=text(one.title),
        description="\n\n".join(_NAMES[task.kind].format(id=task.id) for task in named),
        url=f"{project.url}/-/merge_requests/{one.iid}",
        state=MergeRequestState(one.state),
        draft=one.draft,
        source_branch=text(one.source_branch),
        target_branch=text(one.target_branch),
        author=None,
        updated_at=_LONG_AGO,
    )
    return MergeRequestHeard(request, action="", actor=None)


def _pushed(project: Project, claims: Claims) -> list[Push]:
    """The branch, which may name tasks."""
    if claims.ref_type != "branch" or claims.pipeline_source == "merge_request_event":
        return []
    return [Push(project, claims.ref, (), None, claims.sha)]


def _pipeline(project: Project, report: Report, claims: Claims) -> list[PipelineHeard]:
    if report.status == "unknown":
        return []
    of_request = claims.pipeline_source == "merge_request_event" and report.merge_requests
    return [
        PipelineHeard(
            Pipeline(
                project=project,
                id=claims.pipeline_id,
                status=status(report.status),
                ref=claims.ref,
                sha=claims.sha,
                url=f"{project.url}/-/pipelines/{claims.pipeline_id}",
                updated_at=claims.issued_at,
                source=claims.pipeline_source,
                merge_request_iid=report.merge_requests[0].iid if of_request else None,
                actor=_actor(report, claims),
            )
        )
    ]


def _deployments(project: Project, report: Report, claims: Claims) -> list[DeploymentHeard]:
    """A job does not know the deployment's number: that of its pipeline, negative, stands in."""
    carries = tuple(one.iid for one in report.merge_requests)
    return [
        DeploymentHeard(
            Deployment(
                project=project,
                id=-claims.pipeline_id,
                environment=text(one.environment),
                tier=tier_of(one.tier, one.environment),
                status=DeploymentStatus(one.status),
                sha=claims.sha,
                ref=claims.ref,
                updated_at=claims.issued_at,
                url=link(one.url),
                actor=_actor(report, claims),
            ),
            carries,
        )
        for one in report.deployments
        if one.status != "unknown"
    ]


def _actor(report: Report, claims: Claims) -> Person | None:
    """Who started the pipeline; the name is the report's word."""
    if not claims.user_id or not claims.user_login:
        return None
    name = text(report.author_name) if report.author == claims.user_login else ""
    return Person(claims.user_id, claims.user_login, name)


def _problems(error: ValidationError) -> list[str]:
    """Where and what, without the values: they may be anything."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    said = [".".join(map(str, one["loc"])) + ": " + one["msg"] for one in found[:MOST_PROBLEMS]]
    return [*said, f"and {len(found) - MOST_PROBLEMS} more"] if len(found) > len(said) else said
