"""Carrying a report out through the app: one request, by which the app hears of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from reporter.bbcode import clipped
from reporter.errors import Failure, Problem
from reporter.http import Answer, Output, Wire
from reporter.model import Report, to_json
from reporter.portal_json import whole
from reporter.send_to_portal import Delivered
from reporter.settings import Settings

# The app takes a megabyte.
MOST_DESCRIPTION = 5_000  # characters
MOST_MESSAGE = 1_000
# What the app's administrator has decided for every way a project may be heard.
OF_THE_APP = (
    "task_prefix", "language", "field", "chat", "chat_when", "tell_author", "on_open", "on_merge",
    "stage_open", "stage_merge",
)  # fmt: skip

APP_ERRORS = {
    401: (
        "The app does not accept the job's ID token",
        "its address in the input app-url differs from the one the app knows, or this GitLab "
        "is not connected to a portal",
        "compare the addresses, and connect GitLab on the app's settings page",
    ),
    403: (
        "The app knows this GitLab, and not this project",
        "the project is not among the chosen ones",
        "choose the project on the app's settings page",
    ),
    404: (
        "There is no app at this address", "app-url is wrong, or the app is older than reports",
        "open app-url in a browser and correct it, or update the app",
    ),
    422: (
        "The app does not understand the report", "the component is newer than the app",
        "update the app, or use an older version of the component",
    ),
}  # fmt: skip


def deliver_app(
    wire: Wire, url: str, token: str, report: Report, settings: Settings, out: Output
) -> Delivered:
    """One request; the app decides and writes. The same report twice is harmless to it."""
    sent = shortened(report)
    if sent != report:
        out.say("b24: of long texts the app sees the beginning: tasks named later are not found")
    if given := without_meaning(settings):
        out.say(f"b24: the app's own settings count in place of the inputs {', '.join(given)}")
    if settings.dry_run:
        out.say(f"b24: would send the report to {url}/ci/report")
        return Delivered()
    body = {"report": {name: told for name, told in to_json(sent).items() if name != "tasks"}}
    headers = {"Authorization": f"Bearer {token}"}
    answer = asked_once_more(wire, lambda: wire.post(f"{url}/ci/report", body, headers))
    return read_app(answer, url, out)


def is_app_address(url: str) -> bool:
    """An ID token does not travel in clear text, but for trials on the same machine."""
    return url.startswith(("https://", "http://127.0.0.1:"))


def shortened(report: Report) -> Report:
    """The texts as the app takes them. It reads them itself, so what the job found stays here."""
    requests = [
        replace(mr, description=clipped(mr.description, MOST_DESCRIPTION))
        for mr in report.merge_requests
    ]
    commits = [replace(one, message=clipped(one.message, MOST_MESSAGE)) for one in report.commits]
    return replace(report, merge_requests=tuple(requests), commits=tuple(commits))


def without_meaning(settings: Settings) -> list[str]:
    """The inputs somebody gave that mean nothing on this way."""
    usual = Settings()
    given = [name for name in OF_THE_APP if getattr(settings, name) != getattr(usual, name)]
    return [name.replace("_", "-") for name in given]


def asked_once_more(wire: Wire, ask: Callable[[], Answer]) -> Answer:
    """The answer; after none, or one of a server in trouble, that of a second try."""
    try:
        answer = ask()
        if answer.status < 500 or wire.left() < 1:
            return answer
    except Problem:
        if wire.left() < 1:
            raise
    wire.pause(1.0)
    return ask()


def read_app(answer: Answer, url: str, out: Output) -> Delivered:
    """What the app took, and the tasks that it found named."""
    host = urlsplit(url).netloc
    if not 200 <= answer.status < 300:
        raise Problem(refusal(answer, host))
    rows = answer.body.get("tasks") if isinstance(answer.body, dict) else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    found = {whole(row.get("id")): str(row.get("url") or "") for row in rows}
    found.pop(0, None)
    named = ", ".join(map(str, found)) or "none"
    out.say(f"b24: the app at {host} has the report; the tasks it names: {named}")
    return Delivered(list(found), [(f"#{id_}", link) for id_, link in found.items() if link])


def refusal(answer: Answer, host: str) -> Failure:
    down = (f"The app at {host} answers HTTP {answer.status}", "it is down", "retry the job later")
    what, why, change = APP_ERRORS.get(answer.status, down)
    said = answer.body.get("error") if isinstance(answer.body, dict) else None
    more = str(said.get("text") or "") if isinstance(said, Mapping) else ""
    what = f"{what}: {clipped(more, 200)}" if more and answer.status == 422 else what
    return Failure(what, why, change, code=f"HTTP {answer.status}")
