"""Carrying a report out: straight to the portal, or through the app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from reporter.asking import Portal, task_url
from reporter.calls import Call, encode
from reporter.errors import Failure, Problem
from reporter.model import Report, to_json
from reporter.plan import writes
from reporter.portal import Results, Webhook, batch, read_all
from reporter.settings import Settings
from reporter.wire import Answer, Output, Wire


@dataclass
class Delivered:
    """`links`: label and address of the tasks; `problems`: what was not done, in words."""

    links: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def deliver_direct(
    wire: Wire,
    webhook: Webhook,
    report: Report,
    settings: Settings,
    out: Output,
    *,
    email: str,
    now: datetime,
) -> Delivered:
    """Reads what there is, then writes the difference in one batch."""
    portal, refused = read_all(wire, webhook, report, settings, email=email, now=now)
    calls, left_out = writes(report, portal, settings)
    delivered = Delivered(task_links(portal), refused)
    if left_out:
        delivered.problems.append(f"{left_out} tasks found no room in one batch of 50 calls")
    if settings.dry_run:
        for call in calls:
            out.say(f"b24: would do: {call.about or call.method}\n  {encode(call)}")
    elif calls:
        keyed = {f"w{number}": call for number, call in enumerate(calls)}
        told(keyed, batch(wire, webhook, keyed), delivered, out)
    else:
        out.say("b24: nothing has changed, nothing is written")
    return delivered


def told(calls: Mapping[str, Call], results: Results, delivered: Delivered, out: Output) -> None:
    for key, call in calls.items():
        failure = results.failed.get(key)
        if failure:
            delivered.problems.append(f"{call.about}: {failure}")
        else:
            out.say(f"b24: {call.about}")


def task_links(portal: Portal) -> list[tuple[str, str]]:
    return [(f"#{one.id} {one.title}", task_url(portal, one)) for one in portal.tasks.values()]


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
    body = {"report": to_json(report), "settings": app_settings(settings)}
    if settings.dry_run:
        out.say(f"b24: would send the report to {url}/ci/report")
        return Delivered()
    headers = {"Authorization": f"Bearer {token}"}
    answer = asked_once_more(wire, lambda: wire.post(f"{url}/ci/report", body, headers))
    return read_app(answer, url, out)


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


def app_settings(settings: Settings) -> dict[str, object]:
    """What the app cannot know from its own settings."""
    return {
        "language": settings.language,
        "chat": settings.chat,
        "chat_when": settings.chat_when,
        "tell_author": settings.tell_author,
    }


def read_app(answer: Answer, url: str, out: Output) -> Delivered:
    host = urlsplit(url).netloc
    if not 200 <= answer.status < 300:
        what, why, change = APP_ERRORS.get(
            answer.status,
            (
                f"The app at {host} answers HTTP {answer.status}",
                "it is down",
                "retry the job later",
            ),
        )
        raise Problem(Failure(what, why, change, code=f"HTTP {answer.status}"))
    out.say(f"b24: the app at {host} has the report")
    rows = answer.body.get("tasks") if isinstance(answer.body, dict) else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return Delivered(
        [(f"#{row.get('id')} {row.get('title', '')}", str(row.get("url"))) for row in rows]
    )
