"""What is written to the portal: the difference between the report and what it shows. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from reporter.cards import is_about, is_of_app, is_ours
from reporter.errors import Problem
from reporter.model import NamedTask, Report
from reporter.portal_batch import MOST_CALLS, Call, Card
from reporter.portal_json import Message, Portal, Task, dialog_of
from reporter.references import WORK

MOST_COPIES = 3  # that one report removes


Rank = Callable[[str], tuple[int, bool]]


def unranked(_: str) -> tuple[int, bool]:
    return 0, False


class Mode(NamedTuple):
    """What a template does: its card, and the address in the card's head.

    `find`: the tasks that a report names. `ask`, `ask_more`: what it reads beside the tasks, and
    beside their messages. `move`, `tell`: what it writes beside the cards. `rank`: how late a card
    is by what it shows; `overtaken`: that the earlier one is newer; `again`: what then follows.
    """

    card: Callable[[Report, NamedTask], str]
    url: Callable[[Report, NamedTask], str]
    find: Callable[[Report], list[NamedTask]]
    ask: Callable[[Report], dict[str, Call]] = lambda _: {}
    ask_more: Callable[[Report, Portal], dict[str, Call]] = lambda *_: {}
    move: Callable[[Report, NamedTask, Message | None, Portal], list[Call]] = lambda *_: []
    tell: Callable[[Report, Portal], list[Call]] = lambda *_: []
    rank: Rank = unranked
    overtaken: Callable[[Report, Message | None, int], Problem | None] = lambda *_: None
    again: Callable[[Report, Card, str], list[Call]] = lambda *_: []


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
    cards = copies_of(card, portal.messages.get(task.id, []), portal.me, mode.rank)
    if app_tells(report, task, portal):
        return [write(card, "delete", "left to the app", copy.id) for copy in cards[:MOST_COPIES]]
    earlier = cards[0] if cards else None
    if problem := mode.overtaken(report, earlier, task.id):
        portal.problems.append(problem)
        return []
    calls = keep(card, cards)
    # Only members of a task write into its chat: somebody else first becomes its observer.
    if "add" in map(action_of, calls) and card.dialog and portal.me not in {0, *task.members}:
        observes = f"task {task.id}: the webhook's user observes it now"
        calls.insert(0, Call("tasks.task.startwatch", {"taskId": task.id}, observes))
    # Where a task is only named, it keeps the status of its own work.
    return calls + mode.move(report, named, earlier, portal) if named.kind in WORK else calls


def app_tells(report: Report, task: Task, portal: Portal) -> bool:
    return any(is_of_app(message.text, report) for message in portal.messages.get(task.id, ()))


def copies_of(card: Card, messages: list[Message], me: int, rank: Rank = unranked) -> list[Message]:
    """Return what stands there of a card, the latest first: by what it shows, then by its number.

    More than one, where two jobs posted at the same instant and the later was killed thereafter.
    """
    copies = [
        m for m in messages if m.author_id == me and is_about(m.text, card.url) and is_ours(m.text)
    ]
    return sorted(copies, key=lambda m: (rank(m.text), m.id), reverse=True)


def keep(card: Card, copies: list[Message]) -> list[Call]:
    """Return what makes this the only card: the latest is edited, or a new one is posted."""
    calls = removed(card, [copy for copy in copies[1:] if copy.editable])
    if not copies or not copies[0].editable:
        return [write(card, "add", "written"), *calls]
    same = copies[0].text.strip() == card.text
    return calls if same else [write(card, "update", "edited", copies[0].id), *calls]


def others(
    report: Report, card: Card, own: int, messages: list[Message], portal: Portal, mode: Mode
) -> list[Call]:
    """Return what makes good that jobs posted a card at the same instant; `own`: the id of ours.

    Who posted last sees all the others, and it alone chooses. What was written beside an older
    card is as the newer one says.
    """
    cards = copies_of(card, messages, portal.me, mode.rank)
    copies = [copy for copy in cards if copy.editable]
    if not own or not copies:
        return []
    latest = copies[0]
    newer = mode.overtaken(report, latest, 0)
    calls = mode.again(report, card, latest.text) if newer else []
    if own == max(copy.id for copy in copies):
        kept = latest.id if newer else own
        calls += removed(card, [copy for copy in copies if copy.id != kept])
    return calls


def action_of(call: Call) -> str:
    """Return add, update or delete of a card; "" for another call."""
    return call.method.rpartition(".")[2] if call.card else ""


def removed(card: Card, copies: list[Message]) -> list[Call]:
    return [write(card, "delete", "was there twice", copy.id) for copy in copies[:MOST_COPIES]]


def write(card: Card, action: str, how: str, message: int = 0) -> Call:
    """Return a call of the chat, or of the comments of the old task card, where order counts."""
    if card.dialog:
        method, text = "im.message", {"MESSAGE": card.text, "URL_PREVIEW": "N"}
        fields = {"MESSAGE_ID": message} if message else {"DIALOG_ID": card.dialog}
    else:
        method, text = "task.commentitem", {"FIELDS[POST_MESSAGE]": card.text}
        fields = {"TASKID": card.task, **({"ITEMID": message} if message else {})}
    fields |= {} if action == "delete" else text
    return Call(f"{method}.{action}", fields, f"{card.about} {how}", card)
