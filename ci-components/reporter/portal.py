"""A Bitrix24 portal through an inbound webhook: two reads and one write, each one request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from reporter.errors import (
    Failure,
    Problem,
    hidden_tasks,
    missing_webhook,
    moved_portal,
    portal_failure,
    wrong_webhook,
)
from reporter.http import Answer, Wire
from reporter.model import Report
from reporter.portal_batch import Call, encode
from reporter.portal_json import Task
from reporter.portal_queries import (
    Portal,
    first_read,
    portal_address,
    read_portal,
    read_tasks,
    second_read,
)
from reporter.settings import Settings

WEBHOOK = re.compile(r"(https?://[^/\s?#@]+(?:/[^/\s?#]+)*?/rest/[0-9]+/[^/\s?#]+)(?:/.*)?")


# The first letter of a key → what was asked. A chat that cannot be read is written to all the same,
# and that is what fails.
ASKED = {"t": "task", "a": "author", "s": "columns"}


@dataclass(frozen=True)
class Webhook:
    """`base`: `https://portal/rest/1/secret`, which is the credential itself."""

    base: str
    variable: str

    @property
    def secret(self) -> str:
        return self.base.rpartition("/")[2]


def read_webhook(url: str, variable: str) -> Webhook:
    """The webhook in a variable's value. Raises Problem where there is none."""
    if not url:
        raise Problem(missing_webhook(variable))
    found = WEBHOOK.fullmatch(url)
    if not found:
        raise Problem(wrong_webhook(variable))
    return Webhook(found[1], variable)


@dataclass(frozen=True)
class Results:
    """Of a batch: the results and the failures by the keys of its calls."""

    done: Mapping[str, object]
    failed: Mapping[str, Failure]


def batch(wire: Wire, webhook: Webhook, calls: Mapping[str, Call]) -> Results:
    """One request. It is repeated once where nothing of it can have been carried out."""
    body = {"halt": 0, "cmd": {key: encode(call) for key, call in calls.items()}}
    try:
        return send(wire, webhook, body)
    except Problem as problem:
        if not problem.failure.again or wire.left() < 1:
            raise
    wire.pause(1.0)
    return send(wire, webhook, body)


def send(wire: Wire, webhook: Webhook, body: object) -> Results:
    return read_results(wire.post(f"{webhook.base}/batch.json", body), webhook)


def read_results(answer: Answer, webhook: Webhook) -> Results:
    if 300 <= answer.status < 400:
        raise Problem(moved_portal(urlsplit(answer.location).netloc, webhook.variable))
    result = answer.body.get("result") if isinstance(answer.body, dict) else None
    if answer.status != 200 or not isinstance(result, dict):
        raise Problem(portal_failure(answer.status, answer.body, variable=webhook.variable))
    done, failed = result.get("result"), result.get("result_error")
    errors = failed.items() if isinstance(failed, dict) else ()
    return Results(
        done if isinstance(done, dict) else {},
        {key: portal_failure(200, body, variable=webhook.variable) for key, body in errors},
    )


def read_all(
    wire: Wire, webhook: Webhook, report: Report, settings: Settings, *, email: str, now: datetime
) -> tuple[Portal, list[str]]:
    """The portal as far as it may be seen, and what was refused, in words."""
    first = batch(wire, webhook, first_read(report, settings, email))
    tasks = read_tasks(first.done, settings.field)
    answers, failed = dict(first.done), dict(first.failed)
    asked = second_read(tasks, report, settings) if tasks else {}
    if asked:
        second = batch(wire, webhook, asked)
        answers.update(second.done)
        failed.update(second.failed)
    portal = read_portal(portal_address(webhook.base), answers, tasks, settings, now)
    return portal, refusals(failed, tasks, report)


def refusals(failed: Mapping[str, Failure], tasks: Mapping[int, Task], report: Report) -> list[str]:
    """What people should know. A chat that is not ours yet is joined when it is written to."""
    said = {f"{ASKED[key[0]]}: {one}" for key, one in failed.items() if key[0] in ASKED}
    hidden = [task.id for task in report.tasks if task.id not in tasks]
    if hidden and not any(key[0] == "t" for key in failed):
        said.add(str(hidden_tasks(hidden)))
    return sorted(said)
