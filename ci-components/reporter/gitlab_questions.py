"""The questions that CI_JOB_TOKEN may ask of GitLab's REST API.

https://docs.gitlab.com/api/rest/ and https://docs.gitlab.com/ci/jobs/ci_job_token/
"""

from __future__ import annotations

from typing import Any

from reporter.ci_variables import Variables, number
from reporter.gitlab_client import GitLab, Rows

UNDER_WAY = ("created", "pending", "running", "preparing", "waiting_for_resource", "scheduled")
# The jobs that are asked for: of a hundred and more only these decide; none of them is a success.
COUNTED = ("failed", "canceled", "manual", *UNDER_WAY)
SINCE_17 = ("canceling", "waiting_for_callback")  # an older GitLab refuses to be asked for them
PAGE = 100


def counted(ci: Variables) -> tuple[str, ...]:
    """Return the statuses of jobs to ask this GitLab for."""
    return COUNTED + SINCE_17 if number(ci["CI_SERVER_VERSION_MAJOR"]) >= 17 else COUNTED


def ask_jobs(gitlab: GitLab, **query: Any) -> Rows:
    """All, or by `scope[]` those of some statuses."""
    return gitlab.rows(f"pipelines/{gitlab.ci['CI_PIPELINE_ID']}/jobs", per_page=PAGE, **query)


def ask_merge_requests(gitlab: GitLab) -> Rows:
    """The pipeline's own, or those of its commit."""
    ci = gitlab.ci
    if ci["CI_MERGE_REQUEST_IID"]:
        path = f"merge_requests/{ci['CI_MERGE_REQUEST_IID']}"
        row = gitlab.get(path, project=ci["CI_MERGE_REQUEST_PROJECT_ID"])
        return [row] if isinstance(row, dict) else None
    return gitlab.rows(f"repository/commits/{ci['CI_COMMIT_SHA']}/merge_requests", per_page=20)


def ask_deployments(gitlab: GitLab, **query: Any) -> Rows:
    """The newest first."""
    return gitlab.rows("deployments", order_by="id", sort="desc", per_page=50, **query)
