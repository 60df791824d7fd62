"""People: a set on the tracker, a lead and others on the portal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.model import ASSIGNEES, LEAD, Capabilities, Item, SideName, Value
from sync.core.issue_sync.sets import People
from sync.core.issue_sync.writes import SetChange
from tests.core.issue_sync.cases import (
    BACK,
    PEOPLE,
    PORTAL,
    TRACKER,
    carried_out,
    item,
    linked,
    planned_now,
    rules,
)

RULES = rules(fields=[ASSIGNEES])
SINGLE = replace(RULES, translations={ASSIGNEES: People(BACK.get, PEOPLE.get, several=False)})


def tracker(*people: str) -> Mapping[str, Value]:
    """Return the tracker's values."""
    return {ASSIGNEES: frozenset(people)}


def portal(lead: str, *others: str) -> Mapping[str, Value]:
    """Return the portal's values."""
    return {LEAD: lead, ASSIGNEES: frozenset(others)}


# agreed → now → then, tracker and portal
SEVERAL = [
    # somebody joins
    (tracker("ann"), portal("1"), tracker("ann", "bob"), portal("1"), None, portal("1", "2")),
    (tracker("ann"), portal("1"), tracker("ann"), portal("1", "3"), tracker("ann", "cy"), None),
    # the lead leaves: somebody else leads, the new person first
    (tracker("ann", "bob"), portal("1", "2"), tracker("bob"), portal("1", "2"), None, portal("2")),
    (tracker("ann"), portal("1"), tracker("cy"), portal("1"), None, portal("3")),
    # who leads of the same people is the portal's own matter
    (tracker("ann", "bob"), portal("1", "2"), tracker("ann", "bob"), portal("2", "1"), None, None),
    # both sides change people
    (
        tracker("ann"),
        portal("1"),
        tracker("ann", "bob"),
        portal("3"),
        tracker("bob", "cy"),
        portal("3", "2"),
    ),
    (tracker("ann"), portal("1"), tracker("bob"), portal("2"), None, None),
    # a task always has a responsible person, until the tracker names another whom it knows
    (tracker("ann"), portal("1"), tracker(), portal("1"), None, None),
    (tracker(), portal("1"), tracker("bob"), portal("1"), None, portal("2")),
    (tracker("zed"), portal("1", "3"), tracker("bob"), portal("1", "3"), None, portal("2", "3")),
    (tracker(), portal("1"), tracker("ann"), portal("1"), None, None),
    # a lead without a counterpart works on it still
    (tracker(), portal("9"), tracker("bob"), portal("9"), None, portal("2", "9")),
    (tracker(), portal("9", "2"), tracker("bob"), portal("9", "2"), None, portal("2", "9")),
    (
        tracker("bob"),
        portal("9", "2"),
        tracker("bob", "cy"),
        portal("9", "2"),
        None,
        portal("9", "2", "3"),
    ),
    # whom the portal itself chose meanwhile leads
    (tracker(), portal("1"), tracker("bob"), portal("3"), tracker("bob", "cy"), portal("3", "2")),
    (
        tracker(),
        portal("1"),
        tracker("bob"),
        portal("1", "3"),
        tracker("bob", "cy"),
        portal("2", "3"),
    ),
    # a person without a counterpart stays where they are
    (tracker("ann"), portal("1"), tracker("ann", "zed"), portal("1"), None, None),
    (tracker("ann"), portal("1"), tracker("ann", "zed"), portal("2"), tracker("bob", "zed"), None),
]


@pytest.mark.parametrize(("base_t", "base_p", "now_t", "now_p", "then_t", "then_p"), SEVERAL)
def test_people_cross_one_by_one(
    base_t: Mapping[str, Value],
    base_p: Mapping[str, Value],
    now_t: Mapping[str, Value],
    now_p: Mapping[str, Value],
    then_t: Mapping[str, Value] | None,
    then_p: Mapping[str, Value] | None,
) -> None:
    link = linked(assignees=(base_t, base_p))
    items = rest(link, item(TRACKER, now_t), item(PORTAL, now_p))
    assert items[TRACKER].values == (then_t or now_t)
    assert items[PORTAL].values == (then_p or now_p)


def rest(link: LinkState, tracker: Item, portal: Item) -> dict[SideName, Item]:
    """Carry out plans until there are none."""
    for _ in range(4):
        planned = planned_now(link, tracker, portal, RULES)
        if not planned.writes:
            return {TRACKER: tracker, PORTAL: portal}
        link, tracker, portal = carried_out(planned, tracker, portal)
    raise AssertionError("it never rests")


@pytest.mark.parametrize("several", [True, False])
def test_who_is_responsible_follows_an_assignee_whom_the_portal_knows(several: bool) -> None:
    held = RULES if several else SINGLE
    link, task = linked(assignees=(tracker("ann"), portal("1"))), item(PORTAL, portal("1"))
    for assignee, lead in (("zed", "1"), ("bob", "2"), ("zed", "2"), ("cy", "3"), ("ann", "1")):
        issue = item(TRACKER, tracker(assignee))
        link, _, task = carried_out(planned_now(link, issue, task, held), issue, task)
        assert task.values == portal(lead), assignee


def test_where_one_alone_is_kept_the_lead_crosses() -> None:
    link = linked(assignees=(tracker("ann"), portal("1", "2")))
    planned = planned_now(
        link, item(TRACKER, tracker("ann")), item(PORTAL, portal("3", "2")), SINGLE
    )
    _, now, _ = carried_out(planned, item(TRACKER, tracker("ann")), item(PORTAL, portal("3", "2")))
    assert now.values == tracker("cy")
    planned = planned_now(
        link, item(TRACKER, tracker("bob")), item(PORTAL, portal("1", "2")), SINGLE
    )
    _, _, then = carried_out(planned, item(TRACKER, tracker("bob")), item(PORTAL, portal("1", "2")))
    assert then.values == portal("2", "2")
    planned = planned_now(
        link, item(TRACKER, tracker("ann")), item(PORTAL, portal("1", "2", "3")), SINGLE
    )
    assert planned.writes == ()


def test_a_missing_counterpart_is_said() -> None:
    link = linked(assignees=(tracker("ann"), portal("1")))
    planned = planned_now(
        link, item(TRACKER, tracker("ann", "zed")), item(PORTAL, portal("1")), RULES
    )
    assert planned.link.problems == {
        ASSIGNEES: "no counterpart of a person, add one under `people`: zed"
    }


def test_who_left_and_is_unknown_since_leaves_once_they_are_known() -> None:
    before, after = tracker("ann", "bob"), tracker("ann")
    people = People(BACK.get, lambda person: None if person == "bob" else PEOPLE.get(person))
    carried = people.carry(PORTAL, before, after, portal("1", "2"))
    assert (carried.changes, carried.source) == ({}, before)
    assert "no counterpart of a person" in carried.problems[0]
    later = People(BACK.get, PEOPLE.get).carry(PORTAL, carried.source, after, portal("1", "2"))
    assert later.changes == {ASSIGNEES: SetChange(remove=frozenset({"2"}))}


def test_a_link_names_the_people_that_both_sides_hold():
    named = replace(
        RULES,
        capabilities=dict.fromkeys(SideName, Capabilities(frozenset())),
        people={TRACKER: {"ann": "Ann Oak", "cy": "Cy"}, PORTAL: {"1": "Anna"}},
    )
    link = linked(assignees=(tracker("ann"), portal("1")))
    items = item(TRACKER, tracker("ann")), item(PORTAL, portal("1"))
    names = planned_now(link, *items, named).link.names
    assert names == {"tracker/assignees/ann": "Ann Oak", "portal/lead/1": "Anna"}
