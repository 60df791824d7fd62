"""A report through an inbound webhook: variables, GitLab, tasks, portal."""

from __future__ import annotations

from collections.abc import Callable

from reporter.build_report import begin_report, notes_of, uninvited
from reporter.files import write_files
from reporter.gitlab_client import GitLab
from reporter.main import Run
from reporter.model import Report
from reporter.plan import Mode
from reporter.portal_batch import read_webhook
from reporter.send_to_portal import send_to_portal
from reporter.settings import read_secret

FOR_THE_PORTAL = 0.5  # of the time
Gather = Callable[[Report, GitLab], None]


def report_directly(run: Run, gather: Gather, mode: Mode) -> int:
    """Return the exit code: 0, or 1 where something was not done that somebody can mend."""
    write_files([], ())
    report = begin_report(run.ci)
    settings = report.settings
    webhook = read_secret(run.ci, settings.webhook_variable)
    token = read_secret(run.ci, settings.token_variable)
    run.out.secrets |= {webhook, token, webhook.rstrip("/").rpartition("/")[2]}
    reason = uninvited(report, secret=bool(webhook))
    if not reason:
        gather(report, GitLab(run.http, run.ci, token, run.seconds * FOR_THE_PORTAL))
        for sentence in notes_of(report):
            run.out.say(sentence)
        report.tasks = mode.find(report)
        reason = report.nothing
    if not reason and not report.tasks:
        reason = "no task is named in the branch, the merge request or the commits"
    if reason:
        run.out.say(f"{reason}: nothing is reported")
        return 0
    write_files([task.id for task in report.tasks], ())
    webhook = read_webhook(webhook, settings.webhook_variable)
    return send_to_portal(run.http, webhook, report, mode, run.out)
