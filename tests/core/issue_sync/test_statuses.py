"""The table of statuses, both ways, and what is wrong with one."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.fields import Untranslatable
from sync.core.issue_sync.model import STAGE, STATUS, Capabilities, Choice
from sync.core.issue_sync.statuses import StatusRow, check, offer, translation

ROWS = (
    StatusRow("todo", "2"),
    StatusRow("doing", "3", "20"),
    StatusRow("review", "3", "30"),
    StatusRow("waiting", "", "40"),
    StatusRow("done", "5"),
)


@pytest.mark.parametrize(
    ("tracker", "portal"),
    [
        ("todo", {STATUS: "2"}),
        ("review", {STATUS: "3", STAGE: "30"}),
        ("waiting", {STAGE: "40"}),
        ("done", {STATUS: "5"}),
    ],
)
def test_a_status_to_the_portal(tracker: str, portal: dict[str, str]) -> None:
    assert translation(ROWS).to_portal({STATUS: tracker}) == portal


@pytest.mark.parametrize(
    ("status", "stage", "tracker"),
    [
        ("3", "30", "review"),
        ("3", "20", "doing"),
        ("2", "40", "waiting"),
        ("2", "20", "todo"),
        ("5", None, "done"),
        ("3", None, None),
    ],
)
def test_a_status_to_the_tracker(status: str, stage: str | None, tracker: str | None) -> None:
    wanted = translation(ROWS).to_tracker({STATUS: status, STAGE: stage})
    if tracker is None:
        assert isinstance(wanted, Untranslatable)
    else:
        assert wanted == {STATUS: tracker}


TRACKER = Capabilities(
    frozenset([STATUS]),
    {STATUS: (Choice("todo", "To do"), Choice("x", "Review"), Choice("done", "Done", closed=True))},
)
PORTAL = Capabilities(
    frozenset([STATUS, STAGE]),
    {
        STATUS: (Choice("2", "Pending"), Choice("5", "Completed", closed=True)),
        STAGE: (Choice("20", "review"), Choice("21", "Other")),
    },
)


def test_a_table_is_offered_from_what_exists() -> None:
    rows = offer(TRACKER, PORTAL)
    assert rows == (
        StatusRow("todo", "2"),
        StatusRow("x", "2", "20"),
        StatusRow("done", "5"),
    )
    assert check(rows, TRACKER, PORTAL) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (StatusRow("gone", "2"), 'the tracker has no status "gone" any more'),
        (StatusRow("todo", "9"), 'the portal has no status "9"'),
        (StatusRow("todo", "2", "77"), 'the portal has no column "77" any more'),
        (
            StatusRow("done", "2"),
            '"Done" and "Pending" differ in whether an item is finished',
        ),
    ],
)
def test_a_wrong_row_is_said(row: StatusRow, problem: str) -> None:
    rows = (*offer(TRACKER, PORTAL), row)
    assert check(rows, TRACKER, PORTAL) == [problem]


def test_a_status_outside_the_table_is_said() -> None:
    assert check(offer(TRACKER, PORTAL)[1:], TRACKER, PORTAL) == [
        'no row for the tracker\'s status, add one under `statuses`: "To do"'
    ]
