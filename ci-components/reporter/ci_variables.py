"""What GitLab's variables tell a job about itself. Pure.

https://docs.gitlab.com/ci/variables/predefined_variables/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reporter.model import MergeRequest

ZEROS = "0" * 40


@dataclass(frozen=True)
class Facts:
    """`api`, `graphql`: the addresses of API v4 and of GraphQL.

    `before`: the commit that the branch had, "" if none. `base`: of a merge request's own pipeline,
    where its branch left the target.
    """

    api: str
    graphql: str
    server_url: str
    project_id: int
    project_path: str
    project_title: str
    project_url: str
    default_branch: str
    pipeline_id: int
    pipeline_iid: int
    pipeline_url: str
    pipeline_source: str
    job_id: int
    job_url: str
    ref: str
    tag: bool
    protected: bool
    sha: str
    before: str
    base: str
    message: str
    login: str
    name: str
    email: str
    merge_request_project: int
    merge_request_path: str
    merge_request: MergeRequest | None
    fork: bool


def read_facts(environ: Mapping[str, str]) -> Facts:
    def get(name: str) -> str:
        return environ.get(f"CI_{name}", "")

    tag = get("COMMIT_TAG")
    branch = get("MERGE_REQUEST_SOURCE_BRANCH_NAME") or get("COMMIT_BRANCH")
    return Facts(
        api=get("API_V4_URL"),
        graphql=get("API_GRAPHQL_URL") or get("API_V4_URL").replace("/api/v4", "/api/graphql"),
        server_url=get("SERVER_URL"),
        project_id=number(get("PROJECT_ID")),
        project_path=get("PROJECT_PATH"),
        project_title=get("PROJECT_TITLE"),
        project_url=get("PROJECT_URL"),
        default_branch=get("DEFAULT_BRANCH"),
        pipeline_id=number(get("PIPELINE_ID")),
        pipeline_iid=number(get("PIPELINE_IID")),
        pipeline_url=get("PIPELINE_URL"),
        pipeline_source=get("PIPELINE_SOURCE"),
        job_id=number(get("JOB_ID")),
        job_url=get("JOB_URL"),
        ref=tag or branch or get("COMMIT_REF_NAME"),
        tag=bool(tag),
        protected=get("COMMIT_REF_PROTECTED") == "true",
        sha=get("COMMIT_SHA"),
        before=commit(get("COMMIT_BEFORE_SHA")),
        base=get("MERGE_REQUEST_DIFF_BASE_SHA"),
        message=get("COMMIT_MESSAGE"),
        login=environ.get("GITLAB_USER_LOGIN", ""),
        name=environ.get("GITLAB_USER_NAME", ""),
        email=environ.get("GITLAB_USER_EMAIL", ""),
        merge_request_project=number(get("MERGE_REQUEST_PROJECT_ID")),
        merge_request_path=get("MERGE_REQUEST_PROJECT_PATH"),
        merge_request=own_merge_request(get) if number(get("MERGE_REQUEST_IID")) else None,
        fork=is_fork(get),
    )


def own_merge_request(get) -> MergeRequest:
    """As the variables of a merge request pipeline tell it; they hold 2,700 characters of text."""
    iid, title = number(get("MERGE_REQUEST_IID")), get("MERGE_REQUEST_TITLE")
    return MergeRequest(
        iid=iid,
        title=title,
        url=f"{get('MERGE_REQUEST_PROJECT_URL') or get('PROJECT_URL')}/-/merge_requests/{iid}",
        draft=title.lower().startswith(("draft:", "[draft]", "(draft)")),
        source_branch=get("MERGE_REQUEST_SOURCE_BRANCH_NAME"),
        target_branch=get("MERGE_REQUEST_TARGET_BRANCH_NAME"),
        description=get("MERGE_REQUEST_DESCRIPTION"),
    )


def is_fork(get) -> bool:
    """A merge request that comes from a fork: its pipelines see no secrets, and should not."""
    source = get("MERGE_REQUEST_SOURCE_PROJECT_ID")
    return bool(source) and source != get("MERGE_REQUEST_PROJECT_ID")


def commit(sha: str) -> str:
    return "" if sha == ZEROS else sha


def number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
