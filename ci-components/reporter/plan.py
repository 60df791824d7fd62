"""What is written to the portal: the difference between the report and what it shows. Pure."""

from __future__ import annotations

from reporter.bbcode import live_url
from reporter.cards import (
    FIELD_VALUES,
    card,
    chat_text,
    has_head,
    is_of_app,
    is_ours,
    key_of,
    state_line,
    told_author,
)
from reporter.model import NamedTask, Report
from reporter.portal_batch import MOST_CALLS, Call
from reporter.portal_json import AWAITING_CONTROL, COMPLETED, WAITING, Message, Task
from reporter.portal_queries import Portal, task_url, tells_author, tells_chat
from reporter.references import MENTION
from reporter.settings import DEPLOYMENT, Settings


def writes(report: Report, portal: Portal, settings: Settings) -> tuple[list[Call], int]:
    """The calls of the one batch, and how many tasks found no room in it."""
    shared = [*author_call(report, portal, settings), *chat_call(report, portal, settings)]
    calls: list[Call] = []
    left_out = 0
    for named in report.tasks:
        task = portal.tasks.get(named.id)
        own = task_calls(report, named, task, portal, settings) if task else []
        if len(calls) + len(own) + len(shared) > MOST_CALLS:
            left_out += 1
        else:
            calls += own
    return [*calls, *shared], left_out


def task_calls(
    report: Report, named: NamedTask, task: Task, portal: Portal, settings: Settings
) -> list[Call]:
    key = key_of(report, named)
    earlier = next(
        (
            one for one in portal.messages.get(task.id, ())
            if has_head(one.text, key) and one.author_id == portal.me and is_ours(one.text)
        ),
        None,
    )  # fmt: skip
    if app_tells(report, task, portal):
        about = f"task {task.id}: card left to the app"
        return [remove(task, earlier, about)] if earlier else []
    return [
        *card_calls(report, named, task, earlier, portal, settings),
        *field_calls(report, named, task, settings),
        *move_calls(report, named, task, earlier, portal, settings),
    ]


def app_tells(report: Report, task: Task, portal: Portal) -> bool:
    return any(is_of_app(one.text, report) for one in portal.messages.get(task.id, ()))


def card_calls(
    report: Report,
    named: NamedTask,
    task: Task,
    earlier: Message | None,
    portal: Portal,
    settings: Settings,
) -> list[Call]:
    text = card(report, named, settings.language)
    about = f"task {task.id}: card"
    if earlier and earlier.text.strip() == text:
        return []
    if earlier and earlier.editable:
        return [edit(task, earlier, text, f"{about} edited")]
    return [*join(task, portal.me), post(task, text, f"{about} written")]


def remove(task: Task, earlier: Message, about: str) -> Call:
    if task.chat_id:
        return Call("im.message.delete", {"MESSAGE_ID": earlier.id}, about)
    return Call("task.commentitem.delete", {"TASKID": task.id, "ITEMID": earlier.id}, about)


def edit(task: Task, earlier: Message, text: str, about: str) -> Call:
    if task.chat_id:
        fields = {"MESSAGE_ID": earlier.id, "MESSAGE": text, "URL_PREVIEW": "N"}
        return Call("im.message.update", fields, about)
    fields = {"TASKID": task.id, "ITEMID": earlier.id, "FIELDS": {"POST_MESSAGE": text}}
    return Call("task.commentitem.update", fields, about)


def post(task: Task, text: str, about: str) -> Call:
    if task.chat_id:
        fields = {"DIALOG_ID": f"chat{task.chat_id}", "MESSAGE": text, "URL_PREVIEW": "N"}
        return Call("im.message.add", fields, about)
    fields = {"TASKID": task.id, "FIELDS": {"POST_MESSAGE": text}}
    return Call("task.commentitem.add", fields, about)


def join(task: Task, me: int) -> list[Call]:
    """Only members of a task write into its chat: somebody else first becomes its observer."""
    if not task.chat_id or not me or me in task.members:
        return []
    about = f"task {task.id}: the webhook's user observes it now"
    return [Call("tasks.task.startwatch", {"taskId": task.id}, about)]


def field_calls(report: Report, named: NamedTask, task: Task, settings: Settings) -> list[Call]:
    """A task that is only mentioned keeps the status of its own work, one deployed of its own."""
    value = FIELD_VALUES.get(report.status)
    if not settings.field or not value or named.kind == MENTION or task.field == value:
        return []
    fields = {"taskId": task.id, "fields": {settings.field: value}}
    return [Call("tasks.task.update", fields, f"task {task.id}: {settings.field} = {value}")]


def move_calls(
    report: Report,
    named: NamedTask,
    task: Task,
    earlier: Message | None,
    portal: Portal,
    settings: Settings,
) -> list[Call]:
    """Once for each state of a merge request: the earlier card says which was the last.

    So nobody who moved the task by hand sees it moved again by a repeated job.
    """
    mr = report.merge_request_of(named)
    if mr is None or named.kind == MENTION or report.mode == DEPLOYMENT:
        return []
    if earlier and state_line(mr, settings.language) in earlier.text.split("\n"):
        return []
    if mr.state == "merged":
        return [
            *status_call(task, settings.on_merge == "complete", "complete"),
            *stage_call(task, settings.stage_merge, portal),
        ]
    if mr.state in ("opened", "locked"):
        return [
            *status_call(task, settings.on_open == "start", "start"),
            *stage_call(task, settings.stage_open, portal),
        ]
    return []


def status_call(task: Task, wanted: bool, action: str) -> list[Call]:
    """Work is started from waiting only; what is done stays done.

    https://apidocs.bitrix24.com/api-reference/tasks/status/
    """
    from_here = task.status == WAITING or (
        action == "complete" and task.status not in (COMPLETED, AWAITING_CONTROL)
    )
    if not wanted or not from_here or action not in task.actions:
        return []
    return [Call(f"tasks.task.{action}", {"taskId": task.id}, f"task {task.id}: {action}")]


def stage_call(task: Task, wanted: str, portal: Portal) -> list[Call]:
    stage = portal.stages.get((task.group_id, wanted), 0) if wanted else 0
    if not stage or stage == task.stage_id:
        return []
    fields = {"id": task.id, "stageId": stage}
    return [Call("task.stages.movetask", fields, f"task {task.id}: column {wanted}")]


def author_call(report: Report, portal: Portal, settings: Settings) -> list[Call]:
    """A repeated report replaces the notification of the same TAG; the app tells by itself.

    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html
    """
    own = [task for task in portal.tasks.values() if not app_tells(report, task, portal)]
    if not portal.author or not own or not tells_author(report, settings):
        return []
    tag = f"b24bridge:ci:{report.project_id}:{report.pipeline_id}"
    text = told_author(report, settings.language)
    fields = {"USER_ID": portal.author, "MESSAGE": text, "TAG": tag}
    return [Call("im.notify.personal.add", fields, "the author is told of the failure")]


def chat_call(report: Report, portal: Portal, settings: Settings) -> list[Call]:
    """One message a pipeline, edited when the job runs again."""
    if not tells_chat(report, settings):
        return []
    tasks = [(task_url(portal, task), task.title) for task in portal.tasks.values()]
    text = chat_text(report, tasks, settings.language)
    key = live_url(report.pipeline_url)
    earlier = next(
        (m for m in portal.chat if m.author_id == portal.me and has_head(m.text, key)), None
    )
    if earlier and earlier.text.strip() == text:
        return []
    fields = {"MESSAGE": text, "URL_PREVIEW": "N"}
    if earlier and earlier.editable:
        call = {"MESSAGE_ID": earlier.id, **fields}
        return [Call("im.message.update", call, "the chat's message edited")]
    call = {"DIALOG_ID": settings.chat, **fields}
    return [Call("im.message.add", call, "message in the chat written")]
