"""A report through an inbound webhook: variables, GitLab, tasks, portal."""

from __future__ import annotations

from collections.abc import Callable

from reporter.build_report import find_tasks, own_merge_request
from reporter.ci_variables import is_fork
from reporter.files import write_files
from reporter.gitlab_client import GitLab
from reporter.main import Run
from reporter.model import Report
from reporter.plan import Mode
from reporter.portal_batch import read_webhook
from reporter.send_to_portal import send_to_portal
from reporter.settings import fits, read_secret, read_settings

FOR_THE_PORTAL = 0.5  # of the time
Gather = Callable[[Report, GitLab], None]


def report_directly(run: Run, gather: Gather, mode: Mode) -> int:
    """Return the exit code: 0, or 1 where something was not done that somebody can mend."""
    write_files([], ())
    report = Report(run.ci, read_settings(run.ci))
    settings = report.settings
    webhook = read_secret(run.ci, settings.webhook_variable)
    token = read_secret(run.ci, settings.token_variable)
    run.out.hide(webhook, token, webhook.rstrip("/").rpartition("/")[2])
    reason = uninvited(report, webhook)
    if not reason:
        if run.ci["CI_MERGE_REQUEST_IID"]:
            report.merge_requests = [own_merge_request(run.ci)]
            report.own = report.merge_requests[0].iid
        gather(report, GitLab(run.http, run.ci, token, run.seconds * FOR_THE_PORTAL))
        for sentence in notes_of(report):
            run.out.say(sentence)
        reason = unwanted(report, mode)
    if reason:
        run.out.say(f"{reason}: nothing is reported")
        return 0
    write_files([task.id for task in report.tasks], ())
    webhook = read_webhook(webhook, settings.webhook_variable)
    return send_to_portal(run.http, webhook, report, mode, run.out)


def uninvited(report: Report, webhook: str) -> str:
    """Return why nothing is reported whatever GitLab may say, or "".

    In the parent project somebody may run a fork's pipeline with the project's secrets.
    """
    if is_fork(report.ci) and not webhook:
        return "a merge request from a fork sees no secrets"
    wanted = fits(report.ref, report.settings.refs)
    return "" if wanted else "this ref is not among the input refs"


def notes_of(report: Report) -> list[str]:
    refused = ", ".join(report.refused)
    told = [f"GitLab does not tell {refused}: the report goes without (NOT_TOLD)."]
    return report.notes + (told if refused else [])


def unwanted(report: Report, mode: Mode) -> str:
    """Find the tasks; return why there is nothing to tell, or ""."""
    if report.nothing:
        return report.nothing
    report.tasks = find_tasks(report)
    if "merge-request" not in report.settings.report:
        report.merge_requests = []
    if not report.tasks:
        return "no task is named in the branch, the merge request or the commits"
    if not mode.moves and not report.deployments:
        return "this pipeline has no deployment of the input tiers"
    watched = report.status not in ("", "running", "unknown")
    if watched and report.status not in report.settings.statuses:
        return f"the status {report.status} is not among the input statuses"
    return ""
