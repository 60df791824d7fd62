"""The check of everything that a report through a webhook needs."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.bbcode import cleaned
from reporter.ci_variables import ref_of
from reporter.doctor import LOST, Line, examine, field_line, granted, of_gitlab, reads, task_line
from reporter.errors import Problem
from reporter.gitlab_client import GitLab
from reporter.gitlab_graphql import inquire, read_overview
from reporter.gitlab_json import inside, text
from reporter.main import Run, start
from reporter.model import Report
from reporter.portal_batch import Call, batch, read_webhook, task_call
from reporter.references import places
from reporter.settings import read_secret


def perform(run: Run) -> int:
    report = Report(run.ci)
    token = read_secret(run.ci, report.settings.token_variable)
    webhook = read_secret(run.ci, report.settings.webhook_variable)
    run.out.secrets |= {webhook, token, webhook.rstrip("/").rpartition("/")[2]}
    return examine(run, direct_lines(run, report, webhook, token))


def direct_lines(run: Run, report: Report, webhook: str, token: str) -> Iterator[Line]:
    settings = report.settings
    named = (task_id for _, _, task_id in places(ref_of(run.ci), settings.task_prefix))
    task_id = int(settings.task) if settings.task.isdigit() else next(named, 0)
    calls = {
        "me": Call("profile", {}),
        "scopes": Call("scope", {}),
        "fields": Call("task.item.userfield.getlist", {"ORDER[ID]": "asc"}),
    }
    if task_id:
        calls["task"] = task_call(task_id, ["ID", "TITLE", "CHAT_ID", "STATUS"])
    try:
        url = read_webhook(webhook, settings.webhook_variable)
        safe = url.startswith(("https://", "http://127.", "http://localhost"))
        yield "webhook address", "ok", "" if safe else "http:// sends it in clear text"
        done = batch(run.http, url, calls).done
        me = inside(done, "me")
        name = cleaned(f"{text(me, 'NAME')} {text(me, 'LAST_NAME')}").strip()
        yield "webhook answers", "ok", f"as {name}"
        yield from granted(done.get("scopes"))
        yield field_line(settings, done.get("fields"))
        if task_id:
            yield task_line(task_id, done.get("task"))
    except Problem as problem:
        yield "webhook", "no", str(problem)
    yield from of_gitlab(run)
    yield from of_token(run, report, token)


def of_token(run: Run, report: Report, token: str) -> Iterator[Line]:
    """The optional token: without it there is nothing wrong."""
    name = report.settings.token_variable
    if not token:
        yield f"{name} reads commits", "not set", LOST
        return
    gitlab = GitLab(run.http, run.ci, token, 0)
    for what, works in (
        ("commits", reads(run, "repository/commits", token=token)),
        ("GraphQL", read_overview(inquire(gitlab, report, jobs=True)) is not None),
    ):
        yield f"{name} reads {what}", "ok" if works else "refused", "" if works else LOST


if __name__ == "__main__":
    start(perform)
