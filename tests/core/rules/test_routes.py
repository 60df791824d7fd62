"""Rules of who is told: which are in force, when they are quiet, and that a plan is done once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.model.kinds import Kind
from sync.core.notifications.facts import FactsContext, build_facts
from sync.core.notifications.filters import STATES_BY_KIND
from sync.core.notifications.samples import SAMPLES
from sync.core.rules.portal import CommentRules, GroupRules, Rules, wanted_kinds, wants_internal
from sync.core.rules.routes import (
    DEFAULT_ROUTES,
    MANDATORY_ROUTE,
    Channel,
    Facts,
    QuietHours,
    Role,
    Route,
    effective_routes,
)

ZONES = [ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")]
kinds = st.frozensets(st.sampled_from(Kind), min_size=1, max_size=4)
routes = st.lists(st.builds(Route, kinds, st.just((Channel.PROJECT,))), max_size=4).map(tuple)


@given(routes, routes, st.sampled_from(Kind))
def test_own_rules_take_the_place_of_the_portals_for_the_kinds_they_name_only(own, general, kind):
    facts = Facts(kind)
    found = [
        route
        for route in effective_routes(own, general)
        if route is not MANDATORY_ROUTE and route.matches(facts)
    ]
    mine = [one for one in own if kind in one.kinds]
    theirs = [one for one in general if kind in one.kinds]
    assert len(found) == (len(mine) or len(theirs))
    assert set(mine) <= set(found)


@given(routes, routes)
def test_an_administrator_is_always_told_of_a_token(own, general):
    told = [
        route for route in effective_routes(own, general) if route.matches(Facts(Kind.ACCESS_TOKEN))
    ]
    assert any(Role.ADMINISTRATOR in route.targets for route in told)


def test_a_rule_to_nobody_silences_its_kinds():
    silent = Route(frozenset({Kind.PUSH}), ())
    routes = [
        route
        for route in effective_routes((silent,), DEFAULT_ROUTES)
        if route.matches(Facts(Kind.PUSH))
    ]
    assert routes == [silent]


def test_a_label_is_found_however_it_is_written():
    route = Route(frozenset({Kind.ISSUE}), (Channel.PROJECT,), labels=frozenset({"Bug", "прод"}))
    for labels, taken in ((["bug"], True), (["ПРОД", "x"], True), (["debug"], False), ([], False)):
        assert route.matches(Facts(Kind.ISSUE, labels=frozenset(labels))) is taken


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "zone", "until"),
    [
        ("22:00-08:00", "2026-03-02T21:59", "Europe/Berlin", None),
        ("22:00-08:00", "2026-03-02T22:00", "Europe/Berlin", "2026-03-03T08:00"),
        ("22:00-08:00", "2026-03-03T07:59", "Europe/Berlin", "2026-03-03T08:00"),
        ("22:00-08:00", "2026-03-03T08:00", "Europe/Berlin", None),
        ("12:00-13:00", "2026-03-03T12:30", "America/New_York", "2026-03-03T13:00"),
        ("22:00-00:00", "2026-03-03T23:30", "America/New_York", "2026-03-04T00:00"),
        ("22:00-00:00", "2026-03-04T00:00", "America/New_York", None),
        # The night has 23 hours, then 25: people's mornings begin at eight all the same.
        ("22:00-08:00", "2026-03-28T23:00", "Europe/Berlin", "2026-03-29T08:00"),
        ("22:00-08:00", "2026-10-24T23:00", "Europe/Berlin", "2026-10-25T08:00"),
        ("22:00-08:00", "2026-03-07T23:00", "America/New_York", "2026-03-08T08:00"),
        ("22:00-08:00", "2026-10-31T23:00", "America/New_York", "2026-11-01T08:00"),
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(hours, now, zone, until):
    quiet = QuietHours(*map(time.fromisoformat, hours.split("-")))
    end = quiet.ends_at(at(now, zone), ZoneInfo(zone))
    assert end == (at(until, zone) if until else None)


moments = st.integers(0, 365 * 96).map(
    lambda quarters: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
)
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


@given(clocks, clocks, moments, st.sampled_from(ZONES))
def test_quiet_hours_end_within_a_day_when_the_clock_says_so(start, end, now, zone):
    until = QuietHours(start, end).ends_at(now, zone)
    clock = now.astimezone(zone).time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    assert (until is not None) is inside
    if until is not None:
        assert timedelta() < until - now <= timedelta(hours=25)
        shown = until.astimezone(zone)
        skipped = shown.replace(hour=end.hour, minute=end.minute).astimezone(UTC).astimezone(zone)
        assert shown.time() == end or skipped.time() != end  # an hour that this night leaves out


@pytest.mark.parametrize(
    ("environment", "taken"),
    [("production", True), ("прод", True), ("боевой", True), ("предпрод", False), ("", False)],
)
def test_a_job_is_told_by_the_tier_that_its_environment_is_named_for(environment, taken):
    job = replace(SAMPLES[Kind.JOB], environment=environment)
    route = Route(frozenset({Kind.JOB}), (Channel.PROJECT,), environments=("production",))
    assert route.matches(build_facts(job, FactsContext())) is taken


def test_every_kind_has_states():
    assert set(STATES_BY_KIND) == set(Kind)


OF = {
    "exact": GroupRules(projects=("acme/tools/cli",)),
    "pattern": GroupRules(projects=("acme/tools/*",)),
    "wide": GroupRules(projects=("ACME/*",)),
}


@pytest.mark.parametrize(
    ("path", "group"),
    [("acme/shop", 1), ("acme/tools/api", 1), ("Acme/Tools/CLI", 3), ("other/x", 0)],
)
def test_a_project_belongs_to_who_names_it_then_to_the_first_pattern(path, group):
    rules = Rules(groups={1: OF["wide"], 2: OF["pattern"], 3: OF["exact"]})
    assert rules.group_of(path) == group


def test_hooks_have_to_bring_what_any_rule_names():
    own = Route(frozenset({Kind.JOB, Kind.EMOJI}), (Channel.PROJECT,))
    silent = Route(frozenset({Kind.MEMBER}), ())
    usual = {kind for route in DEFAULT_ROUTES for kind in route.kinds} | {Kind.ACCESS_TOKEN}
    assert wanted_kinds(Rules()) == usual
    groups = {5: GroupRules(routes=(own, silent))}
    assert wanted_kinds(Rules(groups=groups)) == usual | {Kind.JOB, Kind.EMOJI}
    assert wanted_kinds(Rules(routes=(), groups=groups)) == own.kinds | {Kind.ACCESS_TOKEN}


@pytest.mark.parametrize(
    ("rules", "answer"),
    [
        (Rules(), False),
        (Rules(default=GroupRules(comments=CommentRules(internal=True))), True),
        (Rules(groups={5: GroupRules(comments=CommentRules(internal=True))}), True),
        (
            Rules(routes=(Route(frozenset({Kind.COMMENT}), (Channel.PROJECT,), internal=True),)),
            True,
        ),
        (Rules(routes=(Route(frozenset({Kind.COMMENT}), (), internal=True),)), False),
    ],
)
def test_hooks_bring_what_members_alone_may_read_where_that_is_asked_for(rules, answer):
    assert wants_internal(rules) is answer
