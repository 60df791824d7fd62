"""The notification of who started a pipeline that failed. Pure."""

from __future__ import annotations

from reporter.bbcode import link
from reporter.cards import job_list, ref_url
from reporter.ci_variables import number
from reporter.model import Report
from reporter.phrases import FAILED, say
from reporter.plan import app_tells
from reporter.portal_batch import Call
from reporter.portal_json import Portal, listed
from reporter.settings import fits


def author_question(report: Report) -> dict[str, Call]:
    email = report.ci["GITLAB_USER_EMAIL"]
    if email and report.settings.tell_author == "true" and report.status == "failed":
        return {"author": Call("user.get", {"FILTER[EMAIL]": email})}
    return {}


def notifies(report: Report, portal: Portal) -> bool:
    """Tell whether people hear of a failure: by the input notify-sources.

    Of a source that is not among them the first failure counts, until a pipeline passes.
    """
    sources, field = report.settings.notify_sources, report.settings.field
    if fits(report.ci["CI_PIPELINE_SOURCE"], sources):
        return True
    return bool(field) and any(task.field != "failed" for task in portal.tasks.values())


def author_call(report: Report, portal: Portal) -> list[Call]:
    """A repeated report replaces the notification of the same TAG; the app tells by itself.

    A webhook has to name a CLIENT_ID for that.
    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html
    """
    own = [task for task in portal.tasks.values() if not app_tells(report, task, portal)]
    rows = [row for row in listed(portal.results.get("author")) if isinstance(row, dict)]
    author = next((number(row.get("ID")) for row in rows if row.get("ACTIVE")), 0)
    if not author or not own:
        return []
    tag = f"b24bridge:ci:{report.ci['CI_PROJECT_ID']}:{report.pipeline}"
    fields = {"USER_ID": author, "MESSAGE": notification(report)}
    fields.update(TAG=tag, CLIENT_ID="b24bridge")
    return [Call("im.notify.personal.add", fields, "the author is told of the failure")]


def notification(report: Report) -> str:
    """Return what the author of a failed pipeline reads."""
    jobs = job_list(report)
    return say(
        report.settings.language,
        FAILED,
        link(report.pipeline_url, f"#{report.pipeline}"),
        link(ref_url(report), report.ref),
        f": {jobs}" if jobs else "",
    )
