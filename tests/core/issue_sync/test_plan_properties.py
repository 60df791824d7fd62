"""Properties of the plan over all small histories of one link with a side that normalises."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.model import STATUS, TAGS, TITLE, Item, SideName, Value
from sync.core.issue_sync.plan import plan
from sync.core.issue_sync.rules import Policy
from tests.core.issue_sync.cases import (
    NOW,
    PORTAL,
    TRACKER,
    carried_out,
    item,
    linked,
    planned_now,
    rules,
)

TITLES = st.sampled_from(["", "a", "b", "c"])
TRACKER_VALUES = st.fixed_dictionaries(
    {
        TITLE: TITLES,
        STATUS: st.sampled_from(["todo", "triage", "doing", "done", "odd"]),
        TAGS: st.frozensets(st.sampled_from(["red", "blue", "odd"])),
    }
)
PORTAL_VALUES = st.fixed_dictionaries(
    {
        TITLE: TITLES,
        STATUS: st.sampled_from(["2", "3", "4", "5", "7"]),
        TAGS: st.frozensets(st.sampled_from(["Red", "Blue", "Odd"])),
    }
)
POLICIES = st.sampled_from(Policy)


def rested(
    link: LinkState, tracker: Item, portal: Item, policy: Policy
) -> tuple[LinkState, Item, Item]:
    """Carry out plans until there are none."""
    for _ in range(3):
        planned = planned_now(link, tracker, portal, rules(policy))
        link = planned.link
        if not planned.writes:
            return link, tracker, portal
        link, tracker, portal = carried_out(planned, tracker, portal)
    raise AssertionError("it never rests")


@given(TRACKER_VALUES, PORTAL_VALUES, POLICIES)
def test_it_rests_after_one_exchange(
    tracker: dict[str, Value], portal: dict[str, Value], policy: Policy
) -> None:
    rested(linked(), item(TRACKER, tracker), item(PORTAL, portal), policy)


@given(TRACKER_VALUES, PORTAL_VALUES, TRACKER_VALUES, PORTAL_VALUES, POLICIES, st.booleans())
def test_an_edit_stands_or_lost_by_the_policy(
    first: dict[str, Value],
    second: dict[str, Value],
    tracker: dict[str, Value],
    portal: dict[str, Value],
    policy: Policy,
    portal_is_newer: bool,
) -> None:
    link, *items = rested(linked(), item(TRACKER, first), item(PORTAL, second), policy)
    at = NOW + timedelta(seconds=1 if portal_is_newer else -1)
    before = dict(zip(SideName, items, strict=True))
    edited = {TRACKER: item(TRACKER, tracker), PORTAL: item(PORTAL, portal, at=at)}
    asked = planned_now(link, edited[TRACKER], edited[PORTAL], rules(policy))
    _, *after = rested(link, edited[TRACKER], edited[PORTAL], policy)
    now = dict(zip(SideName, after, strict=True))
    disputed = {conflict.field: conflict for conflict in asked.conflicts}
    for side in SideName:
        held, edit = before[side].values[TITLE], edited[side].values[TITLE]
        if held == edit or asked.link.clashes.get(TITLE):
            continue
        stands = now[side].values[TITLE] == edit == now[side.other].values[TITLE]
        assert stands or (TITLE in disputed and disputed[TITLE].winner is side.other)


@given(TRACKER_VALUES, PORTAL_VALUES, TRACKER_VALUES, PORTAL_VALUES, POLICIES)
def test_a_parked_field_keeps_both_values(
    first: dict[str, Value],
    second: dict[str, Value],
    tracker: dict[str, Value],
    portal: dict[str, Value],
    policy: Policy,
) -> None:
    link, *_ = rested(linked(), item(TRACKER, first), item(PORTAL, second), Policy.TRACKER)
    link, now, then = rested(link, item(TRACKER, tracker), item(PORTAL, portal), Policy.ASK)
    for name in link.clashes:
        assert now.values[name] == tracker[name]
        assert then.values[name] == portal[name]


@given(TRACKER_VALUES, PORTAL_VALUES)
def test_no_plan_of_a_resting_link_writes(
    tracker: dict[str, Value], portal: dict[str, Value]
) -> None:
    link, now, then = rested(linked(), item(TRACKER, tracker), item(PORTAL, portal), Policy.NEWEST)
    for minutes in range(3):
        planned = plan(link, now, then, rules(), NOW + timedelta(minutes=minutes))
        assert (planned.writes, planned.conflicts, planned.story) == ((), (), ())
        link = planned.link
