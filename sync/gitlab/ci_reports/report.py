"""The report that the facts of a job make, and what its log says of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from sync.gitlab.ci_reports.deployments import list_deployments, no_deployment, rows_of_pipeline
from sync.gitlab.ci_reports.facts import Facts, Row, number_of, text_of
from sync.gitlab.ci_reports.jobs import pipeline_status

MOST_TEXT = 5_000  # characters, what the job sends of one
MOST_FAILED_JOBS = 20
# Inputs that the app's own settings replace, and their defaults.
_OF_THE_APP = {
    "TASK_PREFIX": "B24",
    "LANGUAGE": "en",
    "FIELD": "UF_CI_STATUS",
    "CHAT": "-",
    "CHAT_WHEN": "failed",
    "TELL_AUTHOR": "true",
    "NOTIFY_SOURCES": (
        "push, merge_request_event, web, webide, api, trigger, pipeline, parent_pipeline, chat"
    ),
    "ON_OPEN": "start",
    "ON_MERGE": "complete",
    "STAGE_OPEN": "-",
    "STAGE_MERGE": "-",
    "TOKEN_VARIABLE": "B24_GITLAB_TOKEN",  # the app reads commits by its own connection
}
_NAMES = {
    "jobs": "the jobs of the pipeline",
    "merge_requests": "the merge requests",
    "deployments": "deployments",
}


def report_of(facts: Facts) -> dict[str, Any]:
    """Return the report in the form that `form.Report` checks."""
    keys = facts.chosen("REPORT")
    get = facts.variable
    return {
        "version": 1,
        "mode": facts.mode,
        "server_url": get("CI_SERVER_URL"),
        "project_id": number_of(get("CI_PROJECT_ID")),
        "project_path": get("CI_PROJECT_PATH"),
        "project_title": get("CI_PROJECT_TITLE"),
        "project_url": get("CI_PROJECT_URL"),
        "default_branch": get("CI_DEFAULT_BRANCH"),
        "pipeline_id": facts.pipeline_id,
        "pipeline_url": get("CI_PIPELINE_URL"),
        "pipeline_source": get("CI_PIPELINE_SOURCE"),
        "status": _status(facts),
        "ref": facts.ref,
        "tag": bool(get("CI_COMMIT_TAG")),
        "sha": get("CI_COMMIT_SHA"),
        "job_id": number_of(get("CI_JOB_ID")),
        "job_url": get("CI_JOB_URL"),
        "author": get("GITLAB_USER_LOGIN"),
        "author_name": get("GITLAB_USER_NAME"),
        "merge_requests": _requests(facts) if not keys or "merge-request" in keys else [],
        "failed_jobs": _failed_jobs(facts),
        "deployments": list_deployments(facts),
        "commits": [{"sha": get("CI_COMMIT_SHA"), "message": get("CI_COMMIT_MESSAGE")}],
        "refused": [f"GitLab does not tell {subject}" for subject in _refused(facts)],
    }


def nothing(facts: Facts, report: Mapping[str, Any]) -> str:
    """Return why there is nothing to report, "" where there is."""
    if not any(fnmatchcase(facts.ref, ref) for ref in facts.chosen("REFS") or ("*",)):
        return "this ref is not among the input refs"
    if facts.mode == "deployment":
        if reason := no_deployment(facts):
            return reason
        return "" if report["deployments"] else "this pipeline has no deployment of the input tiers"
    status, keys = report["status"], facts.chosen("STATUSES")
    if keys and status not in ("", "running", "unknown") and status not in keys:
        return f"the status {status} is not among the input statuses"
    return ""


def notes(facts: Facts) -> list[str]:
    """Return what whoever reads the job's log should know."""
    heedless = [
        name.lower().replace("_", "-")
        for name, usual in _OF_THE_APP.items()
        if (facts.variable(f"B24_{name}") or usual) not in (usual, usual.strip("-"))
    ]
    texts = [
        *facts.variables.values(),
        *(str(row.get("description")) for row in _request_rows(facts)),
    ]
    sentences = []
    if heedless:
        names = ", ".join(heedless)
        sentences.append(f"the app's own settings count in place of the inputs {names}")
    if any(len(text) >= MOST_TEXT for text in texts):
        cut = "of long texts the app sees the beginning: tasks named later are not found"
        sentences.append(cut)
    if facts.mode == "report" and facts.variable("CI_PIPELINE_SOURCE") == "parent_pipeline":
        sentences.append(_OF_A_CHILD)
    if refused := ", ".join(_refused(facts)):
        sentences.append(f"GitLab does not tell {refused}: the report goes without (NOT_TOLD).")
    return sentences


_OF_A_CHILD = (
    "the result of a child pipeline is its parent's, which the app hears by its webhook or by a "
    "report in the parent"
)


def _refused(facts: Facts) -> list[str]:
    return [subject for name, subject in _NAMES.items() if getattr(facts, name) is None]


def _status(facts: Facts) -> str:
    if facts.mode == "merge-request":
        return "running"
    keys = facts.chosen("REPORT")
    details = facts.mode == "report" and (not keys or "pipeline" in keys)
    return pipeline_status(facts.jobs, number_of(facts.variable("CI_JOB_ID"))) if details else ""


def _failed_jobs(facts: Facts) -> list[dict[str, Any]]:
    rows = facts.jobs or [] if facts.mode == "report" else []
    failed = [row for row in rows if row.get("status") == "failed" and not row.get("allow_failure")]
    return [
        {
            "id": number_of(row.get("id")),
            "name": text_of(row.get("name")),
            "status": "failed",
            "url": text_of(row.get("web_url")),
        }
        for row in failed[:MOST_FAILED_JOBS]
    ]


def _request_rows(facts: Facts) -> list[Row]:
    rows = facts.merge_requests
    return [rows] if isinstance(rows, dict) else list(rows or [])


def _requests(facts: Facts) -> list[dict[str, Any]]:
    """GitLab's, of a commit only those that concern the ref; else what the variables say."""
    rows = _request_rows(facts)
    iid = number_of(facts.variable("CI_MERGE_REQUEST_IID"))
    if not iid and not (facts.mode == "deployment" and rows_of_pipeline(facts)):
        rows = [row for row in rows if _concerns(row, facts)]
    return [_request(row) for row in rows] or ([_own_request(facts, iid)] if iid else [])


def _concerns(row: Row, facts: Facts) -> bool:
    """Tell of an open one of this branch, or one merged into it, or into a tag's history."""
    source = row.get("source_branch")
    if row.get("state") in ("opened", "locked"):
        return source == facts.ref
    return bool(facts.variable("CI_COMMIT_TAG")) or facts.ref in (row.get("target_branch"), source)


def _request(row: Row) -> dict[str, Any]:
    author = row.get("author")
    return {
        "iid": number_of(row.get("iid")),
        "title": text_of(row.get("title")),
        "url": text_of(row.get("web_url")),
        "state": text_of(row.get("state")) or "opened",
        "draft": bool(row.get("draft")),
        "source_branch": text_of(row.get("source_branch")),
        "target_branch": text_of(row.get("target_branch")),
        "author": text_of(author.get("name")) if isinstance(author, dict) else "",
        "description": text_of(row.get("description")),
    }


def _own_request(facts: Facts, iid: int) -> dict[str, Any]:
    def get(name: str) -> str:
        return facts.variable(f"CI_MERGE_REQUEST_{name}")

    project = get("PROJECT_URL") or facts.variable("CI_PROJECT_URL")
    return {
        "iid": iid,
        "title": get("TITLE"),
        "url": f"{project}/-/merge_requests/{iid}",
        "state": "opened",
        "draft": get("TITLE").lower().startswith(("draft:", "[draft]", "(draft)")),
        "source_branch": get("SOURCE_BRANCH_NAME"),
        "target_branch": get("TARGET_BRANCH_NAME"),
        "description": get("DESCRIPTION"),
    }
