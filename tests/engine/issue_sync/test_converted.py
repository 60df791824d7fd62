"""An issue that people convert, as they are told to, takes what it could not hold before."""

from __future__ import annotations

import pytest

from tests.engine.issue_sync.test_every_row import Make, users
from tests.engine.issue_sync.test_hostile_rights import _begun, _said_in_both
from tests.engine.issue_sync.test_life import RITA
from tests.engine.issue_sync.test_situations import _later, _project

__all__ = ["users"]


@pytest.mark.parametrize("is_asked", [True, False])
def test_an_issue_converted_to_a_task_gets_its_parent(users: Make, is_asked: bool) -> None:
    made = users()
    other = made.portal.create_task("Other", created_by=RITA, responsible_id=RITA, group_id=3)
    _begun(made, "create: [issues], fields: {parent: both}, child_type: task")
    made.portal.user_edits_task(RITA, 2103, parent_id=other.id)
    made.rest()
    assert "Convert it to a task in GitLab" in _said_in_both(made)
    issues = {issue.title: issue for issue in made.world.shop.issues.values()}
    _project(made.life).issues.update(issues["Task 2103"].iid, {"issue_type": "task"})
    if is_asked:
        made.asks("replay", target="2103")
        made.rest()
    else:
        _later(made.life)
    assert issues["Task 2103"].parent_id == issues["Other"].id
    assert made.task.parent_id == other.id
    with pytest.raises(LookupError, match="nothing was refused there"):
        made.asks("replay", target="2103")
