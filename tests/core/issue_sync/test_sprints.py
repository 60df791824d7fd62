"""Sprints are matched by name, else by their dates; what matches nothing says what there is."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.fields import Untranslatable
from sync.core.issue_sync.link import ValuePair
from sync.core.issue_sync.model import SPRINT, Choice
from sync.core.issue_sync.sprints import Sprints, sprint_translation

MILESTONES = (
    Choice("1", "Sprint 1", closed=True),
    Choice("2", "Sprint  2"),
    Choice("3", "2026-03-02 – 2026-03-15", starts="2026-03-02", ends="2026-03-15"),
    Choice("4", "sprint 1"),
)
TEAM = (
    Choice("71", "Sprint 1"),
    Choice("72", "sprint 2"),
    Choice("73", "March", starts="2026-03-02", ends="2026-03-15"),
    Choice("74", "Only here"),
)


@pytest.mark.parametrize(
    ("portal", "tracker_value", "portal_value"),
    [
        (TEAM, "2", "72"),  # blanks and case mean nothing
        (TEAM, "3", "73"),  # by the dates alone
        (TEAM, "4", "71"),
        (TEAM, None, None),
        (None, "2", "Sprint  2"),  # a field of text holds the name
        (None, None, None),
    ],
)
def test_both_ways(portal: Sprints, tracker_value: str | None, portal_value: str | None) -> None:
    translation = sprint_translation(MILESTONES, portal)
    assert translation.to_portal({SPRINT: tracker_value}) == {SPRINT: portal_value}
    assert translation.to_tracker({SPRINT: portal_value}) == {SPRINT: tracker_value}


def test_of_two_with_one_name_the_open_one_is_meant() -> None:
    translation = sprint_translation(MILESTONES, TEAM)
    assert translation.to_portal({SPRINT: "1"}) == {SPRINT: "71"}
    assert translation.to_tracker({SPRINT: "71"}) == {SPRINT: "4"}
    pair = ValuePair({SPRINT: "1"}, {SPRINT: "71"})
    assert translation.agree(pair)  # the closed one stays where it is


def test_dates_that_two_sprints_share_name_neither() -> None:
    twice = (*TEAM, Choice("75", "Other team", starts="2026-03-02", ends="2026-03-15"))
    answer = sprint_translation(MILESTONES, twice).to_portal({SPRINT: "3"})
    assert isinstance(answer, Untranslatable)


def test_what_matches_nothing_says_what_there_is() -> None:
    translation = sprint_translation(MILESTONES, TEAM)
    answer = translation.to_tracker({SPRINT: "74"})
    assert isinstance(answer, Untranslatable)
    assert answer.text == (
        'the tracker has no sprint "Only here"; it has: Sprint 2, 2026-03-02 – 2026-03-15, sprint 1'
    )
    unknown = translation.to_portal({SPRINT: "99"})
    assert isinstance(unknown, Untranslatable)
    assert unknown.text == "the sprint 99 is not among those that the tracker shows"
