"""Whatever was said before and whatever the rules say: a plan that was carried out is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.core.messages.message import Message
from sync.core.model.commands import Notify, Place, PutMessage
from sync.core.model.deployments import Tier
from sync.core.model.kinds import Kind
from sync.core.model.task_view import SentMessage
from sync.core.notifications.filters import STATES_BY_KIND
from sync.core.notifications.plan import NotificationPlan, NotificationView, plan_notifications
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Channel, Chat, Facts, QuietHours, Role, Route
from sync.text.tree import Text
from tests.core.factories import NOW, SHOP, task
from tests.depth import costly

DIALOGS = ("sg5", "chat1", "chat2", "chat58")
TASKS = tuple(
    task(id=number, responsible_id=number, creator_id=4, auditors=(5, 6)) for number in (1, 2)
)
targets = st.one_of(
    st.sampled_from(Channel), st.sampled_from(Role), st.sampled_from(DIALOGS).map(Chat)
)
SOME = (Kind.PUSH, Kind.ALERT, Kind.DEPLOYMENT, Kind.BRANCH)
states = st.sampled_from(sorted({state for kind in SOME for state in STATES_BY_KIND[kind]}))
quiets = st.none() | st.builds(QuietHours, st.just(time(10)), st.sampled_from([time(11), time(14)]))


def tuples(of: st.SearchStrategy, most: int = 3) -> st.SearchStrategy:
    return st.lists(of, max_size=most).map(tuple)


routes = tuples(
    st.builds(
        Route,
        st.frozensets(st.sampled_from(SOME), min_size=1),
        tuples(targets),
        states=st.frozensets(states, max_size=3),
        branches=st.sampled_from([(), ("default",), ("main", "release/*")]),
        environments=st.sampled_from([(), ("production",)]),
        changes_only=st.booleans(),
        quiet_hours=quiets,
    )
)
facts = st.sampled_from(SOME).flatmap(
    lambda kind: st.builds(
        Facts,
        st.just(kind),
        st.sampled_from(STATES_BY_KIND[kind]),
        branch=st.sampled_from(["", "main", "x"]),
        is_default=st.booleans(),
        tier=st.sampled_from(Tier),
        state_changed=st.booleans(),
    )
)
said = st.builds(
    SentMessage,
    st.none() | st.integers(1, 99),
    st.none() | st.sampled_from(["[b]One[/b]", "[b]Two[/b]", "gone"]),
    st.none() | st.sampled_from([NOW, NOW - timedelta(hours=70), NOW - timedelta(days=4)]),
)
users = st.none() | st.integers(1, 9)
views = st.builds(
    NotificationView,
    subject_key=st.just("push:1/7:x"),
    project=st.just(SHOP),
    facts=facts,
    message=st.sampled_from(["One", "Two"]).map(lambda text: Message((Text(text),))),
    messages=st.dictionaries(
        st.builds(Place, dialog=st.sampled_from(DIALOGS)) | st.builds(Place, st.integers(1, 2)),
        said,
        max_size=5,
    ),
    notified_states=st.dictionaries(st.integers(1, 9), states, max_size=3),
    tasks=st.sampled_from([(), TASKS[:1], TASKS]),
    author_id=users,
    actor_id=users,
    administrator_id=users,
)
rules = st.builds(
    lambda own, general, chats, templates: Rules(
        groups={5: GroupRules(projects=(SHOP.path,), routes=own, roles={Role.QA: (7, 8)})},
        routes=general,
        chats=chats,
        templates=templates,
    ),
    routes,
    routes,
    st.sampled_from([{}, {Channel.GENERAL: "chat1"}, {Channel.RELEASES: "chat2"}]),
    st.sampled_from([{}, {Kind.PUSH: "{default}!"}, {Kind.ALERT: "Look"}]),
)


def carried_out(view: NotificationView, plan: NotificationPlan) -> NotificationView:
    messages, states = dict(view.messages), dict(view.notified_states)
    for planned in plan.commands:
        match planned.command:
            case PutMessage(place, _, text, message_id):
                messages[place] = _said(messages.get(place), text, message_id)
            case Notify(_, user_id):
                states[user_id] = view.facts.state
    return replace(view, messages=messages, notified_states=states)


def _said(before: SentMessage | None, text: str, message_id: int | None) -> SentMessage:
    at = before.at if before and message_id else NOW
    return SentMessage(message_id or 100, text, at)


@costly(300)
@given(views, rules)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(view, rules):
    plan = plan_notifications(view, rules, NOW)
    again = plan_notifications(carried_out(view, plan), rules, NOW)
    assert (again.commands, again.wait_until) == ((), plan.wait_until)


@given(views, rules)
def test_one_message_a_place_and_one_notification_a_person(view, rules):
    effects = [planned.command for planned in plan_notifications(view, rules, NOW).commands]
    places = [effect.place for effect in effects if isinstance(effect, PutMessage)]
    people = [one.user_id for one in effects if isinstance(one, Notify)]
    assert len(set(places)) == len(places)
    assert len(set(people)) == len(people)
    assert view.actor_id not in people


@given(views, rules)
def test_what_waits_for_the_end_of_quiet_hours_is_then_waited_for_no_more(view, rules):
    plan = plan_notifications(view, rules, NOW)
    if plan.wait_until is None:
        return
    assert plan.wait_until > NOW
    done = carried_out(view, plan)
    assert plan_notifications(done, rules, plan.wait_until + timedelta(hours=9)).wait_until is None


@given(views, rules)
def test_where_no_rule_takes_a_thing_nothing_new_is_said(view, rules):
    silent = replace(rules, routes=(), groups={})
    for planned in plan_notifications(view, silent, NOW).commands:
        assert not isinstance(planned.command, Notify)
        assert planned.command.message_id is not None
