"""Reports of CI jobs as the events that hooks bring, and the tasks that they name. Pure.

Who and what a report is about is taken from the job's token, never from the report itself. What it
tells of a merge request is the oldest account there is: it counts until GitLab tells better.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sync.core.model.activity import Push
from sync.core.model.common import Commit, Person, Project
from sync.core.model.deployments import Deployment, DeploymentStatus, tier_of
from sync.core.model.events import (
    CodeEvent,
    DeploymentEvent,
    MergeRequestEvent,
    PipelineEvent,
    UnrecognisedEvent,
)
from sync.core.model.merge_requests import MergeRequest, MergeRequestState
from sync.core.model.pipelines import Pipeline
from sync.core.model.tasks import LinkKind, Reference
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.gitlab.ci_reports.form import Report, ReportedCommit, ReportedMergeRequest
from sync.gitlab.ci_reports.id_tokens import Claims
from sync.gitlab.json_fields import text, web_url
from sync.gitlab.webhooks.pipelines import pipeline_status

EVENT = "CI Report"
MAX_TASKS = 40  # that a job is told of
_UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def encode_report(report: Report, claims: Claims) -> bytes:
    """What is kept of an accepted report until it is read."""
    claim_values = {name: getattr(claims, name) for name in Claims.__dataclass_fields__}
    claim_values["issued_at"] = claims.issued_at.isoformat()
    return json.dumps({"claims": claim_values, "report": report.model_dump(mode="json")}).encode()


def parse_events(raw: bytes, connection_id: int) -> tuple[CodeEvent, ...]:
    """What a kept report says. Never raises."""
    try:
        kept = json.loads(raw)
        claim_values = kept["claims"]
        claims = Claims(
            **{**claim_values, "issued_at": datetime.fromisoformat(claim_values["issued_at"])}
        )
        report = Report.model_validate(kept["report"])
    except (ValueError, KeyError, TypeError):
        return (UnrecognisedEvent(EVENT, "the report is not one that was accepted here"),)
    project = _report_project(report, claims, connection_id)
    events: list[CodeEvent] = [
        _merge_request_event(project, reported_merge_request)
        for reported_merge_request in report.merge_requests
    ]
    events += _push_events(project, report, claims)
    events += _pipeline_events(project, report, claims)
    events += _deployment_events(project, report, claims)
    return tuple(events) or (UnrecognisedEvent(EVENT, "the report tells of nothing"),)


def named_task_ids(report: Report, claims: Claims, rules: ReferenceRules) -> tuple[int, ...]:
    """The tasks that the report's texts name, by a portal's own rules, in order of appearance.

    A commit that only mentions a task tells it nothing.
    """
    references: list[Reference] = []
    for reported_merge_request in report.merge_requests:
        references += references_find.find_references(
            reported_merge_request.source_branch, "branch", rules
        )
        references += references_find.find_references(reported_merge_request.title, "title", rules)
        references += references_find.find_references(
            reported_merge_request.description, "description", rules
        )
    if claims.ref_type == "branch" and claims.ref != report.default_branch:
        references += references_find.find_references(claims.ref, "branch", rules)
    for commit in _pipeline_commits(report, claims):
        mentioned = references_find.find_references(commit.message, "commit", rules)
        references += [
            reference for reference in mentioned if reference.kind is not LinkKind.MENTION
        ]
    return tuple(references_find.strongest_references(references))[:MAX_TASKS]


def _report_project(report: Report, claims: Claims, connection_id: int) -> Project:
    """Its title and default branch are the report's word."""
    url = f"{claims.issuer}/{claims.project_path}"
    title = text(report.project_title) or claims.project_path.split("/")[-1]
    branch = text(report.default_branch)
    return Project(connection_id, claims.project_id, claims.project_path, url, title, branch)


def _merge_request_event(
    project: Project, reported_merge_request: ReportedMergeRequest
) -> MergeRequestEvent:
    request = MergeRequest(
        project=project,
        iid=reported_merge_request.iid,
        title=text(reported_merge_request.title),
        description=text(reported_merge_request.description),
        url=f"{project.url}/-/merge_requests/{reported_merge_request.iid}",
        state=MergeRequestState(reported_merge_request.state),
        draft=reported_merge_request.draft,
        source_branch=text(reported_merge_request.source_branch),
        target_branch=text(reported_merge_request.target_branch),
        author=None,
        updated_at=_UNKNOWN_TIME,
    )
    return MergeRequestEvent(request, action="", actor=None)


def _push_events(project: Project, report: Report, claims: Claims) -> list[Push]:
    """The branch and its commits, which may name tasks. Who wrote them is not told."""
    if claims.ref_type != "branch":
        return []
    commits = tuple(
        Commit(
            reported_commit.sha,
            text(reported_commit.message),
            "",
            None,
            f"{project.url}/-/commit/{reported_commit.sha}",
        )
        for reported_commit in _pipeline_commits(report, claims)
    )
    return [Push(project, claims.ref, commits, None, claims.sha)]


def _pipeline_commits(report: Report, claims: Claims) -> list[ReportedCommit]:
    """Those the pipeline speaks for. A deployment's others have had pipelines of their own."""
    if report.mode != "deployment":
        return report.commits
    return [
        reported_commit for reported_commit in report.commits if reported_commit.sha == claims.sha
    ]


def _pipeline_events(project: Project, report: Report, claims: Claims) -> list[PipelineEvent]:
    if report.status in ("", "unknown"):
        return []
    of_request = claims.pipeline_source == "merge_request_event" and report.merge_requests
    return [
        PipelineEvent(
            Pipeline(
                project=project,
                id=claims.pipeline_id,
                status=pipeline_status(report.status),
                ref=claims.ref,
                sha=claims.sha,
                url=f"{project.url}/-/pipelines/{claims.pipeline_id}",
                updated_at=claims.issued_at,
                source=claims.pipeline_source,
                merge_request_iid=report.merge_requests[0].iid if of_request else None,
                tag=claims.ref_type == "tag",
                actor=_pipeline_actor(report, claims),
            )
        )
    ]


def _deployment_events(project: Project, report: Report, claims: Claims) -> list[DeploymentEvent]:
    """A job does not know the deployment's number: that of its pipeline, negative, stands in."""
    carries = tuple(reported_merge_request.iid for reported_merge_request in report.merge_requests)
    return [
        DeploymentEvent(
            Deployment(
                project=project,
                id=-claims.pipeline_id,
                environment=text(reported_deployment.environment),
                tier=tier_of(reported_deployment.tier, reported_deployment.environment),
                status=DeploymentStatus(reported_deployment.status),
                sha=claims.sha,
                ref=claims.ref,
                updated_at=claims.issued_at,
                url=web_url(reported_deployment.url),
                actor=_pipeline_actor(report, claims),
            ),
            carries,
        )
        for reported_deployment in report.deployments
        if reported_deployment.status != "unknown"
    ]


def _pipeline_actor(report: Report, claims: Claims) -> Person | None:
    """Who started the pipeline; the name is the report's word."""
    if not claims.user_id or not claims.user_login:
        return None
    name = text(report.author_name) if report.author == claims.user_login else ""
    return Person(claims.user_id, claims.user_login, name)
