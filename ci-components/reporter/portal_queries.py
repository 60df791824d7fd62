"""What is asked of the portal in two reads, and what the answers tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from reporter.model import Report
from reporter.portal_batch import MOST_CALLS, Call
from reporter.portal_json import (
    Message,
    Task,
    find_stage,
    listed,
    read_messages,
    read_task,
    whole,
)
from reporter.settings import DEPLOYMENT, EARLY, Settings

SELECT = (
    "ID", "TITLE", "STATUS", "CHAT_ID", "GROUP_ID", "STAGE_ID", "CREATED_BY", "RESPONSIBLE_ID",
    "ACCOMPLICES", "AUDITORS",
)  # fmt: skip


@dataclass(frozen=True)
class Portal:
    """What was read. `me`, `author`: user ids, 0 where not known. `messages`: by task id."""

    address: str
    me: int
    author: int
    tasks: Mapping[int, Task]
    messages: Mapping[int, list[Message]]
    stages: Mapping[int, int]
    chat: list[Message]


def first_read(report: Report, settings: Settings, email: str) -> dict[str, Call]:
    """Who we are, the tasks, and the author where a failure is to be told."""
    select = [*SELECT, settings.field] if settings.field else list(SELECT)
    calls = {"me": Call("profile", {})}
    for task in report.tasks:
        calls[f"t{task.id}"] = Call("tasks.task.get", {"taskId": task.id, "select": select})
    if email and tells_author(report, settings):
        calls["author"] = Call("user.get", {"FILTER": {"EMAIL": email}})
    return calls


def second_read(tasks: Mapping[int, Task], report: Report, settings: Settings) -> dict[str, Call]:
    """The newest messages of each task, the columns of their groups, the chat."""
    calls = {f"m{task.id}": discussion(task) for task in tasks.values()}
    wanted = settings.stage_open or settings.stage_merge
    if wanted and settings.mode != DEPLOYMENT:
        for group in sorted({task.group_id for task in tasks.values() if task.group_id}):
            calls[f"s{group}"] = Call("task.stages.get", {"entityId": group})
    if tells_chat(report, settings):
        calls["chat"] = Call("im.dialog.messages.get", {"DIALOG_ID": settings.chat, "LIMIT": 50})
    return dict(list(calls.items())[:MOST_CALLS])


def discussion(task: Task) -> Call:
    if task.chat_id:
        dialog = {"DIALOG_ID": f"chat{task.chat_id}", "LIMIT": 50}
        return Call("im.dialog.messages.get", dialog)
    by_position = {"TASKID": task.id, "ORDER": {"ID": "desc"}, "FILTER": {">ID": 0}}
    return Call("task.commentitem.getlist", by_position)


def read_tasks(answers: Mapping[str, object], field: str) -> dict[int, Task]:
    """A task that is missing, or hidden from the webhook's user, is an empty list."""
    found = {}
    for key, result in answers.items():
        row = result.get("task") if key.startswith("t") and isinstance(result, dict) else None
        if isinstance(row, dict) and whole(row.get("id")):
            task = read_task(row, field)
            found[task.id] = task
    return found


def read_portal(
    address: str,
    answers: Mapping[str, object],
    tasks: Mapping[int, Task],
    settings: Settings,
    now: datetime,
) -> Portal:
    """`answers`: of both reads; what was refused is not among them."""
    me = answers.get("me")
    authors = [row for row in listed(answers.get("author")) if isinstance(row, dict)]
    stages = {}
    for key, result in answers.items():
        for wanted in (settings.stage_open, settings.stage_merge):
            if key[0] == "s" and wanted:
                stages[int(key[1:]), wanted] = find_stage(result, wanted)
    return Portal(
        address=address,
        me=whole(me.get("ID")) if isinstance(me, dict) else 0,
        author=next((whole(row.get("ID")) for row in authors if row.get("ACTIVE")), 0),
        tasks=tasks,
        messages={
            id_: read_messages(answers[f"m{id_}"], now) for id_ in tasks if f"m{id_}" in answers
        },
        stages=stages,
        chat=read_messages(answers.get("chat"), now),
    )


def tells_author(report: Report, settings: Settings) -> bool:
    return settings.tell_author and report.status == "failed" and settings.mode != EARLY


def tells_chat(report: Report, settings: Settings) -> bool:
    rules = {
        "always": settings.mode != EARLY,
        "failed": report.status == "failed",
        "deployments": bool(report.deployments),
    }
    return bool(settings.chat) and rules.get(settings.chat_when, False)


def portal_address(webhook: str) -> str:
    parts = urlsplit(webhook)
    return f"{parts.scheme}://{parts.netloc}"


def task_url(portal: Portal, task: Task) -> str:
    place = (
        f"workgroups/group/{task.group_id}"
        if task.group_id
        else f"company/personal/user/{portal.me}"
    )
    return f"{portal.address}/{place}/tasks/task/view/{task.id}/"
