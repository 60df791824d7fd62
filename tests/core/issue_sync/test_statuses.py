"""The table of statuses, both ways, and what is wrong with one."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.fields import Untranslatable
from sync.core.issue_sync.link import ValuePair
from sync.core.issue_sync.mapping import ProjectPair, StatusMatch
from sync.core.issue_sync.model import STAGE, STATUS, Capabilities, Choice, SideName
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules, Policy
from sync.core.issue_sync.status_offers import offer, with_nearest, without_table
from sync.core.issue_sync.status_rows import status_rows
from sync.core.issue_sync.statuses import (
    StatusRow,
    check,
    explained,
    restated_by,
    translation,
)
from sync.core.model.tasks import TaskStatus
from tests.core.issue_sync.cases import changes, item, linked, planned_now

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


def test_a_row_is_read_its_own_way_alone() -> None:
    rows = (
        StatusRow("duplicate", "6", direction=Direction.TO_PORTAL),
        StatusRow("wait", "6"),
        StatusRow("reopened", "2", direction=Direction.TO_TRACKER),
        StatusRow("ignored", "3", direction=Direction.OFF),
    )
    ways = translation(rows)
    assert ways.to_portal({STATUS: "duplicate"}) == {STATUS: "6"}
    assert ways.to_tracker({STATUS: "6"}) == {STATUS: "wait"}
    assert ways.to_tracker({STATUS: "2"}) == {STATUS: "reopened"}
    assert isinstance(ways.to_portal({STATUS: "reopened"}), Untranslatable)
    assert isinstance(ways.to_tracker({STATUS: "3"}), Untranslatable)
    assert isinstance(ways.to_portal({STATUS: "ignored"}), Untranslatable)


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


def choices(*names: str, closed: tuple[str, ...] = ()) -> Capabilities:
    both = [Choice(name, name) for name in names] + [Choice(n, n, closed=True) for n in closed]
    return Capabilities(frozenset([STATUS]), {STATUS: tuple(both)})


TASKS = Capabilities(
    frozenset([STATUS]),
    {
        STATUS: (
            Choice("2", "Pending"),
            Choice("3", "In progress"),
            Choice("4", "Pending review"),
            Choice("5", "Completed", closed=True),
            Choice("6", "Deferred"),
        )
    },
)
ISSUES = choices(
    "Submitted", "Open", "In Progress", "To Verify", "Wait",
    closed=("Can't Reproduce", "Duplicate", "Fixed", "Won't fix", "Done"),
)  # fmt: skip


def test_the_proposal_goes_by_meaning_and_by_what_is_finished() -> None:
    rows = without_table(ISSUES, TASKS)
    to_portal = {name.id: translation(rows).to_portal({STATUS: name.id}) for name in
                 ISSUES.choices[STATUS]}  # fmt: skip
    assert {name: values[STATUS] for name, values in to_portal.items()} == {  # type: ignore[index]
        "Submitted": "2", "Open": "2", "In Progress": "3", "To Verify": "4", "Wait": "6",
        "Can't Reproduce": "5", "Duplicate": "5", "Fixed": "5", "Won't fix": "5", "Done": "5",
    }  # fmt: skip
    to_tracker = {code: translation(rows).to_tracker({STATUS: code}) for code in "23456"}
    assert {code: values[STATUS] for code, values in to_tracker.items()} == {  # type: ignore[index]
        "2": "Open", "3": "In Progress", "4": "To Verify", "5": "Fixed", "6": "Wait",
    }  # fmt: skip


def test_no_table_turns_done_into_a_rejection() -> None:
    left = choices("Open", closed=("Duplicate", "Won't fix"))
    written = ProjectPair(
        10,
        "SHOP",
        statuses=tuple(StatusMatch(n, TaskStatus.COMPLETED) for n in ("Fixed", "Won't fix")),
    )
    configured, problems = status_rows(written, {TaskStatus.COMPLETED: "5"}, left, TASKS)
    assert problems[0].startswith("the tracker has no status 'Fixed'")
    for rows in (without_table(left, TASKS), configured):
        assert translation(rows).to_portal({STATUS: "Won't fix"}) == {STATUS: "5"}
        assert isinstance(translation(rows).to_tracker({STATUS: "5"}), Untranslatable)


def test_what_the_portal_cannot_say_is_explained() -> None:
    rows = without_table(ISSUES, TASKS)
    assert explained(rows, ISSUES, TASKS) == {
        "Can't Reproduce": ("Can't Reproduce", "Completed"),
        "Duplicate": ("Duplicate", "Completed"),
        "Won't fix": ("Won't fix", "Completed"),
    }


def test_a_status_outside_of_the_table_is_the_nearest_configured() -> None:
    rows = (StatusRow("Open", "2"), StatusRow("In Progress", "3"), StatusRow("Fixed", "5"))
    table = with_nearest(rows, ISSUES, TASKS)
    assert table[:3] == rows
    assert {row.tracker: row.portal for row in table[3:]} == {
        "Submitted": "2", "To Verify": "2", "Wait": "2",
        "Can't Reproduce": "5", "Duplicate": "5", "Won't fix": "5", "Done": "5",
    }  # fmt: skip
    assert translation(table).to_tracker({STATUS: "5"}) == {STATUS: "Fixed"}


FREE = Capabilities(
    frozenset([STATUS]), {STATUS: (Choice("opened", "Open"), Choice("closed", "Closed", True))}
)
PAID = Capabilities(
    frozenset([STATUS]),
    {STATUS: (Choice("g1", "To do"), Choice("g2", "In progress"), Choice("g3", "Done", True))},
)
FEW = Capabilities(
    frozenset([STATUS]),
    {STATUS: (Choice("2", "Waiting"), Choice("3", "In progress"), Choice("5", "Completed", True))},
)


@pytest.mark.parametrize(
    ("able", "before", "now", "restated"),
    [
        (FREE, "g2", "opened", True),  # the licence is over
        (FREE, "g2", "closed", False),  # and somebody closed the issue
        (PAID, "opened", "g1", True),  # there is a licence now
        (PAID, "opened", "g3", False),
        (PAID, "g2", "g1", False),  # an edit in the words that were there before
        (PAID, "opened", "g9", False),
        (PAID, None, "g1", False),
    ],
)
def test_other_words_alone_are_no_edit(
    able: Capabilities, before: str | None, now: str, restated: bool
) -> None:
    capabilities = {SideName.TRACKER: able, SideName.PORTAL: FEW}
    way = translation(without_table(able, FEW), restated_by(capabilities))
    base = ValuePair({STATUS: before}, {STATUS: "3"})
    after = way.adopted(base, ValuePair({STATUS: now}, {STATUS: "3"}))
    assert after == (ValuePair({STATUS: now}, {STATUS: "3"}) if restated else base)


def test_an_edit_while_a_licence_ends_is_no_conflict() -> None:
    capabilities = {SideName.TRACKER: FREE, SideName.PORTAL: FEW}
    way = translation(without_table(FREE, FEW), restated_by(capabilities))
    rules = LinkRules({STATUS: FieldRule(policy=Policy.TRACKER)}, {STATUS: way})
    link = linked(status=({STATUS: "g2"}, {STATUS: "3"}))
    issue = item(SideName.TRACKER, {STATUS: "opened"})
    planned = planned_now(link, issue, item(SideName.PORTAL, {STATUS: "5"}), rules)
    assert changes(planned) == {SideName.TRACKER: {STATUS: "closed"}}
    assert planned.conflicts == ()
