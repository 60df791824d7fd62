"""Plans the messages and notifications about one subject: the announcing flow. Pure.

Invariants. One message a subject and place, edited in place; applying a plan's commands to the
view and planning again gives no commands. What was posted once follows the subject's state for as
long as a rule lets people know of it; what was not is posted only where a rule wants it. Nobody is
notified of what they did themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.i18n.translate import translate
from sync.core.messages.message import Message
from sync.core.messages.revise import editable_id, notification_tag, plan_message
from sync.core.model.commands import Notify, Place
from sync.core.model.common import Project
from sync.core.model.kinds import Kind
from sync.core.model.plans import NotifiedState, PlannedCommand, Records
from sync.core.model.task_view import SentMessage
from sync.core.model.tasks import Task
from sync.core.notifications.filters import BUILT_IN_TASK_KINDS
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Channel, Chat, Facts, Role, Route, Target
from sync.sentences import join_sentences

TASK_ROLES = frozenset({Role.RESPONSIBLE, Role.CREATOR, Role.ACCOMPLICES, Role.AUDITORS})
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
    """A subject as people may be notified of it.

    `messages`: those about it, by place. `notified_states`: the last one that each person was
    notified of. `tasks`: those it concerns; `unread_tasks`: those of them that were never read.
    `author_id`, `actor_id`: portal users, of the work and of what was done; None where not known.
    `not_before`: it is announced for then. `ended`: what was not posted of it by then is not posted
    any more.
    """

    subject_key: str
    project: Project
    facts: Facts
    message: Message
    messages: Mapping[Place, SentMessage] = field(default_factory=dict)
    notified_states: Mapping[int, str] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    unread_tasks: tuple[int, ...] = ()
    author_id: int | None = None
    actor_id: int | None = None
    administrator_id: int | None = None
    ended: bool = False
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotificationPlan:
    """The commands and why. `wait_until`: quiet hours hold something back until then."""

    commands: tuple[PlannedCommand, ...]
    decision: str
    wait_until: datetime | None = None


def plan_notifications(view: NotificationView, rules: Rules, now: datetime) -> NotificationPlan:
    """Plan desired minus sent. `now`: aware UTC, for quiet hours and the window for edits."""
    if view.not_before and now < view.not_before:
        decision = translate(rules.language, "nothing to do")
        return NotificationPlan((), decision, view.not_before)
    routes = [route for route in rules.routes_of(view.project.path) if route.matches(view.facts)]
    quiet_until = {
        index: until
        for index, route in enumerate(routes)
        if route.quiet_hours and (until := route.quiet_hours.ends_at(now, rules.zone))
    }
    open_routes = [route for index, route in enumerate(routes) if index not in quiet_until]
    wait_until = min(quiet_until.values(), default=None)
    commands = (
        *_plan_chat_messages(view, rules, open_routes, now),
        *_plan_task_messages(view, rules, open_routes, now),
        *_plan_personal(view, rules, open_routes),
    )
    reasons = [planned.reason for planned in commands]
    if wait_until:
        moment = f"{wait_until:%Y-%m-%d %H:%M} UTC"
        reasons.append(translate(rules.language, "held by quiet hours", until=moment))
    if not routes and not commands:
        reasons.append(translate(rules.language, "no rule matches"))
    decision = join_sentences("; ", reasons) or translate(rules.language, "nothing to do")
    return NotificationPlan(commands, decision, wait_until)


def needs_tasks(view: NotificationView, rules: Rules, now: datetime) -> bool:
    """Tell whether a rule that is open now concerns people, or chats, of tasks never read."""
    if not view.unread_tasks or (view.not_before and now < view.not_before):
        return False
    group = rules.for_group(rules.group_of(view.project.path))
    wanted: set[Target] = set(TASK_ROLES)
    if not group.roles.get(Role.MANAGER):
        wanted.add(Role.MANAGER)
    if view.facts.kind not in BUILT_IN_TASK_KINDS:
        wanted.add(Channel.TASK)
    return any(
        wanted.intersection(route.targets) and route.matches(view.facts)
        for route in rules.routes_of(view.project.path)
        if not (route.quiet_hours and route.quiet_hours.ends_at(now, rules.zone))
    )


def _plan_chat_messages(
    view: NotificationView, rules: Rules, routes: Iterable[Route], now: datetime
) -> Iterator[PlannedCommand]:
    places = [Place(dialog=dialog) for route in routes for dialog in _dialogs(view, rules, route)]
    covered = _covering(view, rules)
    allowed = {dialog for route in covered for dialog in _dialogs(view, rules, route)}
    posted = [place for place in view.messages if place.dialog in allowed]
    text = view.message.render(rules, view.facts.kind)
    for place in dict.fromkeys((*places, *posted)):
        revision = _revise(view, place, text, place in places, now)
        if revision is not None:
            message_id, phrase = revision
            reason = translate(rules.language, phrase, place=place.dialog)
            yield plan_message(place, view.subject_key, text, message_id, reason)


def _plan_task_messages(
    view: NotificationView, rules: Rules, routes: Iterable[Route], now: datetime
) -> Iterator[PlannedCommand]:
    """Plan nothing for kinds that tasks show anyway: their messages have the same subject key."""
    if view.facts.kind in BUILT_IN_TASK_KINDS:
        return
    to_tasks = any(Channel.TASK in route.targets for route in routes)
    if not any(Channel.TASK in route.targets for route in _covering(view, rules)):
        return
    for task in view.tasks:
        place = Place(task.id)
        text = view.message.render(rules, view.facts.kind, chat=task.chat_id is not None)
        revision = _revise(view, place, text, to_tasks, now)
        if revision is not None:
            message_id, phrase = revision
            reason = translate(rules.language, phrase, place=task.title)
            yield plan_message(place, view.subject_key, text, message_id, reason)


def _covering(view: NotificationView, rules: Rules) -> list[Route]:
    """Return the rules by which people may know of it: an edit obeys them as a new message does."""
    return [route for route in rules.routes_of(view.project.path) if route.covers(view.facts)]


def _revise(
    view: NotificationView, place: Place, text: str, keys: bool, now: datetime
) -> tuple[int | None, str] | None:
    """Return the message to edit (None: a new one) and the key of the reason's phrase.

    None where there is nothing to write.
    """
    sent = view.messages.get(place, SentMessage())
    if sent.text == text:
        return None
    if message_id := editable_id(sent, now):
        return message_id, "message edited"
    if not keys or (view.ended and sent.at is None):
        return None
    if sent.at is not None and not _worth_new_message(view.facts):
        return None
    return None, "message posted"


def _worth_new_message(facts: Facts) -> bool:
    states = REPEATED_STATES.get(facts.kind)
    return states is not None and (not states or facts.state in states)


def _plan_personal(
    view: NotificationView, rules: Rules, routes: Iterable[Route]
) -> Iterator[PlannedCommand]:
    state = view.facts.state
    people = dict.fromkeys(user for route in routes for user in _recipients(view, rules, route))
    text = view.message.render_notification(rules, view.facts.kind)
    for user_id in people:
        notified = view.notified_states.get(user_id)
        if notified == state or (view.ended and notified is None):
            continue
        yield PlannedCommand(
            f"notify:{user_id}:{view.subject_key}",
            Notify(0, user_id, text, tag=notification_tag(view.subject_key)),
            translate(rules.language, "person notified"),
            Records(notified=NotifiedState(view.subject_key, state, user_id)),
        )


def _dialogs(view: NotificationView, rules: Rules, route: Route) -> Iterator[str]:
    dialogs = rules.channels_of(view.project.path)
    for target in route.targets:
        match target:
            case Chat(dialog):
                yield dialog
            case Channel() if target in dialogs:
                yield dialogs[target]


def _recipients(view: NotificationView, rules: Rules, route: Route) -> list[int]:
    group = rules.for_group(rules.group_of(view.project.path))
    users = (
        user
        for role in route.targets
        if isinstance(role, Role)
        for user in _users_in_role(view, group, role)
    )
    return [user for user in dict.fromkeys(users) if user and user != view.actor_id]


def _users_in_role(view: NotificationView, group: GroupRules, role: Role) -> tuple[int | None, ...]:
    """Return the people of a role; where nobody is named manager it is who gave the task."""
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
