"""One question in place of four: jobs, merge requests, their commits, the last success. Pure.

An access token may ask it, CI_JOB_TOKEN may not. All of it is older than GitLab 16.11.
https://docs.gitlab.com/api/graphql/reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from reporter.bbcode import cleaned, clipped
from reporter.ci_variables import Facts, number
from reporter.gitlab_json import COUNTED, read_commit, read_merge_request
from reporter.model import Commit, MergeRequest
from reporter.settings import REPORT, Settings

# Each stands inside `project(fullPath: $path) { … }`; R is REQUEST.
JOBS = (
    "pipeline(iid: $pipeline) { jobs(retried: false, statuses: [%s], first: 100)"
    " { nodes { id name status allowFailure webPath stage { name } } } }"
)
OF_BRANCH = "own: mergeRequests(sourceBranches: [$ref], sort: UPDATED_DESC, first: 5) { nodes R }"
MERGED = "merged: mergeRequests(%sstate: merged, sort: MERGED_AT_DESC, first: 10) { nodes R }"
PASSED = "passed: pipelines(%s, status: SUCCESS, first: 5) { nodes { id sha } }"
OF_PIPELINE = "target: project(fullPath: $target) { mergeRequest(iid: $request) R }"
REQUEST = (
    "{ iid title description state draft webUrl sourceBranch targetBranch sourceProjectId"
    " diffHeadSha mergeCommitSha author { name } commits(first: 100) { nodes { sha message } } }"
)
TYPES = {"path": "ID!", "pipeline": "ID!", "target": "ID!", "request": "String!", "ref": "String!"}
CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class Candidate:
    """A merge request that may concern the pipeline. `head`: the last commit of its branch;
    `merged_as`: the merge commit; `project`: the id of its source, 0 where that is gone.
    """

    request: MergeRequest
    head: str
    merged_as: str
    project: int
    commits: tuple[Commit, ...]


@dataclass(frozen=True)
class Overview:
    """`jobs`: rows as the REST API has them, None: not told. `since`: the commit of the last
    successful pipeline, "" for none.
    """

    jobs: tuple[Mapping[str, object], ...] | None
    requests: tuple[Candidate, ...]
    since: str


def question(facts: Facts, settings: Settings) -> dict[str, object]:
    """What is posted. A variable that is declared has to be used."""
    asked = " ".join(of_project(facts, settings))
    parts = [f"project(fullPath: $path) {{ {asked} }}"] if asked else []
    if facts.merge_request:
        parts.append(OF_PIPELINE)
    query = re.sub(r"\bR\b", REQUEST, " ".join(parts))
    values = {
        "path": facts.project_path,
        "pipeline": str(facts.pipeline_iid),
        "target": facts.merge_request_path or facts.project_path,
        "request": str(facts.merge_request.iid if facts.merge_request else 0),
        "ref": facts.ref,
    }
    used = [name for name in TYPES if f"${name}" in query]
    declared = ", ".join(f"${name}: {TYPES[name]}" for name in used)
    return {
        "query": f"query({declared}) {{ {query} }}",
        "variables": {name: values[name] for name in used},
    }


def of_project(facts: Facts, settings: Settings) -> Iterator[str]:
    if settings.mode == REPORT and "pipeline" in settings.report:
        yield JOBS % " ".join(status.upper() for status in COUNTED)
    if not facts.merge_request:
        yield OF_BRANCH
        yield MERGED % ("" if facts.tag else "targetBranches: [$ref], ")
    if on_trunk(facts) and "commits" in settings.report:
        yield PASSED % ("scope: TAGS" if facts.tag else "ref: $ref")


def on_trunk(facts: Facts) -> bool:
    """Whether work of many comes together here; no other branch lives long."""
    shared = facts.tag or facts.protected or facts.ref == facts.default_branch
    return shared and not facts.merge_request


def read_overview(answer: object, facts: Facts) -> Overview | None:
    """None where GitLab refuses: then it answers 401, or 200 with errors and no data."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not any(isinstance(one, dict) for one in data.values()):
        return None
    place = inside(data, "project")
    one = inside(inside(data, "target"), "mergeRequest")
    rows = [one] if one else [*nodes(place, "own"), *nodes(place, "merged")]
    pipeline = inside(place, "pipeline")
    earlier = [
        row for row in nodes(place, "passed") if global_number(row) < facts.pipeline_id
    ]  # a repeated job may find its own pipeline among those that passed
    return Overview(
        jobs=tuple(job_rows(nodes(pipeline, "jobs"), facts)) if pipeline.get("jobs") else None,
        requests=tuple(map(read_candidate, {row.get("iid"): row for row in rows}.values())),
        since=str(earlier[0].get("sha") or "") if earlier else "",
    )


def complaint(answer: object) -> str:
    """What GraphQL says is wrong with the question, "" where it says nothing."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return clipped(cleaned(str(inside({"": first}, "").get("message") or "")), 200)


def inside(row: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def nodes(row: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = inside(row, name).get("nodes")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def global_number(row: Mapping[str, object]) -> int:
    """gid://gitlab/Ci::Build/12 → 12"""
    return number(str(row.get("id") or "").rpartition("/")[2])


def job_rows(rows: list[Mapping[str, object]], facts: Facts) -> Iterator[Mapping[str, object]]:
    """A job that starts another pipeline has no page of its own."""
    parts = urlsplit(facts.server_url)
    for row in rows:
        path = str(row.get("webPath") or "")
        yield {
            **row,
            "id": global_number(row),
            "status": str(row.get("status") or "").lower(),
            "allow_failure": row.get("allowFailure"),
            "web_url": f"{parts.scheme}://{parts.netloc}{path}" if path else "",
            "stage": inside(row, "stage").get("name"),
        }


def read_candidate(row: Mapping[str, object]) -> Candidate:
    plain = {CAMEL.sub("_", name).lower(): value for name, value in row.items()}
    commits = [{**one, "id": one.get("sha")} for one in nodes(row, "commits")]
    return Candidate(
        request=read_merge_request(plain),
        head=str(row.get("diffHeadSha") or ""),
        merged_as=str(row.get("mergeCommitSha") or ""),
        project=number(str(row.get("sourceProjectId") or "")),
        commits=tuple(map(read_commit, commits)),
    )


def concerns_pipeline(one: Candidate, facts: Facts, arrived: Mapping[str, str]) -> bool:
    """Whether it is an open one of this branch, or came in by one of these commits.

    `arrived`: sha → message. A squashed and fast-forwarded one is known by its title.
    """
    if facts.merge_request:
        return True
    request = one.request
    if one.project == facts.project_id and request.source_branch == facts.ref and not facts.tag:
        return request.state in ("opened", "locked") or one.head == facts.sha
    titles = {message.partition("\n")[0].strip() for message in arrived.values()} - {""}
    return one.merged_as in arrived or one.head in arrived or request.title.strip() in titles
