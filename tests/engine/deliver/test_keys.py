"""What a command's key tells of the milestone it carries."""

from __future__ import annotations

import pytest

from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.smart_commits import CommandKey
from sync.core.plan import Plan
from sync.engine.deliver.keys import command_key, review_event_of, smart_commit_key

MR = MergeRequestKey(4, 15, 16)


@pytest.mark.parametrize("told", list(ReviewEvent))
@pytest.mark.parametrize("reached", list(ReviewEvent))
def test_a_notification_carries_the_milestone_that_was_reached(
    told: ReviewEvent, reached: ReviewEvent
) -> None:
    plan = Plan((), "", None, review_events={MR: reached})
    key = command_key(f"notify:{MR}:{told}:7", plan)
    assert review_event_of(key) == (MR, reached)


@pytest.mark.parametrize("key", ["status", "stage", f"card:{MR}", f"notify:{MR}:opened:7"])
def test_other_commands_carry_none(key: str) -> None:
    plan = Plan((), "", None, review_events={MergeRequestKey(4, 15, 1): ReviewEvent.OPENED})
    assert review_event_of(command_key(key, plan)) is None


def test_a_command_carries_out_what_a_commit_said() -> None:
    key = CommandKey(4, 15, "c0ffee", 2)
    assert smart_commit_key(f"smart_commit:{key}") == key
    assert [
        smart_commit_key(one) for one in ("status", f"card:{MR}", "smart_commit:", str(key))
    ] == [None] * 4
