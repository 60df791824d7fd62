"""The questions that CI_JOB_TOKEN may ask of GitLab's REST API.

https://docs.gitlab.com/api/rest/ and https://docs.gitlab.com/ci/jobs/ci_job_token/
"""

from __future__ import annotations

from reporter.bbcode import quoted
from reporter.ci_variables import Variables, number
from reporter.gitlab_client import GitLab, Rows

UNDER_WAY = (  # noqa: SIM905  it is short in a job's script
    "created pending running preparing waiting_for_resource scheduled"
    " canceling waiting_for_callback"
).split()
PAGE = 100


def counted(ci: Variables) -> list[str]:
    """Return the statuses of jobs to ask for: of a hundred and more only these decide.

    The last two came with GitLab 17, and an older one refuses to be asked for them.
    """
    last = 8 if number(ci["CI_SERVER_VERSION_MAJOR"]) >= 17 else 6
    return ["failed", "canceled", "manual", *UNDER_WAY[:last]]


def scope(ci: Variables) -> str:
    """Return the part of an address that asks for jobs of these statuses alone."""
    return "".join(f"&scope[]={status}" for status in counted(ci))


def ask_jobs(gitlab: GitLab, more: str = "") -> Rows:
    """The newest hundred; `more`: of some statuses, or of another page.

    The order is that of `order_id_desc` in app/finders/ci/jobs_finder.rb of GitLab.
    """
    return gitlab.rows(f"pipelines/{gitlab.ci['CI_PIPELINE_ID']}/jobs?per_page={PAGE}{more}")


def ask_merge_request(gitlab: GitLab) -> Rows:
    """The pipeline's own."""
    ci = gitlab.ci
    path = f"merge_requests/{ci['CI_MERGE_REQUEST_IID']}"
    row = gitlab.get(path, project=ci["CI_MERGE_REQUEST_PROJECT_ID"])
    return [row] if isinstance(row, dict) else None


def ask_merge_requests(gitlab: GitLab) -> Rows:
    """Those of the pipeline's commit."""
    sha = gitlab.ci["CI_COMMIT_SHA"]
    return gitlab.rows(f"repository/commits/{sha}/merge_requests?per_page=20")


def ask_deployments(gitlab: GitLab, environment: str = "") -> Rows:
    """The newest first, of all environments or of one."""
    place = f"&environment={quoted(environment)}" if environment else ""
    return gitlab.rows(f"deployments?order_by=id&sort=desc&per_page=50{place}")
