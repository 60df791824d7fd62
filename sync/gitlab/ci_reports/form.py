"""The body that a CI job posts, checked field by field and against its token. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync.gitlab.ci_reports.facts import Facts
from sync.gitlab.ci_reports.id_tokens import Claims
from sync.gitlab.ci_reports.report import notes, nothing, report_of

MAX_PROBLEMS = 20

ShortText = Annotated[str, Field(max_length=1024)]
UrlText = Annotated[str, Field(max_length=4096)]
PositiveInt = Annotated[int, Field(ge=0, lt=2**63)]


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ReportedMergeRequest(_StrictModel):
    """A merge request as the job describes it."""

    iid: PositiveInt
    title: ShortText
    url: UrlText
    state: Literal["opened", "locked", "merged", "closed"]
    draft: bool = False
    source_branch: ShortText = ""
    target_branch: ShortText = ""
    author: ShortText = ""
    description: Annotated[str, Field(max_length=10_000)] = ""


class ReportedJob(_StrictModel):
    """A failed job of the pipeline."""

    id: PositiveInt
    name: ShortText
    status: Literal["failed"]
    url: UrlText = ""
    allow_failure: Literal[False] = False


class ReportedDeployment(_StrictModel):
    """A deployment of the job to an environment."""

    environment: Annotated[str, Field(min_length=1, max_length=255)]
    status: Literal["success", "failed", "canceled", "running", "blocked", "unknown"]
    tier: Literal["", "production", "staging", "testing", "development", "other"] = ""
    url: UrlText = ""


class ReportedCommit(_StrictModel):
    """A commit that the pipeline or deployment includes."""

    sha: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
    message: Annotated[str, Field(max_length=10_000)]


class Report(_StrictModel):
    """What a job reports of its pipeline, in the form that the CI component sends.

    `refused`: the reads that GitLab refused to the job, in words.
    """

    version: Literal[1]
    mode: Literal["report", "deployment", "merge-request"]
    server_url: UrlText
    project_id: PositiveInt
    project_path: ShortText
    project_title: ShortText
    project_url: UrlText
    default_branch: ShortText
    pipeline_id: PositiveInt
    pipeline_url: UrlText
    pipeline_source: ShortText
    status: Literal["", "running", "success", "failed", "canceled", "skipped", "manual", "unknown"]
    ref: ShortText
    tag: bool
    sha: ShortText
    job_id: PositiveInt
    job_url: UrlText
    author: ShortText
    author_name: ShortText
    merge_requests: Annotated[list[ReportedMergeRequest], Field(max_length=100)]
    failed_jobs: Annotated[list[ReportedJob], Field(max_length=20)]
    deployments: Annotated[list[ReportedDeployment], Field(max_length=100)]
    commits: Annotated[list[ReportedCommit], Field(max_length=200)]
    refused: Annotated[list[UrlText], Field(max_length=100)]


class ReportBody(_StrictModel):
    """The component sends facts; whoever has a whole report may send that."""

    report: Report | None = None
    facts: Facts | None = None


class AcceptedReport(NamedTuple):
    """`nothing`: why there is nothing to report, or "". `notes`: for the job's log."""

    report: Report
    nothing: str = ""
    notes: tuple[str, ...] = ()


class InvalidReport(Exception):
    """The report cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def parse_report(raw: bytes, claims: Claims) -> AcceptedReport:
    """Return the report of a request's body, which agrees with its token. Raises InvalidReport."""
    try:
        accepted = _accept(ReportBody.model_validate_json(raw))
    except ValidationError as error:
        raise InvalidReport(_problems(error)) from None
    own = {"project_id": claims.project_id, "pipeline_id": claims.pipeline_id}
    wrong = [name for name, value in own.items() if getattr(accepted.report, name) != value]
    if wrong:
        raise InvalidReport([f"report.{name}: is not what the ID token says" for name in wrong])
    return accepted


def _accept(body: ReportBody) -> AcceptedReport:
    if body.facts is None:
        if body.report is None:
            raise InvalidReport(["facts: Field required"])
        return AcceptedReport(body.report)
    report_fields = report_of(body.facts)
    report = Report.model_validate(report_fields)
    return AcceptedReport(report, nothing(body.facts, report_fields), tuple(notes(body.facts)))


def _problems(error: ValidationError) -> list[str]:
    """List where and what, without the values, which may be anything."""
    details = error.errors(include_input=False, include_url=False, include_context=False)
    lines = [
        ".".join(map(str, error_row["loc"])) + ": " + error_row["msg"]
        for error_row in details[:MAX_PROBLEMS]
    ]
    return (
        [*lines, f"and {len(details) - MAX_PROBLEMS} more"] if len(details) > len(lines) else lines
    )
