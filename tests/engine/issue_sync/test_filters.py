"""Which issues make tasks: by milestone and by type, as the settings say and people change it."""

from __future__ import annotations

from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_situations import _project

__all__ = ["users"]


def test_issues_of_a_milestone_and_a_type_make_tasks(users: Make) -> None:
    made = users()
    made.sets("create: [tasks], only: {milestones: [v1], types: [issue]}")
    client, milestones = _project(made.life), {}
    for name in ("V1", "v2"):
        milestone = made.world.gitlab.keeping.create_milestone(made.world.shop, name)
        milestones[name] = milestone.id
    rows = (
        ("Mine", "V1", "issue"),
        ("Later", "v2", "issue"),
        ("Never", None, "issue"),
        ("Down", "V1", "incident"),
    )
    issues = {
        title: client.issues.create(
            {"title": title, "milestone_id": milestones.get(name or ""), "issue_type": kind}
        )
        for title, name, kind in rows
    }
    lines = made.asks("preview")
    assert "  tasks that would be created: 1" in lines
    made.asks("run")
    made.rest()
    assert _titles(made) == ["Mine", "Task 2103"]
    later = issues["Later"]
    later.manager.update(later.iid, {"milestone_id": milestones["V1"]})
    down = issues["Down"]
    made.world.shop.issues[down.iid].kind = "Issue"  # as `/promote_to` and the page do it
    down.manager.update(down.iid, {"description": "not so bad"})
    made.rest()
    made.rest()
    assert _titles(made) == ["Down", "Later", "Mine", "Task 2103"]
    own = issues["Mine"]
    own.manager.update(own.iid, {"milestone_id": 0, "title": "Still mine"})
    made.rest()
    assert "Still mine" in _titles(made)  # a filter says what is created; what is linked stays


def _titles(made: Users) -> list[str]:
    return sorted(task.title for task in made.portal.tasks.values())
