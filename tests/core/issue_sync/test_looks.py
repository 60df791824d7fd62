"""When links are looked at although nothing is heard, and when one end alone says enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync.core.issue_sync.looks import is_at_rest, next_look
from sync.core.issue_sync.model import TITLE
from tests.core.issue_sync.cases import NOW, PORTAL, TRACKER, comment, rules, titled, titles

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "links", "least", "most"),
    [
        (timedelta(), 1, 4 * MINUTE, 9 * MINUTE),  # something happened just now
        (8 * HOUR, 1, 1.5 * HOUR, 3.5 * HOUR),
        (300 * DAY, 1, 20 * HOUR, 1.7 * DAY),
        (timedelta(), 2_400, 2.5 * HOUR, 4.5 * HOUR),  # twelve links a minute at most
    ],
)
def test_the_longer_nothing_happens_the_rarer_a_link_is_looked_at(
    quiet: timedelta, links: int, least: timedelta, most: timedelta
) -> None:
    for jitter in (0.0, 0.5, 1.0):
        assert least < next_look(NOON, NOON - quiet, links, jitter) - NOON < most


def test_links_fall_due_together() -> None:
    moments = {next_look(NOON, NOON, 2_000, number / 2_000) for number in range(2_000)}
    assert len(moments) < 2_000 / 40


def test_links_that_were_quiet_for_another_while_fall_due_together_too() -> None:
    """A hundred links, of which one was changed in each minute of an hour, and half never."""
    quiet = [timedelta(minutes=min(60, number)) for number in range(100)]
    moments = {
        next_look(NOON, NOON - since, 100, number / 100) for number, since in enumerate(quiet)
    }
    assert len(moments) <= 5
    assert all(next_look(NOON, NOON - since, 100, 0.5) - NOON < 22 * MINUTE for since in quiet)


def test_an_end_that_shows_what_was_agreed_is_at_rest() -> None:
    agreed, both = titles("Fix"), rules(fields=[TITLE])
    whole, _ = titled("Fix", "Fix")
    assert is_at_rest(agreed, TRACKER, whole, both, NOW)
    for other in (
        titled("Another", "Fix")[0],
        replace(whole, comments=(comment(7, "New"),)),
        replace(whole, comments=None),
        replace(whole, moved_to="9"),
        None,
    ):
        assert not is_at_rest(agreed, TRACKER, other, both, NOW)
    assert not is_at_rest(replace(agreed, bases={}), TRACKER, whole, both, NOW)
    waits = replace(agreed, waiting={PORTAL: "it is away"})
    assert not is_at_rest(waits, TRACKER, whole, both, NOW)
