"""Carrying a report out straight to the portal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reporter.errors import no_room
from reporter.http import Output, Wire
from reporter.model import Report
from reporter.plan import writes
from reporter.portal import Results, Webhook, batch, read_all
from reporter.portal_batch import Call, encode
from reporter.portal_queries import Portal, task_url
from reporter.settings import Settings


@dataclass
class Delivered:
    """`tasks`: ids, for later jobs. `links`: their labels and addresses, for the job's page.

    `problems`: what was not done, in words.
    """

    tasks: list[int] = field(default_factory=list)
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
    named = [task.id for task in report.tasks]
    delivered = Delivered(named, task_links(portal), refused)
    if left_out:
        delivered.problems.append(str(no_room(left_out)))
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
