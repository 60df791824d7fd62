"""What is said of a thing, where and to whom: the decision of the announcing flow. Pure.

Invariants. One message a thing and place, edited in place; applying a plan's effects to the view
and planning again gives no effects. What was said once follows the thing's state, whatever the
rules say by then; what was not is said only where a rule wants it. Nobody is told personally of
what they did themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sync.core.i18n.translate import say
from sync.core.merge_requests.plan import EDIT_WINDOW
from sync.core.messages.message import Telling
from sync.core.model.commands import Due, Notify, Post, PutMessage
from sync.core.model.common import Project, Task
from sync.core.model.kinds import Kind
from sync.core.model.task_view import Said
from sync.core.notifications.filters import SHOWN_IN_TASKS
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Chat, Facts, Role, Room, Route

MOST_TAG = 200  # characters of what the portal knows a notification by

# A change of these is worth a new message when the old one can be edited no more: of kinds with
# every state, or only with the named ones.
AGAIN: Mapping[Kind, frozenset[str]] = {
    Kind.ALERT: frozenset(),
    Kind.BRANCH: frozenset(),
    Kind.TAG: frozenset(),
    Kind.RELEASE: frozenset({"deleted"}),
}


@dataclass(frozen=True, slots=True)
class NewsView:
    """One thing as people may be told of it.

    `about`: its name for good. `telling`: the words for it. `said`: by dialog, `said_in_tasks` by
    task. `told`: the state that each person was last told of. `tasks`: those it concerns.
    `author`, `actor`: portal users, of the work and of what was done; None where not known.
    `over`: it has ended; what nobody was told of it by then is said no more.
    """

    about: str
    project: Project
    facts: Facts
    telling: Telling
    said: Mapping[str, Said] = field(default_factory=dict)
    said_in_tasks: Mapping[int, Said] = field(default_factory=dict)
    told: Mapping[int, str] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    author: int | None = None
    actor: int | None = None
    administrator: int | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class NewsPlan:
    """`wait_until`: quiet hours hold something back until then.

    What a person is told is recorded with the notification of key `tell:{user}:{about}>{state}`.
    """

    effects: tuple[Due, ...]
    decision: str
    wait_until: datetime | None = None


def plan_news(view: NewsView, rules: Rules, now: datetime) -> NewsPlan:
    """Desired minus said. `now`: aware UTC, for quiet hours and the window for edits."""
    routes = [one for one in rules.routes_of(view.project.path) if one.takes(view.facts)]
    held = [until for one in routes if one.quiet and (until := one.quiet.until(now, rules.zone))]
    loud = [one for one in routes if not (one.quiet and one.quiet.until(now, rules.zone))]
    effects = (
        *_posts(view, rules, loud, now),
        *_comments(view, rules, loud, now),
        *_notifications(view, rules, loud),
    )
    reasons = [reason for _, _, reason in effects]
    if held:
        reasons.append(say(rules.language, "news held", until=f"{min(held):%Y-%m-%d %H:%M} UTC"))
    if not routes and not effects:
        reasons.append(say(rules.language, "news unwanted"))
    decision = "; ".join(reasons) or say(rules.language, "nothing")
    return NewsPlan(effects, decision, min(held, default=None))


def _posts(view: NewsView, rules: Rules, loud: Iterable[Route], now: datetime) -> Iterator[Due]:
    wanted = dict.fromkeys(dialog for one in loud for dialog in _dialogs(view, rules, one))
    text = view.telling.message(rules, view.facts.kind)
    for dialog in {**wanted, **dict.fromkeys(view.said)}:
        due = _due(view, view.said.get(dialog, Said()), text, dialog in wanted, now)
        if due is not None:
            reason = say(rules.language, due[1], place=dialog)
            yield f"post:{dialog}", Post(dialog, view.about, text, due[0]), reason


def _comments(view: NewsView, rules: Rules, loud: Iterable[Route], now: datetime) -> Iterator[Due]:
    """What tasks show anyway is not ours: a comment's message there has the same name."""
    if view.facts.kind in SHOWN_IN_TASKS:
        return
    to_tasks = any(Room.TASK in one.to for one in loud)
    for task in view.tasks:
        text = view.telling.message(rules, view.facts.kind, chat=task.chat_id is not None)
        due = _due(view, view.said_in_tasks.get(task.id, Said()), text, to_tasks, now)
        if due is not None:
            reason = say(rules.language, due[1], place=task.title)
            effect = PutMessage(task.id, view.about, text, due[0])
            yield f"comment:{task.id}", effect, reason


def _due(
    view: NewsView, said: Said, text: str, wanted: bool, now: datetime
) -> tuple[int | None, str] | None:
    """The message to edit (None: a new one) and the reason's phrase; None: nothing is due."""
    if said.text == text:
        return None
    if said.at is not None and said.message_id and now - said.at < EDIT_WINDOW:
        return said.message_id, "news edited"
    if not wanted or (view.over and said.at is None):
        return None
    if said.at is not None and not _again(view.facts):
        return None
    return None, "news said"


def _again(facts: Facts) -> bool:
    states = AGAIN.get(facts.kind)
    return states is not None and (not states or facts.state in states)


def _notifications(view: NewsView, rules: Rules, loud: Iterable[Route]) -> Iterator[Due]:
    state = view.facts.state
    people = dict.fromkeys(user for one in loud for user in _people(view, rules, one))
    text = view.telling.notification(rules, view.facts.kind)
    for user in people:
        if view.told.get(user) == state or (view.over and user not in view.told):
            continue
        effect = Notify(0, user, text, tag=_tag(view.about))
        yield f"tell:{user}:{view.about}>{state}", effect, say(rules.language, "news told")


def _tag(about: str) -> str:
    """Short, and of this thing alone: what tells long names apart stands at their end."""
    whole = f"b24bridge:{about}"
    digest = sha256(about.encode()).hexdigest()
    return whole if len(whole) <= MOST_TAG else f"b24bridge:{digest}"


def _dialogs(view: NewsView, rules: Rules, route: Route) -> Iterator[str]:
    rooms = rules.rooms_of(view.project.path)
    for target in route.to:
        match target:
            case Chat(dialog):
                yield dialog
            case Room() if target in rooms:
                yield rooms[target]


def _people(view: NewsView, rules: Rules, route: Route) -> list[int]:
    group = rules.for_group(rules.group_of(view.project.path))
    found = (user for one in route.to if isinstance(one, Role) for user in _who(view, group, one))
    return [user for user in dict.fromkeys(found) if user and user != view.actor]


def _who(view: NewsView, group: GroupRules, role: Role) -> tuple[int | None, ...]:
    """The people of a role; where nobody is named manager it is who gave the task."""
    tasks = view.tasks
    match role:
        case Role.RESPONSIBLE:
            return tuple(task.responsible_id for task in tasks)
        case Role.CREATOR:
            return tuple(task.creator_id for task in tasks)
        case Role.ACCOMPLICES:
            return tuple(user for task in tasks for user in task.accomplices)
        case Role.AUDITORS:
            return tuple(user for task in tasks for user in task.auditors)
        case Role.QA:
            return group.people.get(role, ())
        case Role.MANAGER:
            return group.people.get(role) or tuple(task.creator_id for task in tasks)
        case Role.AUTHOR:
            return (view.author,)
        case Role.ADMINISTRATOR:
            return (view.administrator,)
