"""A value that the tracker offers no more was taken from everybody: that is nobody's edit."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.fields import converted, lost_choice
from sync.core.issue_sync.model import PRIORITY, Capabilities, Choice, SideName, Value
from sync.core.issue_sync.rules import FieldRule, LinkRules, Policy
from sync.core.issue_sync.writes import Change
from tests.core.issue_sync.cases import PORTAL, TRACKER, changes, item, linked, planned_now

TO_PORTAL = {"high": "2", "low": "0", None: "1"}
TO_TRACKER = {code: label for label, code in TO_PORTAL.items()}
Wanted = dict[SideName, dict[str, Change]]
ISSUE, TASK = TRACKER, PORTAL


def rules(policy: Policy, *offered: Choice) -> LinkRules:
    able = Capabilities(frozenset([PRIORITY]), {PRIORITY: offered} if offered else {})
    way = converted(PRIORITY, TO_TRACKER.get, TO_PORTAL.get, lost_choice(PRIORITY, able))  # type: ignore[arg-type]
    return LinkRules({PRIORITY: FieldRule(policy=policy)}, {PRIORITY: way})


LOW, HIGH = Choice("low", "Low"), Choice("high", "High")
GONE = (LOW,), (LOW, Choice("high", "High", is_made=True))  # not there, or only to be made


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize(
    ("offered", "issue", "task", "wanted", "is_said"),
    [
        ((LOW, HIGH), None, "2", {TASK: {PRIORITY: "1"}}, False),  # somebody emptied it
        (GONE[0], None, "2", {}, True),
        (GONE[1], None, "2", {}, True),
        (GONE[0], "low", "2", {TASK: {PRIORITY: "0"}}, False),  # somebody chose another
        (GONE[0], None, "0", {ISSUE: {PRIORITY: "low"}}, False),  # and here: no conflict
        (GONE[0], None, "1", {}, False),  # both say the same
        ((), None, "2", {TASK: {PRIORITY: "1"}}, False),  # nobody told what is offered
    ],
)
def test_a_lost_value_empties_nothing(
    policy: Policy,
    offered: tuple[Choice, ...],
    issue: Value,
    task: Value,
    wanted: Wanted,
    is_said: bool,
) -> None:
    held = rules(policy, *offered)
    link = linked(priority=({PRIORITY: "high"}, {PRIORITY: "2"}))
    shown = item(TRACKER, {PRIORITY: issue}), item(PORTAL, {PRIORITY: task})
    planned = planned_now(link, *shown, held)
    assert (changes(planned), planned.conflicts) == (wanted, ())
    assert bool(planned.link.problems) == is_said
    again = planned_now(planned.link, *shown, held)
    assert changes(again) == wanted
    assert again.link.problems == planned.link.problems  # said until somebody edits it
