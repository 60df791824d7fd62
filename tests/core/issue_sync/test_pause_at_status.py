"""A link stands still while the tracker's item has a status that the settings name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.issue_sync import statuses
from sync.core.issue_sync.fields import unchanged
from sync.core.issue_sync.link import Pause, PauseReason
from sync.core.issue_sync.model import STATUS, TITLE
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules, Texts
from sync.core.issue_sync.statuses import StatusRow
from sync.core.issue_sync.writes import AddComment
from tests.core.issue_sync.cases import (
    NOW,
    PORTAL,
    STATUS_ROWS,
    TRACKER,
    changes,
    item,
    linked,
    planned_now,
)

ROWS = (*STATUS_ROWS, StatusRow("twin", "", None, Direction.TO_PORTAL, pauses=True))
RULES = LinkRules(
    {STATUS: FieldRule(), TITLE: FieldRule()},
    {STATUS: statuses.translation(ROWS), TITLE: unchanged(TITLE)},
    texts=Texts(status_note=lambda to, status: "it is twin" if status == "twin" else ""),
    pausing=frozenset({"twin"}),
)


@pytest.mark.parametrize(
    ("pause", "before", "status", "note", "stands_still"),
    [
        (None, "doing", "twin", True, True),  # it comes to that status
        (None, "twin", "twin", False, False),  # a person has let it go on
        (PauseReason.STATUS, "twin", "twin", False, True),
        (PauseReason.STATUS, "twin", "doing", False, False),
        (PauseReason.PERSON, "twin", "doing", False, True),
        (PauseReason.FUSE, "twin", "doing", False, True),
    ],
)
def test_a_status_pauses_a_link(
    pause: PauseReason | None, before: str, status: str, note: bool, stands_still: bool
) -> None:
    link = linked(status=({STATUS: before}, {STATUS: "3"}), title=({TITLE: "a"}, {TITLE: "a"}))
    link = replace(link, pause=Pause(pause, NOW, "") if pause else None)
    issue = item(TRACKER, {STATUS: status, TITLE: "a"})
    task = item(PORTAL, {STATUS: "3", TITLE: "b"})
    planned = planned_now(link, issue, task, RULES)
    notes = [each.write.text for each in planned.writes if isinstance(each.write, AddComment)]
    assert notes == (["it is twin"] if note else [])
    assert (planned.link.pause is not None) == stands_still
    assert changes(planned) == ({} if pause and stands_still else {TRACKER: {TITLE: "b"}})
    assert planned.link.bases[STATUS].tracker == {STATUS: status}  # agreed, also at a pause
