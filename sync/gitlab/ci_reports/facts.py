"""What a job posts of its variables and of GitLab's answers, as the report that it makes. Pure.

The job reads what only CI_JOB_TOKEN may read and decides nothing. The inputs of the component, by
which the team chose what to report, are among the variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sync.core.model.deployments import tier_of
from sync.gitlab.ci_reports.jobs import (
    DEPLOYED,
    deployment_status,
    matching_jobs,
    not_started,
    pipeline_status,
)

MOST_TEXT = 5_000  # characters, what the job sends of one
MOST_FAILED_JOBS = 20
Row = Mapping[str, Any]
Rows = Annotated[list[dict[str, Any]] | None, Field(max_length=200)]
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


class Facts(BaseModel):
    """What is posted. `component`: its name and version.

    `jobs` and so on: rows of GitLab's REST API, None where it refuses, [] where it was not asked.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    version: Literal[2]
    component: Annotated[str, Field(max_length=200)] = ""
    mode: Literal["report", "deployment", "merge-request"]
    variables: Annotated[dict[str, str], Field(max_length=100)]
    jobs: Rows = []
    merge_requests: Rows | dict[str, Any] = []
    deployments: Rows = []

    def variable(self, name: str) -> str:
        """Return a variable, "" where it is not set."""
        return self.variables.get(name, "")

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return the words of an input that is a list, () for all."""
        return tuple(
            word.strip() for word in self.variable(f"B24_{name}").split(",") if word.strip()
        )

    def single(self, name: str) -> str:
        """Return an input, "" for none, for which the component writes a dash."""
        return self.variable(f"B24_{name}").strip().removeprefix("-")

    @property
    def pipeline_id(self) -> int:
        """Return the pipeline's id, 0 where it is not told."""
        return _number(self.variable("CI_PIPELINE_ID"))

    @property
    def ref(self) -> str:
        """Return the tag or the branch, of a merge request its source."""
        names = ("CI_COMMIT_TAG", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH")
        values = (self.variable(name) for name in (*names, "CI_COMMIT_REF_NAME"))
        return next(filter(None, values), "")


def report_of(facts: Facts) -> dict[str, Any]:
    """Return the report in the form that `form.Report` checks."""
    keys = facts.chosen("REPORT")
    get = facts.variable
    return {
        "version": 1,
        "mode": facts.mode,
        "server_url": get("CI_SERVER_URL"),
        "project_id": _number(get("CI_PROJECT_ID")),
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
        "job_id": _number(get("CI_JOB_ID")),
        "job_url": get("CI_JOB_URL"),
        "author": get("GITLAB_USER_LOGIN"),
        "author_name": get("GITLAB_USER_NAME"),
        "merge_requests": _requests(facts) if not keys or "merge-request" in keys else [],
        "failed_jobs": _failed_jobs(facts),
        "deployments": _deployments(facts),
        "commits": [{"sha": get("CI_COMMIT_SHA"), "message": get("CI_COMMIT_MESSAGE")}],
        "refused": [f"GitLab does not tell {subject}" for subject in _refused(facts)],
    }


def nothing(facts: Facts, report: Mapping[str, Any]) -> str:
    """Return why there is nothing to report, "" where there is."""
    if not any(fnmatchcase(facts.ref, ref) for ref in facts.chosen("REFS") or ("*",)):
        return "this ref is not among the input refs"
    if facts.mode == "deployment":
        if reason := _no_deployment(facts):
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
    return pipeline_status(facts.jobs, _number(facts.variable("CI_JOB_ID"))) if details else ""


def _failed_jobs(facts: Facts) -> list[dict[str, Any]]:
    rows = facts.jobs or [] if facts.mode == "report" else []
    failed = [row for row in rows if row.get("status") == "failed" and not row.get("allow_failure")]
    return [
        {
            "id": _number(row.get("id")),
            "name": _text(row.get("name")),
            "status": "failed",
            "url": _text(row.get("web_url")),
        }
        for row in failed[:MOST_FAILED_JOBS]
    ]


def _request_rows(facts: Facts) -> list[Row]:
    rows = facts.merge_requests
    return [rows] if isinstance(rows, dict) else list(rows or [])


def _requests(facts: Facts) -> list[dict[str, Any]]:
    """GitLab's, of a commit only those that concern the ref; else what the variables say."""
    rows = _request_rows(facts)
    iid = _number(facts.variable("CI_MERGE_REQUEST_IID"))
    if not iid and not (facts.mode == "deployment" and _rows_here(facts)):
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
        "iid": _number(row.get("iid")),
        "title": _text(row.get("title")),
        "url": _text(row.get("web_url")),
        "state": _text(row.get("state")) or "opened",
        "draft": bool(row.get("draft")),
        "source_branch": _text(row.get("source_branch")),
        "target_branch": _text(row.get("target_branch")),
        "author": _text(author.get("name")) if isinstance(author, dict) else "",
        "description": _text(row.get("description")),
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


def _deployments(facts: Facts) -> list[dict[str, Any]]:
    """Return the newest of this pipeline to each environment of a wanted tier."""
    if facts.mode == "deployment":
        listed = [_single_deployment(facts)]
    else:
        newest: dict[str, dict[str, Any]] = {}
        for row in _rows_here(facts):
            if row.get("status") not in ("created", "skipped"):  # of jobs that have not begun
                deployment = _deployment(row)
                newest.setdefault(deployment["environment"], deployment)
        listed = [*newest.values()][::-1]
    tiers = facts.chosen("TIERS") or ("*",)
    return [
        each
        for each in listed
        if each["environment"]
        and any(
            fnmatchcase(str(tier_of(each["tier"], each["environment"])), tier) for tier in tiers
        )
    ]


def _rows_here(facts: Facts) -> list[Row]:
    rows = facts.deployments or []
    return [row for row in rows if _pipeline_of(row) == facts.pipeline_id]


def _deployment(row: Row) -> dict[str, Any]:
    place = row.get("environment")
    place = place if isinstance(place, dict) else {}
    status = _text(row.get("status"))
    return {
        "environment": _text(place.get("name")),
        "tier": _text(place.get("tier")),
        "url": _text(place.get("external_url")),
        "status": status if status in DEPLOYED else "unknown",
    }


def _single_deployment(facts: Facts) -> dict[str, Any]:
    """Return the deployment that the job follows; what the inputs say of it counts more."""
    rows, name = _followed(facts), facts.single("DEPLOY_JOB")
    by_key = {
        "environment": facts.single("ENVIRONMENT"),
        "tier": "",
        "url": "",
        "status": "unknown",
    }
    if rows:
        by_key = _worst_deployment(rows)
    elif name and facts.jobs:
        by_key["status"] = deployment_status(matching_jobs(facts.jobs, name))
    by_key["url"] = facts.single("ENVIRONMENT_URL") or by_key["url"]
    by_key["tier"] = facts.single("ENVIRONMENT_TIER") or by_key["tier"]
    return by_key


def _worst_deployment(rows: list[Row]) -> dict[str, Any]:
    """Return the worst of the newest deployments of each job: a matrix may have environments."""
    statuses = _job_statuses(rows)
    status = deployment_status(statuses)
    newest = {_job_name(row): row for row in reversed(rows)}
    worst = (newest[job] for job in newest if deployment_status({job: statuses[job]}) == status)
    return _deployment(next(worst, rows[0])) | {"status": status}


def _followed(facts: Facts) -> list[Row]:
    rows, name = _rows_here(facts), facts.single("DEPLOY_JOB")
    return [row for row in rows if _job_name(row) in matching_jobs([_job(row)], name)] or rows


def _no_deployment(facts: Facts) -> str:
    """Return why there is no deployment, "" where there is one or it is not known."""
    rows, name = _followed(facts), facts.single("DEPLOY_JOB")
    if rows:
        return not_started(_job_statuses(rows))
    if not name or facts.deployments is None or facts.jobs is None:
        return ""
    statuses = matching_jobs(facts.jobs, name)
    if statuses:
        return not_started(statuses)
    names = ", ".join(sorted(_text(row.get("name")) for row in facts.jobs)[:20]) or "none"
    return f"no job of this pipeline is called {name} (there are: {names})"


def _job_statuses(rows: list[Row]) -> dict[str, str]:
    """Return the newest status of each job's deployment; before it has begun the job's."""
    newest: dict[str, str] = {}
    for row in rows:
        status = _text(row.get("status"))
        if status == "created":
            status = _text(_job(row).get("status")) or status
        newest.setdefault(_job_name(row), status)
    return newest


def _job(row: Row) -> Row:
    job = row.get("deployable")
    return job if isinstance(job, dict) else {}


def _job_name(row: Row) -> str:
    return _text(_job(row).get("name"))


def _pipeline_of(row: Row) -> int:
    pipeline = _job(row).get("pipeline")
    return _number(pipeline.get("id")) if isinstance(pipeline, dict) else 0


def _number(value: object) -> int:
    digits = str(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
