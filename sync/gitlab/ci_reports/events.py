"""Reports of CI jobs as the events that hooks bring, and the tasks that they name. Pure.

Who and what a report is about is taken from the job's token, never from the report itself. What it
tells of a merge request is the oldest account there is: it counts until GitLab tells better.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sync.core.deployments.environments import Deployment, DeploymentStatus, tier_of
from sync.core.model.activity import Push
from sync.core.model.common import (
    Commit,
    LinkKind,
    MergeRequest,
    MergeRequestState,
    Person,
    Pipeline,
    Project,
    Reference,
)
from sync.core.model.events import (
    CodeEvent,
    DeploymentEvent,
    MergeRequestEvent,
    PipelineEvent,
    UnrecognisedEvent,
)
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.gitlab.ci_reports.form import Report, ReportedCommit, ReportedMergeRequest
from sync.gitlab.ci_reports.id_tokens import Claims
from sync.gitlab.json_fields import text, web_url
from sync.gitlab.webhooks.merge_requests import pipeline_status

EVENT = "CI Report"
MAX_TASKS = 40  # that a job is told of
_UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def encode_report(report: Report, claims: Claims) -> bytes:
    """What is kept of an accepted report until it is read."""
    told = {name: getattr(claims, name) for name in Claims.__dataclass_fields__}
    told["issued_at"] = claims.issued_at.isoformat()
    return json.dumps({"claims": told, "report": report.model_dump(mode="json")}).encode()


def parse_events(raw: bytes, connection_id: int) -> tuple[CodeEvent, ...]:
    """What a kept report says. Never raises."""
    try:
        kept = json.loads(raw)
        told = kept["claims"]
        claims = Claims(**{**told, "issued_at": datetime.fromisoformat(told["issued_at"])})
        report = Report.model_validate(kept["report"])
    except (ValueError, KeyError, TypeError):
        return (UnrecognisedEvent(EVENT, "the report is not one that was accepted here"),)
    project = _report_project(report, claims, connection_id)
    events: list[CodeEvent] = [_merge_request_event(project, one) for one in report.merge_requests]
    events += _push_events(project, report, claims)
    events += _pipeline_events(project, report, claims)
    events += _deployment_events(project, report, claims)
    return tuple(events) or (UnrecognisedEvent(EVENT, "the report tells of nothing"),)


def named_task_ids(report: Report, claims: Claims, rules: ReferenceRules) -> tuple[int, ...]:
    """The tasks that the report's texts name, by a portal's own rules, in order of appearance.

    A commit that only mentions a task tells it nothing.
    """
    found: list[Reference] = []
    for one in report.merge_requests:
        found += references_find.find_references(one.source_branch, "branch", rules)
        found += references_find.find_references(one.title, "title", rules)
        found += references_find.find_references(one.description, "description", rules)
    if claims.ref_type == "branch" and claims.ref != report.default_branch:
        found += references_find.find_references(claims.ref, "branch", rules)
    for commit in _pipeline_commits(report, claims):
        mentioned = references_find.find_references(commit.message, "commit", rules)
        found += [one for one in mentioned if one.kind is not LinkKind.MENTION]
    return tuple(references_find.strongest_references(found))[:MAX_TASKS]


def _report_project(report: Report, claims: Claims, connection_id: int) -> Project:
    """Its title and default branch are the report's word."""
    url = f"{claims.issuer}/{claims.project_path}"
    title = text(report.project_title) or claims.project_path.split("/")[-1]
    branch = text(report.default_branch)
    return Project(connection_id, claims.project_id, claims.project_path, url, title, branch)


def _merge_request_event(project: Project, one: ReportedMergeRequest) -> MergeRequestEvent:
    request = MergeRequest(
        project=project,
        iid=one.iid,
        title=text(one.title),
        description=text(one.description),
        url=f"{project.url}/-/merge_requests/{one.iid}",
        state=MergeRequestState(one.state),
        draft=one.draft,
        source_branch=text(one.source_branch),
        target_branch=text(one.target_branch),
        author=None,
        updated_at=_UNKNOWN_TIME,
    )
    return MergeRequestEvent(request, action="", actor=None)


def _push_events(project: Project, report: Report, claims: Claims) -> list[Push]:
    """The branch and its commits, which may name tasks. Who wrote them is not told."""
    if claims.ref_type != "branch":
        return []
    commits = tuple(
        Commit(one.sha, text(one.message), "", None, f"{project.url}/-/commit/{one.sha}")
        for one in _pipeline_commits(report, claims)
    )
    return [Push(project, claims.ref, commits, None, claims.sha)]


def _pipeline_commits(report: Report, claims: Claims) -> list[ReportedCommit]:
    """Those the pipeline speaks for. A deployment's others have had pipelines of their own."""
    if report.mode != "deployment":
        return report.commits
    return [one for one in report.commits if one.sha == claims.sha]


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
    carries = tuple(one.iid for one in report.merge_requests)
    return [
        DeploymentEvent(
            Deployment(
                project=project,
                id=-claims.pipeline_id,
                environment=text(one.environment),
                tier=tier_of(one.tier, one.environment),
                status=DeploymentStatus(one.status),
                sha=claims.sha,
                ref=claims.ref,
                updated_at=claims.issued_at,
                url=web_url(one.url),
                actor=_pipeline_actor(report, claims),
            ),
            carries,
        )
        for one in report.deployments
        if one.status != "unknown"
    ]


def _pipeline_actor(report: Report, claims: Claims) -> Person | None:
    """Who started the pipeline; the name is the report's word."""
    if not claims.user_id or not claims.user_login:
        return None
    name = text(report.author_name) if report.author == claims.user_login else ""
    return Person(claims.user_id, claims.user_login, name)
