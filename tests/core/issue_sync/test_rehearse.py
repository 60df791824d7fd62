"""A changed mapping over changes that happened: what would stand elsewhere, and who would win."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sync.core.issue_sync.fields import converted, unchanged
from sync.core.issue_sync.history import FieldChange, changes_between, is_shortened
from sync.core.issue_sync.link import FieldIntent, LinkState, PlannedWrite, ValuePair
from sync.core.issue_sync.model import (
    DESCRIPTION,
    STATUS,
    TAGS,
    TITLE,
    ItemAddress,
    SideName,
    Value,
)
from sync.core.issue_sync.rehearse import Difference, LinkHistory, Rehearsal, rehearse
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules, Policy
from sync.core.issue_sync.sets import Elements
from sync.core.issue_sync.statuses import StatusRow, translation
from sync.core.issue_sync.writes import UpdateItem

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
AT = datetime(2026, 3, 2, tzinfo=UTC)
ITEMS = {TRACKER: "70", PORTAL: "2103"}
OLD_TABLE = (StatusRow("todo", "2"), StatusRow("doing", "2"), StatusRow("done", "5"))
NEW_TABLE = (StatusRow("todo", "2"), StatusRow("doing", "3"), StatusRow("done", "5"))


def change(
    name: str,
    source: SideName | None,
    before: tuple[Value, Value],
    after: tuple[Value, Value],
    clash: tuple[Value, Value] | None = None,
) -> FieldChange:
    def pair(values: tuple[Value, Value]) -> ValuePair:
        return ValuePair({name: values[0]}, {name: values[1]})

    return FieldChange(AT, name, source, pair(before), pair(after), clash and pair(clash))


def rules(**fields: FieldRule) -> LinkRules:
    translations = {
        STATUS: translation(NEW_TABLE),
        TITLE: unchanged(TITLE),
        DESCRIPTION: converted(DESCRIPTION, lambda value: value, lambda value: value),
        TAGS: Elements(TAGS, lambda tag: tag, lambda tag: tag),
    }
    return LinkRules(fields, {name: translations[name] for name in fields})


def rehearsed(by_rules: LinkRules, *changes: FieldChange) -> Rehearsal:
    return rehearse([(LinkHistory(ITEMS, changes), by_rules)])


def test_a_row_that_was_changed_moves_the_tasks_of_its_status() -> None:
    moved = change(STATUS, TRACKER, ("todo", "2"), ("doing", "2"))
    result = rehearsed(rules(status=FieldRule()), moved)
    assert (result.links, result.changes, result.since) == (1, 1, AT)
    assert result.differences == [Difference(STATUS, PORTAL, "2103", {STATUS: "2"}, {STATUS: "3"})]
    done = change(STATUS, TRACKER, ("doing", "2"), ("done", "5"))
    assert rehearsed(rules(status=FieldRule()), moved, done).differences == []


def test_the_same_mapping_changes_nothing() -> None:
    changes = [
        change(TITLE, PORTAL, ("a", "a"), ("b", "b")),
        change(TITLE, TRACKER, ("b", "b"), ("c", "c"), ("c", "d")),
        change(TITLE, None, ("c", "c"), ("e", "e")),
    ]
    result = rehearsed(rules(title=FieldRule()), *changes)
    assert result.differences == []
    assert (result.conflicts, result.met) == ({TITLE: 1}, {TITLE: 1})


def test_a_direction_holds_back_what_crossed_then() -> None:
    changes = [
        change(TITLE, PORTAL, ("a", "a"), ("b", "b")),
        change(TITLE, TRACKER, ("b", "b"), ("c", "c")),
    ]
    result = rehearsed(rules(title=FieldRule(Direction.TO_PORTAL)), *changes)
    assert result.held == {(TITLE, PORTAL): 1}
    assert result.differences == []  # the issue's later title won
    off = rehearsed(rules(title=FieldRule(Direction.OFF)), *changes)
    assert off.held == {(TITLE, PORTAL): 1, (TITLE, TRACKER): 1}
    assert [(each.side, each.would_be) for each in off.differences] == [
        (PORTAL, {TITLE: "b"}),
    ]
    gone = rehearsed(rules(), *changes)
    assert gone.held == off.held


def test_another_policy_lets_the_other_side_win_or_asks() -> None:
    clash = change(TITLE, TRACKER, ("a", "a"), ("t", "t"), ("t", "p"))
    portal = rehearsed(rules(title=FieldRule(policy=Policy.PORTAL)), clash)
    assert [(each.side, each.would_be) for each in portal.differences] == [
        (TRACKER, {TITLE: "p"}),
        (PORTAL, {TITLE: "p"}),
    ]
    ask = rehearsed(rules(title=FieldRule(policy=Policy.ASK)), clash)
    assert (ask.conflicts, ask.asked) == ({TITLE: 1}, {TITLE: 1})


def test_what_a_new_table_has_no_row_for_is_a_problem() -> None:
    changes = [change(STATUS, TRACKER, ("todo", "2"), ("review", "4"))]
    result = rehearsed(rules(status=FieldRule()), *changes)
    (text,) = result.problems
    assert text.startswith("status: ")
    assert [each.would_be for each in result.differences] == [{STATUS: "2"}]


def test_sets_are_replayed_by_element() -> None:
    changes = [
        change(TAGS, PORTAL, (frozenset(), frozenset()), (frozenset({"a"}), frozenset({"a"}))),
        change(TAGS, TRACKER, (frozenset({"a"}), frozenset({"a"})), (frozenset({"a", "b"}),) * 2),
    ]
    assert rehearsed(rules(tags=FieldRule()), *changes).differences == []
    held = rehearsed(rules(tags=FieldRule(Direction.TO_TRACKER)), *changes)
    assert held.held == {(TAGS, TRACKER): 1}
    assert [(each.side, each.would_be) for each in held.differences] == [
        (PORTAL, {TAGS: frozenset({"a"})})
    ]


def test_changes_are_known_by_their_source_and_long_texts_by_their_mark() -> None:
    address = ItemAddress("2103")
    intent = FieldIntent({TITLE: "a"}, {TITLE: "b"}, {TITLE: "a"})
    write = PlannedWrite(PORTAL, UpdateItem("k", address, {TITLE: "b"}), intents={TITLE: intent})
    long = "x" * 1_000
    before = LinkState(
        "l",
        bases={TITLE: ValuePair({TITLE: "a"}, {TITLE: "a"}), DESCRIPTION: ValuePair()},
        pending=(write,),
    )
    after = replace(
        before,
        bases={
            TITLE: ValuePair({TITLE: "b"}, {TITLE: "b"}),
            DESCRIPTION: ValuePair({DESCRIPTION: long}, {}),
            STATUS: ValuePair({STATUS: "todo"}, {STATUS: "2"}),  # first agreed now
        },
        pending=(),
    )
    title, description = changes_between(before, after, AT + timedelta(days=1))
    assert (title.field, title.source, title.after.portal) == (TITLE, TRACKER, {TITLE: "b"})
    assert (description.source, is_shortened(description.after.tracker[DESCRIPTION])) == (
        TRACKER,
        True,
    )
    assert rehearsed(rules(description=FieldRule(Direction.OFF)), description).held == {
        (DESCRIPTION, TRACKER): 1
    }
