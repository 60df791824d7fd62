"""What is written to the portal: the difference between the report and what it shows. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from reporter.cards import is_about, is_of_app, is_ours, shown
from reporter.errors import Problem
from reporter.model import NamedTask, Report
from reporter.portal_batch import MOST_CALLS, Call, Card
from reporter.portal_json import Message, Portal, Task, dialog_of
from reporter.references import WORK

MOST_COPIES = 3  # that one report removes


class Mode(NamedTuple):
    """What a template does: its card, and the address in the card's head.

    `find`: the tasks that a report names. `ask`, `ask_more`: what it reads beside the tasks, and
    beside their messages. `move`, `tell`: what it writes beside the cards. `overtaken`: whether the
    earlier card is newer; `field`: the task's field by the status of a pipeline.
    """

    card: Callable[[Report, NamedTask], str]
    url: Callable[[Report, NamedTask], str]
    find: Callable[[Report], list[NamedTask]]
    ask: Callable[[Report], dict[str, Call]] = lambda _: {}
    ask_more: Callable[[Report, Portal], dict[str, Call]] = lambda *_: {}
    move: Callable[[Report, NamedTask, Message | None, Portal], list[Call]] | None = None
    tell: Callable[[Report, Portal], list[Call]] = lambda *_: []
    overtaken: Callable[[Report, Message | None], bool] = lambda *_: False
    field: Callable[[Report, int, str], list[Call]] = lambda *_: []


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
    url, text = mode.url(report, named), mode.card(report, named)
    card = Card(f"task {task.id}: card", task.id, dialog_of(task), url, text)
    cards = copies_of(card, portal.messages.get(task.id, []), portal)
    if app_tells(report, task, portal):
        return [remove(card, copy, "left to the app") for copy in cards[:MOST_COPIES]]
    earlier = cards[0] if cards else None
    if mode.overtaken(report, earlier):
        what = f"task {named.id} shows a newer pipeline"
        portal.problems.append(Problem(what, "OVERTAKEN", mild=True))
        return []
    calls = keep(card, cards)
    # Only members of a task write into its chat: somebody else first becomes its observer.
    if "add" in map(action_of, calls) and card.dialog and portal.me not in {0, *task.members}:
        observes = f"task {task.id}: the webhook's user observes it now"
        calls.insert(0, Call("tasks.task.startwatch", {"taskId": task.id}, observes))
    if named.kind not in WORK:  # it keeps the status of its own work
        return calls
    return calls + mode.move(report, named, earlier, portal) if mode.move else calls


def app_tells(report: Report, task: Task, portal: Portal) -> bool:
    return any(is_of_app(message.text, report) for message in portal.messages.get(task.id, ()))


def copies_of(card: Card, messages: list[Message], portal: Portal) -> list[Message]:
    """Return what stands there of a card, the latest first: by what it shows, then by its number.

    More than one, where two jobs posted at the same instant and the later was killed thereafter.
    """
    copies = [
        m for m in messages
        if m.author_id == portal.me and is_about(m.text, card.url) and is_ours(m.text)
    ]  # fmt: skip
    return sorted(copies, key=lambda m: (*rank(m.text), m.id), reverse=True)


def rank(text: str) -> tuple[int, bool]:
    pipeline, status = shown(text)
    return pipeline, status != "running"


def keep(card: Card, copies: list[Message]) -> list[Call]:
    """Return what makes this the only card: the latest is edited, or a new one is posted."""
    calls = [remove(card, copy) for copy in copies[1 : MOST_COPIES + 1] if copy.editable]
    if not copies or not copies[0].editable:
        return [post(card, "written"), *calls]
    same = copies[0].text.strip() == card.text
    return calls if same else [edit(card, copies[0]), *calls]


def others(
    report: Report, card: Card, own: int, messages: list[Message], portal: Portal, mode: Mode
) -> list[Call]:
    """Return what makes good that jobs posted a card at the same instant; `own`: the id of ours.

    Who posted last sees all the others, and it alone chooses. A field that was written beside an
    older card is as the newer one says.
    """
    copies = [copy for copy in copies_of(card, messages, portal) if copy.editable]
    if not own or not copies:
        return []
    newer = mode.overtaken(report, copies[0])
    works = any(named.id == card.task and named.kind in WORK for named in report.tasks)
    calls = mode.field(report, card.task, shown(copies[0].text)[1]) if newer and works else []
    if own == max(copy.id for copy in copies):
        kept = copies[0].id if newer else own
        calls += [remove(card, copy) for copy in copies if copy.id != kept][:MOST_COPIES]
    return calls


def action_of(call: Call) -> str:
    """Return add, update or delete of a card; "" for another call."""
    return call.method.rpartition(".")[2] if call.card else ""


def post(card: Card, how: str) -> Call:
    if card.dialog:
        return message_call("add", card, how, DIALOG_ID=card.dialog, **written(card))
    return comment_call("add", card, how, FIELDS={"POST_MESSAGE": card.text})


def edit(card: Card, earlier: Message) -> Call:
    if card.dialog:
        return message_call("update", card, "edited", MESSAGE_ID=earlier.id, **written(card))
    fields = {"POST_MESSAGE": card.text}
    return comment_call("update", card, "edited", ITEMID=earlier.id, FIELDS=fields)


def remove(card: Card, copy: Message, how: str = "was there twice, one is left") -> Call:
    if card.dialog:
        return message_call("delete", card, how, MESSAGE_ID=copy.id)
    return comment_call("delete", card, how, ITEMID=copy.id)


def written(card: Card) -> dict[str, object]:
    return {"MESSAGE": card.text, "URL_PREVIEW": "N"}


def message_call(action: str, card: Card, how: str, **fields: object) -> Call:
    return Call(f"im.message.{action}", fields, f"{card.about} {how}", card)


def comment_call(action: str, card: Card, how: str, **fields: object) -> Call:
    """Return a call of the old task card, whose discussion are comments; its order counts."""
    ordered = {"TASKID": card.task, **fields}
    return Call(f"task.commentitem.{action}", ordered, f"{card.about} {how}", card)
