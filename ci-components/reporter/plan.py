"""What is written to the portal: the difference between the report and what it shows. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from reporter.cards import is_about, is_of_app, is_ours
from reporter.errors import Problem
from reporter.model import NamedTask, Report
from reporter.portal_batch import MOST_CALLS, Call
from reporter.portal_json import Message, Portal, Task
from reporter.references import WORK

OLD_EDIT = "task.commentitem.update"


class Mode(NamedTuple):
    """What a template does: its card, and the address in the card's head.

    `find`: the tasks that a report names. `ask`, `ask_more`: what it reads beside the tasks, and
    beside their messages. `move`, `tell`: what it writes beside the cards. `overtaken`: whether the
    earlier card is newer.
    """

    card: Callable[[Report, NamedTask], str]
    url: Callable[[Report, NamedTask], str]
    find: Callable[[Report], list[NamedTask]]
    ask: Callable[[Report], dict[str, Call]] = lambda _: {}
    ask_more: Callable[[Report, Portal], dict[str, Call]] = lambda *_: {}
    move: Callable[[Report, NamedTask, Message | None, Portal], list[Call]] | None = None
    tell: Callable[[Report, Portal], list[Call]] = lambda *_: []
    overtaken: Callable[[Report, Message | None], bool] = lambda *_: False


def writes(report: Report, portal: Portal, mode: Mode) -> tuple[list[Call], int]:
    """Return the calls of the one batch, and how many tasks found no room in it."""
    shared = mode.tell(report, portal)
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
    if mode.overtaken(report, earlier):
        what = f"task {named.id} shows a newer pipeline"
        portal.problems.append(Problem(what, "OVERTAKEN", mild=True))
        return []
    calls = card_calls(mode.card(report, named), task, earlier, portal)
    if named.kind not in WORK:  # it keeps the status of its own work
        return calls
    return calls + mode.move(report, named, earlier, portal) if mode.move else calls


def earlier_card(report: Report, named: NamedTask, portal: Portal, mode: Mode) -> Message | None:
    url, messages = mode.url(report, named), portal.messages.get(named.id, [])
    return next((m for m in messages if is_card(m, url, portal) and is_ours(m.text)), None)


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
        return message_call("delete", about, MESSAGE_ID=earlier.id)
    return comment_call("delete", about, TASKID=task.id, ITEMID=earlier.id)


def edit(task: Task, earlier: Message, text: str, about: str) -> Call:
    if task.chat_id:
        return edit_message(earlier, text, about)
    fields = {"POST_MESSAGE": text}
    return comment_call("update", about, TASKID=task.id, ITEMID=earlier.id, FIELDS=fields)


def edit_message(earlier: Message, text: str, about: str) -> Call:
    return message_call("update", about, MESSAGE_ID=earlier.id, MESSAGE=text, URL_PREVIEW="N")


def post(task: Task, text: str, about: str) -> Call:
    if task.chat_id:
        return post_message(f"chat{task.chat_id}", text, about)
    return comment_call("add", about, TASKID=task.id, FIELDS={"POST_MESSAGE": text})


def post_message(dialog: str, text: str, about: str) -> Call:
    return message_call("add", about, DIALOG_ID=dialog, MESSAGE=text, URL_PREVIEW="N")


def message_call(action: str, about: str, **fields: object) -> Call:
    return Call(f"im.message.{action}", fields, about)


def comment_call(action: str, about: str, **fields: object) -> Call:
    """Return a call of the old task card, whose discussion are comments."""
    return Call(f"task.commentitem.{action}", fields, about)


def instead_of(call: Call) -> Call:
    """Return a new comment for an edit that is refused: it may take an administrator.

    https://apidocs.bitrix24.com/api-reference/tasks/comment-item/task-comment-item-update.html
    """
    fields = {name: value for name, value in call.params.items() if name != "ITEMID"}
    return Call("task.commentitem.add", fields, call.about.replace("edited", "written anew"))
