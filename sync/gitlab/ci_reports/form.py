"""What a CI job posts, checked field by field and against its token. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync.gitlab.ci_reports.facts import Facts, notes, nothing, report_of
from sync.gitlab.ci_reports.id_tokens import Claims

MOST_PROBLEMS = 20

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
    description: Annotated[str, Field(max_length=10_000)] = ""


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


class ReportedCommit(_Part):
    sha: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
    message: Annotated[str, Field(max_length=10_000)]


class Report(_Part):
    version: Literal[1]
    mode: Literal["report", "deployment", "merge-request"]
    server_url: Address
    project_id: Number
    project_path: Short
    project_title: Short
    project_url: Address
    default_branch: Short
    pipeline_id: Number
    pipeline_url: Address
    pipeline_source: Short
    status: Literal["", "running", "success", "failed", "canceled", "skipped", "manual", "unknown"]
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
    commits: Annotated[list[ReportedCommit], Field(max_length=200)]
    refused: Annotated[list[Address], Field(max_length=100)]


class Body(_Part):
    """The component sends facts; whoever has a whole report may send that."""

    report: Report | None = None
    facts: Facts | None = None


class Accepted(NamedTuple):
    """`nothing`: why there is nothing to report, or "". `notes`: for the job's log."""

    report: Report
    nothing: str = ""
    notes: tuple[str, ...] = ()


class Unacceptable(Exception):
    """The report cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def checked(raw: bytes, claims: Claims) -> Accepted:
    """Return the report in a request's body, which agrees with its token. Raises Unacceptable."""
    try:
        body = Body.model_validate_json(raw)
        accepted = _accepted(body)
    except ValidationError as error:
        raise Unacceptable(_problems(error)) from None
    own = {"project_id": claims.project_id, "pipeline_id": claims.pipeline_id}
    wrong = [name for name, value in own.items() if getattr(accepted.report, name) != value]
    if wrong:
        raise Unacceptable([f"report.{name}: is not what the ID token says" for name in wrong])
    return accepted


def _accepted(body: Body) -> Accepted:
    if body.facts is None:
        if body.report is None:
            raise Unacceptable(["facts: Field required"])
        return Accepted(body.report)
    made = report_of(body.facts)
    report = Report.model_validate(made)
    return Accepted(report, nothing(body.facts, made), tuple(notes(body.facts)))


def _problems(error: ValidationError) -> list[str]:
    """Where and what, without the values: they may be anything."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    said = [".".join(map(str, one["loc"])) + ": " + one["msg"] for one in found[:MOST_PROBLEMS]]
    return [*said, f"and {len(found) - MOST_PROBLEMS} more"] if len(found) > len(said) else said
