"""A Bitrix24 portal through an inbound webhook: many calls in one request.

https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reporter.bbcode import quoted
from reporter.errors import Problem, portal_problem
from reporter.gitlab_json import inside
from reporter.http import Http

MOST_CALLS = 50  # of one batch
BRACKETS = r"\[\]"
WEBHOOK = r"(https?://[^/\s?#@]+(?:/[^/\s?#]+)*?/rest/[0-9]+/[^/\s?#]+)(?:/.*)?"


class Card(NamedTuple):
    """A message that is kept up to date, and known by the address `url` in its first line.

    `dialog`: its chat; "" where it is a comment of the old task card. `about`: words for the log.
    """

    about: str
    task: int
    dialog: str
    url: str
    text: str


class Call(NamedTuple):
    """`params` by the names of a form, as `fields[TITLE]`; `about`: words for the job's log;
    `card`: what it writes or removes.
    """

    method: str
    params: Mapping[str, object]
    about: str = ""
    card: Card | None = None


class Results(NamedTuple):
    """Of a batch: the results and the failures by the keys of its calls."""

    done: Mapping[str, object]
    failed: Mapping[str, Problem]


def task_call(task: int, fields: Iterable[str]) -> Call:
    """Ask for a task with these fields; the others would not come."""
    select = {f"select[{number}]": field for number, field in enumerate(fields)}
    return Call("tasks.task.get", {"taskId": task, **select})


def read_webhook(url: str, variable: str) -> str:
    """Return `https://portal/rest/1/secret`, the credential itself. Raises Problem for another."""
    if not url:
        raise Problem(f"The variable {variable} is empty", "NO_WEBHOOK")
    webhook = re.fullmatch(WEBHOOK, url)
    if not webhook:
        raise Problem(
            f"The variable {variable} holds no address of an inbound webhook", "WRONG_WEBHOOK"
        )
    return webhook[1]


def encode(call: Call) -> str:
    """Return the call as a command of a batch: `method?a=1&b[c]=2`, as PHP reads it."""
    pairs = (f"{quoted(name, BRACKETS)}={quoted(str(v))}" for name, v in call.params.items())
    return f"{call.method}?{'&'.join(pairs)}"


def batch(http: Http, webhook: str, calls: Mapping[str, Call]) -> Results:
    """Make the calls in their order: one request for 50 of them.

    It is repeated once where nothing of it can have been carried out.
    """
    rows = [*calls.items()]
    first, rest = dict(rows[:MOST_CALLS]), dict(rows[MOST_CALLS:])
    try:
        results = send(http, webhook, first)
    except Problem as problem:
        if not problem.again or http.left() < http.wait:
            raise
        time.sleep(http.wait)
        results = send(http, webhook, first)
    more = batch(http, webhook, rest) if rest else Results({}, {})
    return Results({**results.done, **more.done}, {**results.failed, **more.failed})


def send(http: Http, webhook: str, calls: Mapping[str, Call]) -> Results:
    commands = {key: encode(call) for key, call in calls.items()}
    answer = http.ask(f"{webhook}/batch.json", {}, {"halt": 0, "cmd": commands})
    if 300 <= answer.status < 400:
        host = answer.location.partition("://")[2].partition("/")[0] or "another address"
        raise Problem(f"Bitrix24 answers that the portal has moved to {host}", "MOVED")
    result = inside({"": answer.body}, "", "result")
    if answer.status != 200 or not result:
        raise portal_problem(answer.status, answer.body)
    failed = inside(result, "result_error").items()
    errors = {key: portal_problem(200, body) for key, body in failed}
    return Results(inside(result, "result"), errors)
