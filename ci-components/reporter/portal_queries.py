"""What is asked of the portal, and what the answers tell."""

from __future__ import annotations

from reporter.bbcode import cleaned
from reporter.ci_variables import number
from reporter.errors import Problem, of_part
from reporter.gitlab_json import inside
from reporter.http import Http
from reporter.model import Report
from reporter.plan import Mode
from reporter.portal_batch import Call, batch, task_call
from reporter.portal_json import Portal, Task, dialog_of, read_messages, read_task

SELECT = (
    "ID", "TITLE", "STATUS", "CHAT_ID", "GROUP_ID", "STAGE_ID", "CREATED_BY", "RESPONSIBLE_ID",
    "ACCOMPLICES", "AUDITORS",
)  # fmt: skip
# The first letter of a key → what was asked. A chat that cannot be read is written to all the same,
# and that is what fails.
ASKED = {"t": "task", "a": "author", "s": "columns"}


def read_all(http: Http, webhook: str, report: Report, mode: Mode) -> Portal:
    """Read who we are and the tasks; then their messages, and what else the mode asks for."""
    results = batch(http, webhook, first_read(report) | mode.ask(report))
    tasks, failed = {}, dict(results.failed)
    for named in report.tasks:
        row = inside(results.done, f"t{named.id}", "task")  # one that is hidden is an empty list
        if number(row.get("id")) == named.id:
            tasks[named.id] = read_task(row, report.settings.field)
    me = number(inside(results.done, "me").get("ID"))
    portal = Portal("/".join(webhook.split("/")[:3]), me, tasks, dict(results.done), {}, [])
    if tasks:
        calls = {f"m{id_}": discussion(dialog_of(task), id_) for id_, task in tasks.items()}
        calls |= mode.ask_more(report, portal)
        more = batch(http, webhook, calls)
        portal.results.update(more.done)
        failed.update(more.failed)
    portal.messages.update((id_, read_messages(portal.results.get(f"m{id_}"))) for id_ in tasks)
    portal.problems.extend(refusals(failed, portal, report))
    return portal


def first_read(report: Report) -> dict[str, Call]:
    fields = [*SELECT, *filter(None, [report.settings.field])]
    calls = {f"t{task.id}": task_call(task.id, fields) for task in report.tasks}
    return {"me": Call("profile", {}), **calls}


def discussion(dialog: str, task: int = 0) -> Call:
    """Ask for the newest messages of a chat, or for the comments of a task on the old card."""
    if dialog:
        return Call("im.dialog.messages.get", {"DIALOG_ID": dialog, "LIMIT": 50})
    newest = {"TASKID": task, "ORDER[ID]": "desc", "FILTER[>ID]": 0}
    return Call("task.commentitem.getlist", newest)


def refusals(failed: dict[str, Problem], portal: Portal, report: Report) -> list[Problem]:
    """Return each refusal once. A chat that is not ours yet is joined when it is written to."""
    refused = [
        of_part(problem, ASKED[key[0]]) for key, problem in failed.items() if key[0] in ASKED
    ]
    found = {problem.what: problem for problem in refused}
    hidden = ", ".join(str(task.id) for task in report.tasks if task.id not in portal.tasks)
    if hidden and not any(key[0] == "t" for key in failed):
        what = f"not found, or hidden from the webhook's owner: task {hidden}"
        found[what] = Problem(what, "HIDDEN_TASK", mild=True)
    return [*found.values()]


def task_link(portal: Portal, task: Task) -> tuple[str, str]:
    """Return a task's title and address."""
    own, group = f"company/personal/user/{portal.me}", f"workgroups/group/{task.group_id}"
    place = group if task.group_id else own
    return cleaned(task.title), f"{portal.address}/{place}/tasks/task/view/{task.id}/"
