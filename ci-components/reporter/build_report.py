"""A report before GitLab is asked, and whether there is anything to tell afterwards. Pure."""

from __future__ import annotations

from reporter.ci_variables import Variables, is_fork, number
from reporter.model import MergeRequest, Report
from reporter.settings import fits

# What GitLab leaves out of a branch's state: dangling_sources in its app/models/concerns/enums/ci/
# pipeline.rb; a child speaks for its parent.
UNCOUNTED = (  # noqa: SIM905  it is short in a job's script
    "webide ondemand_dast_scan ondemand_dast_validation security_orchestration_policy"
    " container_registry_push duo_workflow pipeline_execution_policy_schedule"
).split()


def begin_report(ci: Variables) -> Report:
    """Return what the variables say; of a merge request GitLab may say more."""
    report = Report(ci)
    if ci["CI_MERGE_REQUEST_IID"]:
        report.merge_requests = [own_merge_request(ci)]
        report.own = report.merge_requests[0].iid
    return report


def own_merge_request(ci: Variables) -> MergeRequest:
    """Read the variables of a merge request's pipeline; they hold 2,700 characters of text."""
    names = ("IID", "TITLE", "SOURCE_BRANCH_NAME", "TARGET_BRANCH_NAME", "DESCRIPTION")
    iid, title, source, target, text = (ci[f"CI_MERGE_REQUEST_{name}"] for name in names)
    project = ci["CI_MERGE_REQUEST_PROJECT_URL"] or ci["CI_PROJECT_URL"]
    url = f"{project}/-/merge_requests/{iid}"
    return MergeRequest(number(iid), title, url, "opened", source, target, "", text)


def uninvited(report: Report, *, secret: bool) -> str:
    """Return why nothing is reported whatever GitLab may say, or "".

    In the parent project somebody may run a fork's pipeline with the project's secrets.
    """
    if not secret and is_fork(report.ci):
        return "a merge request from a fork sees no secrets"
    if report.ci["CI_PIPELINE_SOURCE"] in UNCOUNTED:
        return "GitLab does not count pipelines of this source"
    return "" if fits(report.ref, report.settings.refs) else "this ref is not among the input refs"


def notes_of(report: Report) -> list[str]:
    """Return what whoever reads the job's log should know."""
    if not report.refused:
        return report.notes
    refused = ", ".join(report.refused)
    return [*report.notes, f"GitLab does not tell {refused}: the report goes without (NOT_TOLD)."]
