"""Whatever was said before and whatever the rules say: a plan that was carried out is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.deployments.environments import Tier
from sync.core.messages.message import Telling
from sync.core.model.commands import Notify, Post, PutMessage
from sync.core.model.kinds import Kind
from sync.core.model.task_view import Said
from sync.core.notifications.filters import STATES
from sync.core.notifications.plan import NewsPlan, NewsView, plan_news
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Chat, Facts, Quiet, Role, Room, Route
from sync.text.tree import Text
from tests.core.factories import NOW, SHOP, task

DIALOGS = ("sg5", "chat1", "chat2", "chat58")
TASKS = tuple(
    task(id=number, responsible_id=number, creator_id=4, auditors=(5, 6)) for number in (1, 2)
)
targets = st.one_of(
    st.sampled_from(Room), st.sampled_from(Role), st.sampled_from(DIALOGS).map(Chat)
)
SOME = (Kind.PUSH, Kind.ALERT, Kind.DEPLOYMENT, Kind.BRANCH)
states = st.sampled_from(sorted({state for kind in SOME for state in STATES[kind]}))
quiets = st.none() | st.builds(Quiet, st.just(time(10)), st.sampled_from([time(11), time(14)]))


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
        quiet=quiets,
    )
)
facts = st.sampled_from(SOME).flatmap(
    lambda kind: st.builds(
        Facts,
        st.just(kind),
        st.sampled_from(STATES[kind]),
        branch=st.sampled_from(["", "main", "x"]),
        is_default=st.booleans(),
        tier=st.sampled_from(Tier),
        changed=st.booleans(),
    )
)
said = st.builds(
    Said,
    st.none() | st.integers(1, 99),
    st.none() | st.sampled_from(["[b]One[/b]", "[b]Two[/b]", "gone"]),
    st.none() | st.sampled_from([NOW, NOW - timedelta(hours=70), NOW - timedelta(days=4)]),
)
users = st.none() | st.integers(1, 9)
views = st.builds(
    NewsView,
    about=st.just("push:1/7:x"),
    project=st.just(SHOP),
    facts=facts,
    telling=st.sampled_from(["One", "Two"]).map(lambda text: Telling((Text(text),))),
    said=st.dictionaries(st.sampled_from(DIALOGS), said, max_size=3),
    said_in_tasks=st.dictionaries(st.integers(1, 2), said, max_size=2),
    told=st.dictionaries(st.integers(1, 9), states, max_size=3),
    tasks=st.sampled_from([(), TASKS[:1], TASKS]),
    author=users,
    actor=users,
    administrator=users,
)
rules = st.builds(
    lambda own, general, chats, templates: Rules(
        groups={5: GroupRules(projects=(SHOP.path,), routes=own, people={Role.QA: (7, 8)})},
        routes=general,
        chats=chats,
        templates=templates,
    ),
    routes,
    routes,
    st.sampled_from([{}, {Room.GENERAL: "chat1"}, {Room.RELEASES: "chat2"}]),
    st.sampled_from([{}, {Kind.PUSH: "{default}!"}, {Kind.ALERT: "Look"}]),
)


def carried_out(view: NewsView, plan: NewsPlan) -> NewsView:
    chats, comments = dict(view.said), dict(view.said_in_tasks)
    told = dict(view.told)
    for _, effect, _ in plan.effects:
        match effect:
            case Post(dialog, _, text, message_id):
                chats[dialog] = _said(chats.get(dialog), text, message_id)
            case PutMessage(task_id, _, text, message_id):
                comments[task_id] = _said(comments.get(task_id), text, message_id)
            case Notify(_, user_id):
                told[user_id] = view.facts.state
    return replace(view, said=chats, said_in_tasks=comments, told=told)


def _said(before: Said | None, text: str, message_id: int | None) -> Said:
    at = before.at if before and message_id else NOW
    return Said(message_id or 100, text, at)


@settings(max_examples=300)
@given(views, rules)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(view, rules):
    plan = plan_news(view, rules, NOW)
    again = plan_news(carried_out(view, plan), rules, NOW)
    assert (again.effects, again.wait_until) == ((), plan.wait_until)


@given(views, rules)
def test_one_message_a_place_and_one_notification_a_person(view, rules):
    effects = [effect for _, effect, _ in plan_news(view, rules, NOW).effects]
    places = [
        (type(one), one.dialog if isinstance(one, Post) else one.task_id)
        for one in effects
        if not isinstance(one, Notify)
    ]
    people = [one.user_id for one in effects if isinstance(one, Notify)]
    assert len(set(places)) == len(places)
    assert len(set(people)) == len(people)
    assert view.actor not in people


@given(views, rules)
def test_what_waits_for_the_end_of_quiet_hours_is_then_waited_for_no_more(view, rules):
    plan = plan_news(view, rules, NOW)
    if plan.wait_until is None:
        return
    assert plan.wait_until > NOW
    done = carried_out(view, plan)
    assert plan_news(done, rules, plan.wait_until + timedelta(hours=9)).wait_until is None


@given(views, rules)
def test_where_no_rule_takes_a_thing_nothing_new_is_said(view, rules):
    silent = replace(rules, routes=(), groups={})
    for _, effect, _ in plan_news(view, silent, NOW).effects:
        assert not isinstance(effect, Notify)
        assert effect.message_id is not None
