"""What is written to the portal: the difference between the report and what it shows. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from reporter.cards import (
    chat_text,
    is_about,
    is_of_app,
    is_ours,
    notification,
    shown_pipeline,
    state_line,
)
from reporter.model import NamedTask, Report
from reporter.portal_batch import MOST_CALLS, Call
from reporter.portal_json import AWAITING_CONTROL, COMPLETED, WAITING, Message, Task
from reporter.portal_queries import Portal, task_link, tells_chat
from reporter.references import ENDING, WORK

# What UF_CI_STATUS says of a pipeline, in the app's words; of an unknown one it says nothing new.
SAME = ("running", "failed", "canceled", "skipped", "manual")
FIELD_VALUES = {"success": "passed", **{status: status for status in SAME}}
OLD_EDIT = "task.commentitem.update"


class Mode(NamedTuple):
    """What a template reports: its card, the address in the card's head, whether tasks move."""

    card: Callable[[Report, NamedTask], str]
    url: Callable[[Report, NamedTask], str]
    moves: bool


def writes(report: Report, portal: Portal, mode: Mode) -> tuple[list[Call], int]:
    """Return the calls of the one batch, and how many tasks found no room in it."""
    shared = author_call(report, portal) + chat_call(report, portal)
    calls: list[Call] = []
    left_out = 0
    for named in report.tasks:
        task = portal.tasks.get(named.id)
        own = task_calls(report, named, task, portal, mode) if task else []
        if len(calls) + len(own) + len(shared) > MOST_CALLS:
            left_out += 1
        else:
            calls += own
    return calls + shared, left_out


def task_calls(
    report: Report, named: NamedTask, task: Task, portal: Portal, mode: Mode
) -> list[Call]:
    earlier = earlier_card(report, named, portal, mode)
    if app_tells(report, task, portal):
        return [remove(task, earlier)] if earlier else []
    if is_overtaken(report, named, portal, mode):
        return []
    calls = card_calls(mode.card(report, named), task, earlier, portal)
    if named.kind not in WORK:  # it keeps the status of its own work
        return calls
    field, value = report.settings.field, FIELD_VALUES.get(report.status)
    if field and value and task.field != value:
        change = {"taskId": task.id, "fields": {field: value}}
        calls.append(Call("tasks.task.update", change, f"task {task.id}: {field} = {value}"))
    return calls + move_calls(report, named, task, earlier, portal) if mode.moves else calls


def earlier_card(report: Report, named: NamedTask, portal: Portal, mode: Mode) -> Message | None:
    url, messages = mode.url(report, named), portal.messages.get(named.id, [])
    return next((m for m in messages if is_card(m, url, portal) and is_ours(m.text)), None)


def is_overtaken(report: Report, named: NamedTask, portal: Portal, mode: Mode) -> bool:
    """Tell whether a newer pipeline has reported; an old one may deploy later than it."""
    earlier = earlier_card(report, named, portal, mode)
    shown = shown_pipeline(earlier.text) if earlier else 0
    return mode.moves and shown > report.pipeline


def is_card(message: Message, url: str, portal: Portal) -> bool:
    return message.author_id == portal.me and is_about(message.text, url)


def app_tells(report: Report, task: Task, portal: Portal) -> bool:
    return any(is_of_app(message.text, report) for message in portal.messages.get(task.id, ()))


def card_calls(text: str, task: Task, earlier: Message | None, portal: Portal) -> list[Call]:
    """Only members of a task write into its chat: somebody else first becomes its observer."""
    about = f"task {task.id}: card"
    if earlier and earlier.text.strip() == text:
        return []
    if earlier and earlier.editable:
        return [edit(task, earlier, text, f"{about} edited")]
    calls = [post(task, text, f"{about} written")]
    if task.chat_id and portal.me and portal.me not in task.members:
        observes = f"task {task.id}: the webhook's user observes it now"
        calls.insert(0, Call("tasks.task.startwatch", {"taskId": task.id}, observes))
    return calls


def remove(task: Task, earlier: Message) -> Call:
    about = f"task {task.id}: card left to the app"
    if task.chat_id:
        return Call("im.message.delete", {"MESSAGE_ID": earlier.id}, about)
    return Call("task.commentitem.delete", {"TASKID": task.id, "ITEMID": earlier.id}, about)


def edit(task: Task, earlier: Message, text: str, about: str) -> Call:
    if task.chat_id:
        return edit_message(earlier, text, about)
    fields = {"TASKID": task.id, "ITEMID": earlier.id, "FIELDS": {"POST_MESSAGE": text}}
    return Call(OLD_EDIT, fields, about)


def edit_message(earlier: Message, text: str, about: str) -> Call:
    fields = {"MESSAGE_ID": earlier.id, "MESSAGE": text, "URL_PREVIEW": "N"}
    return Call("im.message.update", fields, about)


def post(task: Task, text: str, about: str) -> Call:
    if task.chat_id:
        return post_message(f"chat{task.chat_id}", text, about)
    fields = {"TASKID": task.id, "FIELDS": {"POST_MESSAGE": text}}
    return Call("task.commentitem.add", fields, about)


def post_message(dialog: str, text: str, about: str) -> Call:
    fields = {"DIALOG_ID": dialog, "MESSAGE": text, "URL_PREVIEW": "N"}
    return Call("im.message.add", fields, about)


def instead_of(call: Call) -> Call:
    """Return a new comment for an edit that is refused: it may take an administrator.

    https://apidocs.bitrix24.com/api-reference/tasks/comment-item/task-comment-item-update.html
    """
    fields = {name: value for name, value in call.params.items() if name != "ITEMID"}
    return Call("task.commentitem.add", fields, call.about.replace("edited", "written anew"))


def move_calls(
    report: Report, named: NamedTask, task: Task, earlier: Message | None, portal: Portal
) -> list[Call]:
    """Once for each state of a merge request: the earlier card says which was the last.

    So nobody who moved the task by hand sees it moved again by a repeated job. Work is started
    from waiting only; what is done stays done.
    https://apidocs.bitrix24.com/api-reference/tasks/status/
    """
    mr, settings = report.merge_request_of(named), report.settings
    if not mr or mr.state == "closed":
        return []
    if earlier and state_line(mr, settings.language) in earlier.text.split("\n"):
        return []
    if mr.state == "merged":
        action, wanted, stage = "complete", settings.on_merge, settings.stage_merge
        fits = named.kind in ENDING and task.status not in (COMPLETED, AWAITING_CONTROL)
    else:
        action, wanted, stage = "start", settings.on_open, settings.stage_open
        fits = task.status == WAITING
    calls = []
    if wanted == action and fits and action in task.actions:
        about = f"task {task.id}: {action}"
        calls.append(Call(f"tasks.task.{action}", {"taskId": task.id}, about))
    column = portal.stages.get((task.group_id, stage), 0)
    if column and column != task.stage_id:
        move = {"id": task.id, "stageId": column}
        calls.append(Call("task.stages.movetask", move, f"task {task.id}: column {stage}"))
    return calls


def notifies(report: Report, portal: Portal) -> bool:
    """Tell whether people hear of a failure: by the input notify-sources.

    Of a source that is not among them the first failure counts, until a pipeline passes.
    """
    sources, field = report.settings.notify_sources, report.settings.field
    if "*" in sources or report.ci["CI_PIPELINE_SOURCE"] in sources:
        return True
    return bool(field) and any(task.field != "failed" for task in portal.tasks.values())


def author_call(report: Report, portal: Portal) -> list[Call]:
    """A repeated report replaces the notification of the same TAG; the app tells by itself.

    A webhook has to name a CLIENT_ID for that.
    https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html
    """
    own = [task for task in portal.tasks.values() if not app_tells(report, task, portal)]
    if not portal.author or not own or not notifies(report, portal):
        return []
    tag = f"b24bridge:ci:{report.ci['CI_PROJECT_ID']}:{report.pipeline}"
    fields = {"USER_ID": portal.author, "MESSAGE": notification(report)}
    fields.update(TAG=tag, CLIENT_ID="b24bridge")
    return [Call("im.notify.personal.add", fields, "the author is told of the failure")]


def chat_call(report: Report, portal: Portal) -> list[Call]:
    """One message a pipeline, edited when the job runs again."""
    settings = report.settings
    if not tells_chat(report) or (settings.chat_when == "failed" and not notifies(report, portal)):
        return []
    text = chat_text(report, (task_link(portal, task) for task in portal.tasks.values()))
    earlier = next((m for m in portal.chat if is_card(m, report.pipeline_url, portal)), None)
    if earlier and earlier.text.strip() == text:
        return []
    if earlier and earlier.editable:
        return [edit_message(earlier, text, "the chat's message edited")]
    return [post_message(settings.chat, text, "message in the chat written")]
