"""Reports of CI jobs as events like those of webhooks, and the tasks they name. Pure.

Project, pipeline and user are taken from the job's token, never from the report. What a report says
of a merge request counts only until GitLab says something newer: its date is unknown.
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
from sync.core.model.pipelines import DANGLING_SOURCES, Pipeline
from sync.core.model.tasks import Reference
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.gitlab.ci_reports.form import Report, ReportedCommit, ReportedMergeRequest
from sync.gitlab.ci_reports.id_tokens import Claims
from sync.gitlab.json_fields import text, web_url
from sync.gitlab.webhooks.pipelines import pipeline_status
from sync.gitlab.webhooks.verify import CI_REPORT

EVENT = CI_REPORT
MAX_TASKS = 40  # in the answer to a job
_UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def encode_report(report: Report, claims: Claims) -> bytes:
    """Encode an accepted report with its token's claims, to be stored as a delivery."""
    claim_values = {name: getattr(claims, name) for name in Claims.__dataclass_fields__}
    claim_values["issued_at"] = claims.issued_at.isoformat()
    return json.dumps({"claims": claim_values, "report": report.model_dump(mode="json")}).encode()


def parse_events(raw: bytes, connection_id: int) -> tuple[CodeEvent, ...]:
    """Return the events of a stored report; UnrecognisedEvent for bytes that are none."""
    try:
        kept = json.loads(raw)
        claim_values = kept["claims"]
        claims = Claims(
            **{**claim_values, "issued_at": datetime.fromisoformat(claim_values["issued_at"])}
        )
        report = Report.model_validate(kept["report"])
    except (ValueError, RecursionError, KeyError, TypeError):
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
    """Return the ids of the tasks that a report's texts name, in order of appearance.

    `rules` are those of one portal. Mentions in commits do not count.
    """
    references: list[Reference] = []
    for reported_merge_request in report.merge_requests:
        references += references_find.find_references(
            reported_merge_request.source_branch, "branch", rules
        )
        title = reported_merge_request.title
        references += references_find.find_references(title, "title", rules)
        references += references_find.find_references(
            reported_merge_request.description, "description", rules, title
        )
    if claims.ref_type == "branch" and claims.ref != report.default_branch:
        references += references_find.find_references(claims.ref, "branch", rules)
    for commit in _pipeline_commits(report, claims):
        mentioned = references_find.find_references(commit.message, "commit", rules)
        references += [reference for reference in mentioned if reference.kind.is_work]
    return tuple(references_find.strongest_references(references))[:MAX_TASKS]


def _report_project(report: Report, claims: Claims, connection_id: int) -> Project:
    """Build the project; only its title and default branch are taken from the report."""
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
    """Build a push of the branch with its commits, which may name tasks; authors are unknown."""
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
    """Return the commits of this pipeline: of a deployment only its own, others had pipelines."""
    if report.mode != "deployment":
        return report.commits
    return [
        reported_commit for reported_commit in report.commits if reported_commit.sha == claims.sha
    ]


def _pipeline_events(project: Project, report: Report, claims: Claims) -> list[PipelineEvent]:
    if report.status in ("", "unknown") or claims.pipeline_source in DANGLING_SOURCES:
        return []  # a child's result is its parent's
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
    """Build the deployments. A job knows no deployment id: minus the pipeline's stands in."""
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
    """Return the user who started the pipeline; the display name is taken from the report."""
    if not claims.user_id or not claims.user_login:
        return None
    name = text(report.author_name) if report.author == claims.user_login else ""
    return Person(claims.user_id, claims.user_login, name)
