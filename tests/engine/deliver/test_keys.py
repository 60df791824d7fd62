"""What a command's key tells of the milestone it carries."""

from __future__ import annotations

import pytest

from sync.core.model.common import MergeRequestKey, Milestone
from sync.core.model.smart_commits import SpeechKey
from sync.core.plan import Plan
from sync.engine.deliver.keys import command_key, milestone_of, spoken_by

MR = MergeRequestKey(4, 15, 16)


@pytest.mark.parametrize("told", list(Milestone))
@pytest.mark.parametrize("reached", list(Milestone))
def test_a_notification_carries_the_milestone_that_was_reached(
    told: Milestone, reached: Milestone
) -> None:
    plan = Plan((), "", None, milestones={MR: reached})
    key = command_key(f"notify:{MR}:{told}:7", plan)
    assert milestone_of(key) == (MR, reached)


@pytest.mark.parametrize("key", ["status", "stage", f"card:{MR}", f"notify:{MR}:opened:7"])
def test_other_commands_carry_none(key: str) -> None:
    plan = Plan((), "", None, milestones={MergeRequestKey(4, 15, 1): Milestone.OPENED})
    assert milestone_of(command_key(key, plan)) is None


def test_a_command_carries_out_what_a_commit_said() -> None:
    key = SpeechKey(4, 15, "c0ffee", 2)
    assert spoken_by(f"spoken:{key}") == key
    assert [spoken_by(one) for one in ("status", f"card:{MR}", "spoken:", str(key))] == [None] * 4
