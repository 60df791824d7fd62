"""Carrying a report out straight to the portal."""

from __future__ import annotations

from reporter.ci_variables import number
from reporter.errors import Problem, of_part
from reporter.files import write_files
from reporter.http import Http, Output
from reporter.model import Report
from reporter.plan import Mode, action_of, others, write, writes
from reporter.portal_batch import Call, batch, encode
from reporter.portal_json import Portal, read_messages
from reporter.portal_queries import discussion, read_all, task_link


def send_to_portal(http: Http, webhook: str, report: Report, mode: Mode, out: Output) -> int:
    """Read what there is, then write the difference in one batch. Return the exit code."""
    portal = read_all(http, webhook, report, mode)
    calls, left_out = writes(report, portal, mode)
    tasks = portal.tasks.values()
    links = [
        (f"#{task.id} {title}", url) for task in tasks for title, url in [task_link(portal, task)]
    ]
    write_files([task.id for task in report.tasks], links)
    problems = portal.problems
    if left_out:
        problems.append(
            Problem(
                f"{left_out} tasks found no room in one batch of 50 calls", "NO_ROOM", mild=True
            )
        )
    if report.settings.dry_run == "true":
        for call in calls:
            out.say(f"would do: {call.about or call.method}\n  {encode(call)}")
    elif not calls:
        out.say("nothing has changed, nothing is written")
    else:
        while calls:
            calls = carry_out(http, webhook, calls, report, portal, mode, out)
    for problem in problems:
        out.say(f"not done: {problem}")
    return 0 if all(problem.mild for problem in problems) else 1


def carry_out(
    http: Http, webhook: str, calls: list[Call], report: Report, portal: Portal, mode: Mode,
    out: Output,
) -> list[Call]:  # fmt: skip
    """Say what is done, and return what is still to do.

    A new card for one that may not be edited; of cards that several jobs posted at the same
    instant, all but one go. What is to go and does not, may have gone already.
    """
    keyed, later = {f"w{number}": call for number, call in enumerate(calls)}, []
    looks = {
        f"r{key}": discussion(call.card.dialog, call.card.task)
        for key, call in keyed.items() if call.card and action_of(call) == "add"
    }  # fmt: skip
    results = batch(http, webhook, keyed | looks)
    for key, call in keyed.items():
        action, card, problem = action_of(call), call.card, results.failed.get(key)
        if problem and card and action == "update" and not problem.again:
            later.append(write(card, "add", "written anew"))
        elif problem and action != "delete":
            portal.problems.append(of_part(problem, call.about))
        elif not problem:
            out.say(call.about)
            if card and action == "add":
                messages = read_messages(results.done.get(f"r{key}"))
                own = number(results.done.get(key))
                later += others(report, card, own, messages, portal, mode)
    return later
