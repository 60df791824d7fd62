"""What is said of a thing, where and to whom: the decision of the announcing flow. Pure.

Invariants. One message a thing and place, edited in place; applying a plan's effects to the view
and planning again gives no effects. What was said once follows the thing's state for as
long as a rule lets people know of it; what was not is said only where a rule wants it. Nobody is
told personally of what they did themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sync.core.i18n.translate import translate
from sync.core.messages.message import Message
from sync.core.messages.revise import EDIT_WINDOW
from sync.core.model.commands import Notify, PlannedCommand, PutChatMessage, PutMessage
from sync.core.model.common import Project
from sync.core.model.kinds import Kind
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import Task
from sync.core.notifications.filters import BUILT_IN_TASK_KINDS
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Channel, Chat, Facts, Role, Route

MAX_TAG_LENGTH = 200  # characters of what the portal knows a notification by

# A change of these is worth a new message when the old one can be edited no more: of kinds with
# every state, or only with the named ones.
REPEATED_STATES: Mapping[Kind, frozenset[str]] = {
    Kind.ALERT: frozenset(),
    Kind.BRANCH: frozenset(),
    Kind.TAG: frozenset(),
    Kind.RELEASE: frozenset({"deleted"}),
}


@dataclass(frozen=True, slots=True)
class NotificationView:
    """One thing as people may be told of it.

    `about`: its name for good. `telling`: the words for it. `said`: by dialog, `said_in_tasks` by
    task. `told`: the state that each person was last told of. `tasks`: those it concerns.
    `author`, `actor`: portal users, of the work and of what was done; None where not known.
    `not_before`: it is announced for then. `ended`: it is over; what nobody was told of it by then
    is said no more.
    """

    subject_key: str
    project: Project
    facts: Facts
    message: Message
    chat_messages: Mapping[str, SentMessage] = field(default_factory=dict)
    task_messages: Mapping[int, SentMessage] = field(default_factory=dict)
    notified_states: Mapping[int, str] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    author_id: int | None = None
    actor_id: int | None = None
    administrator_id: int | None = None
    ended: bool = False
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotificationPlan:
    """`wait_until`: quiet hours hold something back until then.

    What a person is told is recorded with the notification of key `tell:{user}:{about}>{state}`.
    """

    commands: tuple[PlannedCommand, ...]
    decision: str
    wait_until: datetime | None = None


def plan_notifications(view: NotificationView, rules: Rules, now: datetime) -> NotificationPlan:
    """Desired minus said. `now`: aware UTC, for quiet hours and the window for edits."""
    if view.not_before and now < view.not_before:
        decision = translate(rules.language, "nothing to do")
        return NotificationPlan((), decision, view.not_before)
    routes = [one for one in rules.routes_of(view.project.path) if one.matches(view.facts)]
    held = [
        until
        for one in routes
        if one.quiet_hours and (until := one.quiet_hours.ends_at(now, rules.zone))
    ]
    loud = [
        one for one in routes if not (one.quiet_hours and one.quiet_hours.ends_at(now, rules.zone))
    ]
    effects = (
        *_plan_chat_messages(view, rules, loud, now),
        *_plan_task_messages(view, rules, loud, now),
        *_plan_personal(view, rules, loud),
    )
    reasons = [reason for _, _, reason in effects]
    if held:
        reasons.append(
            translate(
                rules.language, "held by quiet hours", until=f"{min(held):%Y-%m-%d %H:%M} UTC"
            )
        )
    if not routes and not effects:
        reasons.append(translate(rules.language, "no rule matches"))
    decision = "; ".join(reasons) or translate(rules.language, "nothing to do")
    return NotificationPlan(effects, decision, min(held, default=None))


def _plan_chat_messages(
    view: NotificationView, rules: Rules, loud: Iterable[Route], now: datetime
) -> Iterator[PlannedCommand]:
    wanted = dict.fromkeys(dialog for one in loud for dialog in _dialogs(view, rules, one))
    text = view.message.render(rules, view.facts.kind)
    allowed = {dialog for one in _covering(view, rules) for dialog in _dialogs(view, rules, one)}
    for dialog in {**wanted, **dict.fromkeys(one for one in view.chat_messages if one in allowed)}:
        due = _edit_or_new(
            view, view.chat_messages.get(dialog, SentMessage()), text, dialog in wanted, now
        )
        if due is not None:
            reason = translate(rules.language, due[1], place=dialog)
            yield f"post:{dialog}", PutChatMessage(dialog, view.subject_key, text, due[0]), reason


def _plan_task_messages(
    view: NotificationView, rules: Rules, loud: Iterable[Route], now: datetime
) -> Iterator[PlannedCommand]:
    """What tasks show anyway is not ours: a comment's message there has the same name."""
    if view.facts.kind in BUILT_IN_TASK_KINDS:
        return
    to_tasks = any(Channel.TASK in one.targets for one in loud)
    if not any(Channel.TASK in one.targets for one in _covering(view, rules)):
        return
    for task in view.tasks:
        text = view.message.render(rules, view.facts.kind, chat=task.chat_id is not None)
        due = _edit_or_new(
            view, view.task_messages.get(task.id, SentMessage()), text, to_tasks, now
        )
        if due is not None:
            reason = translate(rules.language, due[1], place=task.title)
            effect = PutMessage(task.id, view.subject_key, text, due[0])
            yield f"comment:{task.id}", effect, reason


def _covering(view: NotificationView, rules: Rules) -> list[Route]:
    """Return the rules by which people may know of it: an edit obeys them as a new message does."""
    return [one for one in rules.routes_of(view.project.path) if one.covers(view.facts)]


def _edit_or_new(
    view: NotificationView, sent: SentMessage, text: str, wanted: bool, now: datetime
) -> tuple[int | None, str] | None:
    """The message to edit (None: a new one) and the reason's phrase; None: nothing is due."""
    if sent.text == text:
        return None
    if sent.at is not None and sent.message_id and now - sent.at < EDIT_WINDOW:
        return sent.message_id, "message edited"
    if not wanted or (view.ended and sent.at is None):
        return None
    if sent.at is not None and not _worth_new_message(view.facts):
        return None
    return None, "message posted"


def _worth_new_message(facts: Facts) -> bool:
    states = REPEATED_STATES.get(facts.kind)
    return states is not None and (not states or facts.state in states)


def _plan_personal(
    view: NotificationView, rules: Rules, loud: Iterable[Route]
) -> Iterator[PlannedCommand]:
    state = view.facts.state
    people = dict.fromkeys(user for one in loud for user in _recipients(view, rules, one))
    text = view.message.render_notification(rules, view.facts.kind)
    for user in people:
        if view.notified_states.get(user) == state or (
            view.ended and user not in view.notified_states
        ):
            continue
        effect = Notify(0, user, text, tag=_notification_tag(view.subject_key))
        yield (
            f"tell:{user}:{view.subject_key}>{state}",
            effect,
            translate(rules.language, "person notified"),
        )


def _notification_tag(about: str) -> str:
    """Short, and of this thing alone: what tells long names apart stands at their end."""
    whole = f"b24bridge:{about}"
    digest = sha256(about.encode()).hexdigest()
    return whole if len(whole) <= MAX_TAG_LENGTH else f"b24bridge:{digest}"


def _dialogs(view: NotificationView, rules: Rules, route: Route) -> Iterator[str]:
    rooms = rules.channels_of(view.project.path)
    for target in route.targets:
        match target:
            case Chat(dialog):
                yield dialog
            case Channel() if target in rooms:
                yield rooms[target]


def _recipients(view: NotificationView, rules: Rules, route: Route) -> list[int]:
    group = rules.for_group(rules.group_of(view.project.path))
    found = (
        user
        for one in route.targets
        if isinstance(one, Role)
        for user in _users_in_role(view, group, one)
    )
    return [user for user in dict.fromkeys(found) if user and user != view.actor_id]


def _users_in_role(view: NotificationView, group: GroupRules, role: Role) -> tuple[int | None, ...]:
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
            return group.roles.get(role, ())
        case Role.MANAGER:
            return group.roles.get(role) or tuple(task.creator_id for task in tasks)
        case Role.AUTHOR:
            return (view.author_id,)
        case Role.ADMINISTRATOR:
            return (view.administrator_id,)
