"""Descriptions between the real dialects: only what changed is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.issue_sync.model import DESCRIPTION, Item
from sync.core.issue_sync.rules import Policy
from tests.core.issue_sync.cases import (
    NOW,
    PORTAL,
    TRACKER,
    carried_out,
    changes,
    item,
    linked,
    planned_now,
    rules,
)

RULES = rules(fields=[DESCRIPTION])
MARKDOWN = "first\n\n* one\n* two\n\nlast"
BBCODE = "first\n\n[list]\n[*]one\n[*]two\n[/list]\n\nlast"
LINK = linked(description=({DESCRIPTION: MARKDOWN}, {DESCRIPTION: BBCODE}))


def described(tracker: str, portal: str, *, portal_is_newer: bool = False) -> tuple[Item, Item]:
    """Return two items with descriptions."""
    at = NOW + timedelta(seconds=1 if portal_is_newer else -1)
    return item(TRACKER, {DESCRIPTION: tracker}), item(PORTAL, {DESCRIPTION: portal}, at=at)


@pytest.mark.parametrize(
    "saved",
    [
        MARKDOWN.replace("*", "-"),
        MARKDOWN + "\n",
        MARKDOWN.replace("\n\n", "\n\n\n"),
        "first\n\n- one\n\n- two\n\nlast",
    ],
)
def test_an_editor_that_rewrites_a_text_made_no_edit(saved: str) -> None:
    assert planned_now(LINK, *described(saved, BBCODE), RULES).writes == ()


def test_only_the_changed_block_is_written() -> None:
    tracker, portal = described(MARKDOWN.replace("first", "the **first**"), BBCODE)
    planned = planned_now(LINK, tracker, portal, RULES)
    assert changes(planned) == {PORTAL: {DESCRIPTION: BBCODE.replace("first", "the [b]first[/b]")}}
    link, tracker, portal = carried_out(planned, tracker, portal)
    assert planned_now(link, tracker, portal, RULES).writes == ()


def test_changes_of_different_blocks_both_stand() -> None:
    tracker, portal = described(
        MARKDOWN.replace("first", "FIRST"), BBCODE.replace("last", "[i]last[/i]")
    )
    link, writes = LINK, 0
    for _ in range(3):
        planned = planned_now(link, tracker, portal, RULES)
        assert planned.conflicts == ()
        writes += len(planned.writes)
        link, tracker, portal = carried_out(planned, tracker, portal)
    assert tracker.values[DESCRIPTION] == "FIRST\n\n* one\n* two\n\n*last*"
    assert portal.values[DESCRIPTION] == BBCODE.replace("first", "FIRST").replace(
        "last", "[i]last[/i]"
    )
    assert writes == 2


def test_of_two_changes_of_a_block_the_newest_text_stands() -> None:
    tracker, portal = described(
        MARKDOWN.replace("first", "FIRST"), BBCODE.replace("first", "FURST"), portal_is_newer=True
    )
    planned = planned_now(LINK, tracker, portal, RULES)
    assert changes(planned) == {TRACKER: {DESCRIPTION: MARKDOWN.replace("first", "FURST")}}
    (conflict,) = planned.conflicts
    assert conflict.values.tracker == {DESCRIPTION: MARKDOWN.replace("first", "FIRST")}


def test_of_two_changes_of_a_block_a_person_decides() -> None:
    tracker, portal = described(
        MARKDOWN.replace("first", "FIRST"), BBCODE.replace("first", "FURST")
    )
    planned = planned_now(LINK, tracker, portal, rules(Policy.ASK, fields=[DESCRIPTION]))
    assert planned.writes == ()
    assert [conflict.winner for conflict in planned.conflicts] == [None]


def test_two_first_texts_are_no_merge() -> None:
    planned = planned_now(
        linked(), *described("ours", "theirs"), rules(Policy.PORTAL, fields=[DESCRIPTION])
    )
    assert changes(planned) == {TRACKER: {DESCRIPTION: "theirs"}}
    assert len(planned.conflicts) == 1


def test_a_text_that_was_emptied_is_emptied() -> None:
    assert changes(planned_now(LINK, *described("", BBCODE), RULES)) == {PORTAL: {DESCRIPTION: ""}}
