"""What is asked of the portal, and what the answers tell."""

from __future__ import annotations

from collections.abc import Iterable

from reporter.bbcode import cleaned
from reporter.ci_variables import number
from reporter.errors import Problem
from reporter.gitlab_json import inside
from reporter.http import Http
from reporter.model import Report
from reporter.portal_batch import MOST_CALLS, Call, batch
from reporter.portal_json import Message, Task, find_stage, listed, read_messages, read_task

SELECT = (
    "ID", "TITLE", "STATUS", "CHAT_ID", "GROUP_ID", "STAGE_ID", "CREATED_BY", "RESPONSIBLE_ID",
    "ACCOMPLICES", "AUDITORS",
)  # fmt: skip
# The first letter of a key → what was asked. A chat that cannot be read is written to all the same,
# and that is what fails.
ASKED = {"t": "task", "a": "author", "s": "columns"}


class Portal:
    """What was read. `me`, `author`: user ids, 0 where not known. `messages`: by task id.

    `stages`: the id of a column by group and name. `problems`: what people should know.
    """

    def __init__(self, webhook: str) -> None:
        self.address = "/".join(webhook.split("/")[:3])
        self.me = self.author = 0
        self.tasks: dict[int, Task] = {}
        self.messages: dict[int, list[Message]] = {}
        self.stages: dict[tuple[int, str], int] = {}
        self.chat: list[Message] = []
        self.problems: list[Problem] = []


def read_all(http: Http, webhook: str, report: Report, *, moves: bool) -> Portal:
    """Read who we are, the tasks and the author; then messages, columns and the chat.

    `moves`: whether tasks may change their columns.
    """
    portal, settings = Portal(webhook), report.settings
    results = batch(http, webhook, first_read(report))
    done, failed = dict(results.done), dict(results.failed)
    for task_id in [named.id for named in report.tasks]:
        row = inside(done, f"t{task_id}", "task")  # a task that is hidden is an empty list
        if number(row.get("id")) == task_id:
            portal.tasks[task_id] = read_task(row, settings.field)
    stages = [name for name in (settings.stage_open, settings.stage_merge) if name and moves]
    if portal.tasks:
        results = batch(http, webhook, second_read(portal.tasks.values(), report, stages))
        done.update(results.done)
        failed.update(results.failed)
    authors = [row for row in listed(done.get("author")) if isinstance(row, dict)]
    portal.me = number(inside(done, "me").get("ID"))
    portal.author = next((number(row.get("ID")) for row in authors if row.get("ACTIVE")), 0)
    portal.chat = read_messages(done.get("chat"))
    portal.messages = {id_: read_messages(done.get(f"m{id_}")) for id_ in portal.tasks}
    for group in {task.group_id for task in portal.tasks.values()}:
        for name in stages:
            portal.stages[group, name] = find_stage(done.get(f"s{group}"), name)
    portal.problems = refusals(failed, portal, report)
    return portal


def first_read(report: Report) -> dict[str, Call]:
    select = [*SELECT, *filter(None, [report.settings.field])]
    calls = {"me": Call("profile", {})}
    for task in report.tasks:
        calls[f"t{task.id}"] = Call("tasks.task.get", {"taskId": task.id, "select": select})
    email = report.ci["GITLAB_USER_EMAIL"]
    if email and report.settings.tell_author and report.status == "failed":
        calls["author"] = Call("user.get", {"FILTER": {"EMAIL": email}})
    return calls


def second_read(tasks: Iterable[Task], report: Report, stages: list[str]) -> dict[str, Call]:
    calls = {f"m{task.id}": discussion(task) for task in tasks}
    for group in sorted({task.group_id for task in tasks if task.group_id and stages}):
        calls[f"s{group}"] = Call("task.stages.get", {"entityId": group})
    if tells_chat(report):
        calls["chat"] = newest(report.settings.chat)
    return dict([*calls.items()][:MOST_CALLS])


def discussion(task: Task) -> Call:
    if task.chat_id:
        return newest(f"chat{task.chat_id}")
    by_position = {"TASKID": task.id, "ORDER": {"ID": "desc"}, "FILTER": {">ID": 0}}
    return Call("task.commentitem.getlist", by_position)


def newest(dialog: str) -> Call:
    return Call("im.dialog.messages.get", {"DIALOG_ID": dialog, "LIMIT": 50})


def refusals(failed: dict[str, Problem], portal: Portal, report: Report) -> list[Problem]:
    """Return each refusal once. A chat that is not ours yet is joined when it is written to."""
    found: dict[str, Problem] = {}
    for key, problem in failed.items():
        if key[0] in ASKED:
            what = f"{ASKED[key[0]]}: {problem}".removesuffix(f" ({problem.code}).")
            found[what] = Problem(what, problem.code, mild=problem.mild)
    hidden = [str(task.id) for task in report.tasks if task.id not in portal.tasks]
    if hidden and not any(key[0] == "t" for key in failed):
        what = f"not found, or hidden from the webhook's owner: task {', '.join(hidden)}"
        found[what] = Problem(what, "HIDDEN_TASK", mild=True)
    return [*found.values()]


def tells_chat(report: Report) -> bool:
    """Tell whether the input chat-when wants this report."""
    settings = report.settings
    rules = {
        "always": True,
        "failed": report.status == "failed",
        "deployments": bool(report.deployments),
    }
    early = report.status == "running" and report.jobs is None
    return bool(settings.chat) and rules.get(settings.chat_when, False) and not early


def task_link(portal: Portal, task: Task) -> tuple[str, str]:
    """Return a task's title and address."""
    own, group = f"company/personal/user/{portal.me}", f"workgroups/group/{task.group_id}"
    place = group if task.group_id else own
    return cleaned(task.title), f"{portal.address}/{place}/tasks/task/view/{task.id}/"
