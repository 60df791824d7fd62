"""Carrying a report out straight to the portal."""

from __future__ import annotations

from reporter.errors import Problem, of_part
from reporter.files import write_files
from reporter.http import Http, Output
from reporter.model import Report
from reporter.plan import OLD_EDIT, Mode, instead_of, writes
from reporter.portal_batch import Call, batch, encode
from reporter.portal_queries import read_all, task_link


def send_to_portal(http: Http, webhook: str, report: Report, mode: Mode, out: Output) -> int:
    """Read what there is, then write the difference in one batch. Return the exit code."""
    portal = read_all(http, webhook, report, mode)
    calls, left_out = writes(report, portal, mode)
    tasks = [(task.id, *task_link(portal, task)) for task in portal.tasks.values()]
    links = [(f"#{task_id} {title}", url) for task_id, title, url in tasks]
    write_files([task.id for task in report.tasks], links)
    problems = portal.problems
    if left_out:
        what = f"{left_out} tasks found no room in one batch of 50 calls"
        problems.append(Problem(what, "NO_ROOM", mild=True))
    if report.settings.dry_run == "true":
        for call in calls:
            out.say(f"would do: {call.about or call.method}\n  {encode(call)}")
    elif calls:
        refused = carry_out(http, webhook, calls, problems, out)
        again = [instead_of(call) for call in refused if call.method == OLD_EDIT]
        if again:
            carry_out(http, webhook, again, problems, out)
    else:
        out.say("nothing has changed, nothing is written")
    for problem in problems:
        out.say(f"not done: {problem}")
    return 0 if all(problem.mild for problem in problems) else 1


def carry_out(
    http: Http, webhook: str, calls: list[Call], problems: list[Problem], out: Output
) -> list[Call]:
    """Say what is done, and return what is refused."""
    keyed = {f"w{number}": call for number, call in enumerate(calls)}
    failed, refused = batch(http, webhook, keyed).failed, []
    for key, call in keyed.items():
        problem = failed.get(key)
        if problem is None:
            out.say(call.about)
            continue
        refused.append(call)
        if call.method != OLD_EDIT:
            problems.append(of_part(problem, call.about))
    return refused
