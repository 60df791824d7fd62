"""Each row of the verdict table, and what follows from it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.issue_sync.acts import settle_conflict
from sync.core.issue_sync.link import ValuePair
from sync.core.issue_sync.merge import Verdict, decide
from sync.core.issue_sync.model import STAGE, STATUS, TAGS, TITLE, SideName
from sync.core.issue_sync.rules import Direction, FieldRule, Policy
from sync.core.issue_sync.writes import SetChange
from tests.core.issue_sync.cases import (
    NOW,
    PORTAL,
    TRACKER,
    TRANSLATIONS,
    carried_out,
    changes,
    item,
    linked,
    planned_now,
    rules,
    titled,
    titles,
)

# tracker now, portal now (both had "a"), policy, newest → verdict, what is written where
TABLE = [
    ("a", "a", Policy.NEWEST, TRACKER, Verdict.KEEP, {}),
    ("b", "b", Policy.NEWEST, TRACKER, Verdict.ADOPT, {}),
    ("b", "b", Policy.ASK, TRACKER, Verdict.ADOPT, {}),
    ("b", "a", Policy.NEWEST, PORTAL, Verdict.PUSH, {PORTAL: "b"}),
    ("b", "a", Policy.PORTAL, PORTAL, Verdict.PUSH, {PORTAL: "b"}),
    ("b", "a", Policy.ASK, PORTAL, Verdict.PUSH, {PORTAL: "b"}),
    ("a", "b", Policy.NEWEST, TRACKER, Verdict.PUSH, {TRACKER: "b"}),
    ("a", "b", Policy.TRACKER, TRACKER, Verdict.PUSH, {TRACKER: "b"}),
    ("b", "c", Policy.NEWEST, TRACKER, Verdict.OVERRULE, {PORTAL: "b"}),
    ("b", "c", Policy.NEWEST, PORTAL, Verdict.OVERRULE, {TRACKER: "c"}),
    ("b", "c", Policy.TRACKER, PORTAL, Verdict.OVERRULE, {PORTAL: "b"}),
    ("b", "c", Policy.PORTAL, TRACKER, Verdict.OVERRULE, {TRACKER: "c"}),
    ("b", "c", Policy.ASK, TRACKER, Verdict.ASK, {}),
]


@pytest.mark.parametrize(("tracker", "portal", "policy", "newest", "verdict", "writes"), TABLE)
def test_the_verdict_table(
    tracker: str,
    portal: str,
    policy: Policy,
    newest: SideName,
    verdict: Verdict,
    writes: dict[SideName, str],
) -> None:
    decision = decide(
        FieldRule(policy=policy),
        TRANSLATIONS[TITLE],
        ValuePair({TITLE: "a"}, {TITLE: "a"}),
        ValuePair({TITLE: tracker}, {TITLE: portal}),
        newest=newest,
    )
    assert decision.verdict is verdict
    assert {to: carried.changes[TITLE] for to, carried in decision.writes.items()} == writes


# direction, tracker now, portal now → verdict, what is written where
ONE_WAY = [
    (Direction.TO_PORTAL, "b", "a", Verdict.PUSH, {PORTAL: "b"}),
    (Direction.TO_PORTAL, "a", "b", Verdict.HOLD, {}),
    (Direction.TO_PORTAL, "b", "c", Verdict.OVERRULE, {PORTAL: "b"}),
    (Direction.TO_TRACKER, "a", "b", Verdict.PUSH, {TRACKER: "b"}),
    (Direction.TO_TRACKER, "b", "a", Verdict.HOLD, {}),
    (Direction.TO_TRACKER, "b", "c", Verdict.OVERRULE, {TRACKER: "c"}),
    (Direction.OFF, "b", "a", Verdict.HOLD, {}),
    (Direction.OFF, "b", "c", Verdict.HOLD, {}),
    (Direction.OFF, "b", "b", Verdict.ADOPT, {}),
]


@pytest.mark.parametrize(("direction", "tracker", "portal", "verdict", "writes"), ONE_WAY)
def test_a_direction_lets_out_one_way_alone(
    direction: Direction,
    tracker: str,
    portal: str,
    verdict: Verdict,
    writes: dict[SideName, str],
) -> None:
    decision = decide(
        FieldRule(direction, Policy.ASK),
        TRANSLATIONS[TITLE],
        ValuePair({TITLE: "a"}, {TITLE: "a"}),
        ValuePair({TITLE: tracker}, {TITLE: portal}),
        newest=TRACKER,
    )
    assert decision.verdict is verdict
    assert {to: carried.changes[TITLE] for to, carried in decision.writes.items()} == writes


def test_two_changes_of_a_set_both_stand() -> None:
    link = linked(tags=({TAGS: frozenset({"red"})}, {TAGS: frozenset({"Red"})}))
    tracker = item(TRACKER, {TAGS: frozenset({"red", "blue"})})
    portal = item(PORTAL, {TAGS: frozenset({"Green"})})
    planned = planned_now(link, tracker, portal, rules(fields=[TAGS]))
    assert changes(planned) == {
        TRACKER: {TAGS: SetChange(frozenset({"green"}), frozenset({"red"}))},
        PORTAL: {TAGS: SetChange(frozenset({"Blue"}))},
    }
    assert planned.conflicts == ()
    link, tracker, portal = carried_out(planned, tracker, portal)
    assert tracker.values[TAGS] == frozenset({"blue", "green"})
    assert portal.values[TAGS] == frozenset({"Blue", "Green"})
    assert planned_now(link, tracker, portal, rules(fields=[TAGS])).writes == ()


def test_a_conflict_keeps_the_losing_value() -> None:
    tracker, portal = titled("b", "c")
    later = item(PORTAL, portal.values, at=NOW + timedelta(seconds=1))
    (conflict,) = planned_now(titles("a"), tracker, later, rules()).conflicts
    assert conflict.winner is PORTAL
    assert conflict.values == ValuePair({TITLE: "b"}, {TITLE: "c"})


def test_a_parked_conflict_is_recorded_once_and_the_rest_goes_on() -> None:
    asking = rules(Policy.ASK, fields=[TITLE, TAGS])
    link = linked(title=({TITLE: "a"}, {TITLE: "a"}), tags=({TAGS: None}, {TAGS: None}))
    tracker = item(TRACKER, {TITLE: "b", TAGS: frozenset({"red"})})
    portal = item(PORTAL, {TITLE: "c", TAGS: frozenset()})
    first = planned_now(link, tracker, portal, asking)
    assert [conflict.winner for conflict in first.conflicts] == [None]
    assert changes(first) == {PORTAL: {TAGS: SetChange(frozenset({"Red"}))}}
    link, tracker, portal = carried_out(first, tracker, portal)
    second = planned_now(link, tracker, portal, asking)
    assert (second.conflicts, second.writes) == ((), ())
    assert second.link.clashes[TITLE] == ValuePair({TITLE: "b"}, {TITLE: "c"})


@pytest.mark.parametrize("policy", [Policy.NEWEST, Policy.PORTAL, Policy.ASK])
def test_what_is_moved_back_after_a_clash_is_an_edit(policy: Policy) -> None:
    """The winner was never written, and the loser came back to what was agreed."""
    tracker, portal = titled("b", "c")
    before = item(PORTAL, portal.values, at=NOW + timedelta(seconds=1))
    clashed = planned_now(titles("a"), tracker, before, rules(policy)).link
    back = item(TRACKER, {TITLE: "a"}, at=NOW + timedelta(seconds=2))
    planned = planned_now(clashed, back, before, rules(policy))
    if policy is Policy.ASK:  # what waited for a person is taken back
        assert (changes(planned), planned.conflicts) == ({TRACKER: {TITLE: "c"}}, ())
        return
    (conflict,) = planned.conflicts
    assert conflict.values == ValuePair({TITLE: "a"}, {TITLE: "c"})
    winner = TRACKER if policy is Policy.NEWEST else PORTAL
    assert conflict.winner is winner
    assert changes(planned) == {winner.other: {TITLE: "a" if winner is TRACKER else "c"}}


def test_a_decided_conflict_is_written_and_over() -> None:
    asking = rules(Policy.ASK, fields=[TITLE])
    tracker, portal = titled("b", "c")
    link = settle_conflict(planned_now(titles("a"), tracker, portal, asking).link, TITLE, TRACKER)
    planned = planned_now(link, tracker, portal, asking)
    assert changes(planned) == {PORTAL: {TITLE: "b"}}
    link, tracker, portal = carried_out(planned, tracker, portal)
    assert (link.clashes, link.decided) == ({}, {})
    assert planned_now(link, tracker, portal, asking).writes == ()


def test_a_decision_outlives_a_write_that_failed() -> None:
    asking = rules(Policy.ASK, fields=[TITLE])
    tracker, portal = titled("b", "c")
    link = planned_now(titles("a"), tracker, portal, asking).link
    planned = planned_now(settle_conflict(link, TITLE, PORTAL), tracker, portal, asking)
    assert changes(planned_now(planned.link, tracker, portal, asking)) == {TRACKER: {TITLE: "c"}}


def test_what_nobody_disputes_cannot_be_decided() -> None:
    with pytest.raises(LookupError, match="not disputed"):
        settle_conflict(titles("a"), TITLE, TRACKER)


# Nothing was ever agreed: tracker, portal → what is written where, conflicts
FIRST = [
    ("a", "a", {}, 0),
    ("a", "", {PORTAL: {TITLE: "a"}}, 0),
    (None, "a", {TRACKER: {TITLE: "a"}}, 0),
    ("", None, {}, 0),
    ("a", "b", {PORTAL: {TITLE: "a"}}, 1),
]


@pytest.mark.parametrize(("tracker", "portal", "writes", "conflicts"), FIRST)
def test_linking_two_items_loses_nothing(
    tracker: str | None, portal: str | None, writes: dict[SideName, object], conflicts: int
) -> None:
    planned = planned_now(
        linked(),
        item(TRACKER, {TITLE: tracker}),
        item(PORTAL, {TITLE: portal}),
        rules(Policy.TRACKER, fields=[TITLE]),
    )
    assert changes(planned) == writes
    assert len(planned.conflicts) == conflicts


def test_tags_of_two_items_are_united() -> None:
    planned = planned_now(
        linked(),
        item(TRACKER, {TAGS: frozenset({"red", "odd"})}),
        item(PORTAL, {TAGS: frozenset({"Blue"})}),
        rules(fields=[TAGS]),
    )
    assert changes(planned) == {
        TRACKER: {TAGS: SetChange(frozenset({"blue"}))},
        PORTAL: {TAGS: SetChange(frozenset({"Red"}))},
    }
    assert planned.link.problems == {TAGS: 'the label "odd" has no counterpart'}


def test_a_tag_that_both_had_from_the_first_is_agreed_at_once() -> None:
    """Who takes it away while the first look is written takes it away on both sides."""
    tags = rules(fields=[TAGS])
    tracker = item(TRACKER, {TAGS: frozenset({"red", "blue"})})
    portal = item(PORTAL, {TAGS: frozenset({"Red"})})
    planned = planned_now(linked(), tracker, portal, tags)
    assert changes(planned) == {PORTAL: {TAGS: SetChange(frozenset({"Blue"}))}}
    link, _, portal = carried_out(planned, tracker, portal)
    tracker = item(TRACKER, {TAGS: frozenset({"blue"})})
    planned = planned_now(link, tracker, portal, tags)
    assert changes(planned) == {PORTAL: {TAGS: SetChange(remove=frozenset({"Red"}))}}


# agreed, now → what is written: a status that the other side cannot tell apart is no move there
LOSSY = [
    (("doing", "4"), ("doing", "3"), {}),
    (("todo", "2"), ("triage", "2"), {}),
    (("doing", "4"), ("doing", "4"), {}),
    (("doing", "4"), ("done", "4"), {PORTAL: {STATUS: "5"}}),
    (("triage", "2"), ("triage", "5"), {TRACKER: {STATUS: "done"}}),
    (("triage", "2"), ("triage", "2"), {}),
    (("triage", "2"), ("other", "2"), {}),
]


@pytest.mark.parametrize(("agreed", "now", "writes"), LOSSY)
def test_a_lossy_status_is_compared_with_its_own_base(
    agreed: tuple[str, str], now: tuple[str, str], writes: dict[SideName, object]
) -> None:
    base = ({STATUS: agreed[0]}, {STATUS: agreed[1], STAGE: "9"})
    planned = planned_now(
        linked(status=base),
        item(TRACKER, {STATUS: now[0]}),
        item(PORTAL, {STATUS: now[1], STAGE: "9"}),
        rules(fields=[STATUS]),
    )
    assert changes(planned) == writes


def test_an_untranslatable_value_says_so_and_leaves_the_rest() -> None:
    link = linked(status=({STATUS: "todo"}, {STATUS: "2"}), title=({TITLE: "a"}, {TITLE: "a"}))
    tracker = item(TRACKER, {STATUS: "vague", TITLE: "b"})
    portal = item(PORTAL, {STATUS: "2", TITLE: "a"})
    planned = planned_now(link, tracker, portal, rules(fields=[STATUS, TITLE]))
    assert changes(planned) == {PORTAL: {TITLE: "b"}}
    assert planned.link.problems == {
        STATUS: 'no row for the tracker\'s status, add one under `statuses`: "vague"'
    }
    assert [line.kind for line in planned.story] == ["problem"]
    link, tracker, portal = carried_out(planned, tracker, portal)
    again = planned_now(link, tracker, portal, rules(fields=[STATUS, TITLE]))
    assert (again.story, again.writes) == ((), ())
    mended = item(TRACKER, {STATUS: "done", TITLE: "b"})
    planned = planned_now(again.link, mended, portal, rules(fields=[STATUS, TITLE]))
    assert changes(planned) == {PORTAL: {STATUS: "5"}}
    assert planned.link.problems == {}
