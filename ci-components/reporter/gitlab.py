"""What GitLab's API adds to the variables: at most three reads, each of which may be refused."""

from __future__ import annotations

from reporter.errors import UNANSWERED
from reporter.gitlab_client import GitLab, Row
from reporter.gitlab_graphql import (
    complaint,
    concerns_pipeline,
    inquire,
    last_success,
    merge_requests_of,
    on_trunk,
    read_overview,
)
from reporter.gitlab_json import inside, nodes_of, status_of
from reporter.gitlab_questions import PAGE, ask_merge_request
from reporter.gitlab_rest import (
    MORE_COMMITS,
    add_commits,
    add_deployments,
    add_jobs,
    add_merge_requests,
    take_jobs,
    take_merge_requests,
)
from reporter.model import Report
from reporter.named_tasks import find_tasks
from reporter.parents import join_parent
from reporter.settings import fits


def gather_pipeline(report: Report, gitlab: GitLab) -> None:
    """Fill a report of a pipeline that ends."""
    settings = report.settings
    gather(report, gitlab, jobs="pipeline" in settings.report)
    if "pipeline" in settings.report:
        if report.ci["CI_PIPELINE_SOURCE"] == "parent_pipeline" and report.jobs is not None:
            join_parent(report, gitlab)
        report.status = status_of(report.jobs)
    if "deployments" in settings.report and find_tasks(report):
        add_deployments(report, gitlab)
        report.deployments = [
            deployment for deployment in report.deployments if fits(deployment.tier, settings.tiers)
        ]
    always = report.status in ("", "running", "unknown")
    if not always and not fits(report.status, settings.statuses):
        report.nothing = f"the status {report.status} is not among the input statuses"


def gather_begin(report: Report, gitlab: GitLab) -> None:
    """Fill a report of a merge request's pipeline that begins."""
    gather(report, gitlab, jobs=False)
    report.status = "running"


def gather(report: Report, gitlab: GitLab, *, jobs: bool) -> None:
    """Ask for jobs and merge requests: at once, or one by one where only the job's token may."""
    if gitlab.token:
        answer = inquire(gitlab, report, jobs=jobs)
        data, wrong = read_overview(answer), complaint(answer)
        if data is not None:
            take_overview(report, gitlab, data, jobs=jobs)
            return
        report.notes.append(UNANSWERED % report.settings.token_variable)
        report.notes += [f"GitLab says of the question: {wrong}"] if wrong else []
    if jobs:
        add_jobs(report, gitlab)
    if "merge-request" not in report.settings.report:
        return
    if report.ci["CI_MERGE_REQUEST_IID"]:
        take_merge_requests(report, ask_merge_request(gitlab), "the merge request")
    else:
        add_merge_requests(report, gitlab)


def take_overview(report: Report, gitlab: GitLab, data: Row, *, jobs: bool) -> None:
    """Take jobs and merge requests of one answer, and ask for commits that it does not bring."""
    ci, wanted = report.ci, "commits" in report.settings.report
    if jobs and isinstance(rows := inside(data, "project", "pipeline").get("jobs"), dict):
        take_jobs(report, nodes_of(rows))
    elif jobs:
        add_jobs(report, gitlab)
    candidates = merge_requests_of(data)
    if wanted:
        add_commits(report, gitlab, first_unknown(report, data))
    arrived = {report.sha: ci["CI_COMMIT_MESSAGE"]}
    own = [mr for mr in candidates if concerns_pipeline(mr, ci, arrived)]
    arrived.update(report.commits)
    others = [mr for mr in candidates if mr not in own and concerns_pipeline(mr, ci, arrived)]
    if not own and not others:
        return
    if any(len(mr.commits) == PAGE for mr in own + others):
        report.notes.append(MORE_COMMITS)
    shas = {commit.sha for mr in own + others for commit in mr.commits}
    report.commits = [commit for commit in report.commits if commit.sha not in shas]
    report.own = own[0].iid if own else 0
    report.merge_requests = [mr if wanted else mr._replace(commits=()) for mr in own + others]


def first_unknown(report: Report, data: Row) -> str:
    """Return where the commits to be read begin; "" where a merge request has brought them."""
    ci = report.ci
    if on_trunk(ci):
        before = ci["CI_COMMIT_BEFORE_SHA"]
        return last_success(data, report.pipeline) or (before if before.strip("0") else "")
    if any(concerns_pipeline(mr, ci, {}) for mr in merge_requests_of(data)):
        return ""
    request = ci["CI_MERGE_REQUEST_IID"]
    return ci["CI_MERGE_REQUEST_DIFF_BASE_SHA" if request else "CI_DEFAULT_BRANCH"]
