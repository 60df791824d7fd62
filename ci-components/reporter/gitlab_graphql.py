"""One question in place of four: jobs, merge requests, their commits, the last success. Pure.

An access token may ask it, CI_JOB_TOKEN may not. All of it is older than GitLab 16.11.
https://docs.gitlab.com/api/graphql/reference/
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from reporter.bbcode import cleaned, clipped
from reporter.ci_variables import Variables, number, ref_of
from reporter.gitlab_client import GitLab, Row
from reporter.gitlab_json import (
    identifier,
    inside,
    nodes_of,
    read_commit,
    read_merge_request,
    rows_of,
    text,
)
from reporter.gitlab_questions import counted
from reporter.model import MergeRequest, Report

# Each stands inside `project(fullPath: $path) { … }`; R is REQUEST_FIELDS.
JOBS = (
    "pipeline(iid: $pipeline) { jobs(retried: false, statuses: [%s], first: 100) { nodes"
    " { id name status allow_failure: allowFailure web_url: webPath stage { name } } } }"
)
OF_BRANCH = "own: mergeRequests(sourceBranches: [$ref], sort: UPDATED_DESC, first: 5) { nodes R }"
MERGED = "merged: mergeRequests(%sstate: merged, sort: MERGED_AT_DESC, first: 10) { nodes R }"
PASSED = "passed: pipelines(%s, status: SUCCESS, first: 5) { nodes { id sha } }"
OF_PIPELINE = "target: project(fullPath: $target) { mergeRequest(iid: $request) R }"
REQUEST_FIELDS = (
    "{ iid title description state web_url: webUrl source_branch: sourceBranch"
    " target_branch: targetBranch source_project_id: sourceProjectId head: diffHeadSha"
    " merged_as: mergeCommitSha author { name }"
    " commits(first: 100) { nodes { id: sha message } } }"
)

STRINGS = ("request", "ref")  # GitLab refuses the whole query where a variable is of another type


def question(report: Report, *, jobs: bool) -> dict[str, object]:
    """Return what is posted. A variable that is declared has to be used."""
    ci, parts = report.ci, []
    if jobs:
        parts.append(JOBS % " ".join(counted(ci)).upper())
    if not ci["CI_MERGE_REQUEST_IID"]:
        parts += [OF_BRANCH, MERGED % ("" if report.tag else "targetBranches: [$ref], ")]
    if on_trunk(ci) and "commits" in report.settings.report:
        parts.append(PASSED % ("scope: TAGS" if report.tag else "ref: $ref"))
    query = f"project(fullPath: $path) {{ {' '.join(parts)} }} " if parts else ""
    if ci["CI_MERGE_REQUEST_IID"]:
        query += OF_PIPELINE
    values = {
        "path": ci["CI_PROJECT_PATH"],
        "pipeline": ci["CI_PIPELINE_IID"],
        "target": ci["CI_MERGE_REQUEST_PROJECT_PATH"] or ci["CI_PROJECT_PATH"],
        "request": ci["CI_MERGE_REQUEST_IID"],
        "ref": report.ref,
    }
    used = {name: value for name, value in values.items() if f"${name}" in query}
    declared = ", ".join(f"${name}: {'String' if name in STRINGS else 'ID'}!" for name in used)
    query = re.sub(r"\bR\b", REQUEST_FIELDS, query)
    return {"query": f"query({declared}) {{ {query} }}", "variables": used}


def inquire(gitlab: GitLab, report: Report, *, jobs: bool) -> object:
    """Return GraphQL's answer to the access token, None where it is refused."""
    base = report.ci["CI_API_V4_URL"].replace("/api/v4", "/api/graphql")
    url, secret = report.ci["CI_API_GRAPHQL_URL"] or base, {"PRIVATE-TOKEN": gitlab.token}
    return gitlab.ask(url, secret, question(report, jobs=jobs))


def on_trunk(ci: Variables) -> bool:
    """Tell whether work of many comes together here; no other branch lives long."""
    shared = ci["CI_COMMIT_REF_PROTECTED"] == "true" or ref_of(ci) == ci["CI_DEFAULT_BRANCH"]
    return not ci["CI_MERGE_REQUEST_IID"] and (bool(ci["CI_COMMIT_TAG"]) or shared)


def read_overview(answer: object) -> Row | None:
    """Return the data, None where GitLab refuses: it answers 401, or 200 with errors alone."""
    data = inside({"": answer}, "", "data")
    return data if any(isinstance(value, dict) for value in data.values()) else None


def complaint(answer: object) -> str:
    """Return what GraphQL says is wrong with the question, "" where it says nothing."""
    errors = rows_of(inside({"": answer}, "").get("errors"))
    return clipped(cleaned(text(errors[0], "message")), 200) if errors else ""


def merge_requests_of(data: Row) -> list[MergeRequest]:
    """Return the candidates, each once."""
    project, own = inside(data, "project"), inside(data, "target", "mergeRequest")
    rows = [own] if own else [*nodes_of(project.get("own")), *nodes_of(project.get("merged"))]
    return [read_request(row) for row in {row.get("iid"): row for row in rows}.values()]


def read_request(row: Row) -> MergeRequest:
    """Read the fields of REST and, beside them, those that only this question brings."""
    return read_merge_request(row)._replace(
        head=text(row, "head"),
        merged_as=text(row, "merged_as"),
        project=number(row.get("source_project_id")),
        commits=tuple(read_commit(commit) for commit in nodes_of(row.get("commits"))),
    )


def last_success(data: Row, pipeline: int) -> str:
    """Return the commit of the last pipeline before this one that passed, "" for none."""
    rows = nodes_of(inside(data, "project").get("passed"))
    earlier = (text(row, "sha") for row in rows if identifier(row) < pipeline)
    return next(earlier, "")  # a repeated job may find its own pipeline among those that passed


def concerns_pipeline(mr: MergeRequest, ci: Variables, arrived: Mapping[str, str]) -> bool:
    """Tell whether it is an open one of this branch, or came in by one of these commits.

    `arrived`: sha → message. A squashed and fast-forwarded one is known by its title.
    """
    if ci["CI_MERGE_REQUEST_IID"]:
        return True
    here = mr.project == number(ci["CI_PROJECT_ID"]) and mr.source_branch == ref_of(ci)
    if here and not ci["CI_COMMIT_TAG"]:
        return mr.state in ("opened", "locked") or mr.head == ci["CI_COMMIT_SHA"]
    titles = {message.partition("\n")[0].strip() for message in arrived.values()} - {""}
    return mr.merged_as in arrived or mr.head in arrived or mr.title.strip() in titles
