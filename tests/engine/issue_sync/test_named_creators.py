"""Who wrote an item stands behind its text where our account had to create it."""

from __future__ import annotations

from tests.engine.issue_sync.test_every_row import Make, users
from tests.engine.issue_sync.test_hostile_rights import _begun
from tests.engine.issue_sync.test_life import RITA
from tests.engine.issue_sync.test_situations import _change, _edit, _project

__all__ = ["users"]

SIGN = "\u2063"


def test_an_issue_names_who_created_its_task(users: Make) -> None:
    made = _begun(users())
    line = f"*{SIGN}— Rita (Bitrix24){SIGN}*"
    assert made.issue.description.endswith(f")\n\n{line}")
    key = made.issue.description.partition("\n\n")[2]
    _edit(made.life, description="Second")
    made.rest()
    assert made.issue.description == f"Second\n\n{key}"
    _change(made.life, description=f"Third\n\n{key}")
    made.rest()
    assert made.task.description == "Third"
    _change(made.life, description="All of it anew")
    made.rest()
    _edit(made.life, description="Of the task")
    made.rest()
    assert (made.task.description, made.issue.description) == ("Of the task",) * 2


def test_a_task_names_who_wrote_its_issue_where_the_portal_knows_nobody(users: Make) -> None:
    made = users()
    cid = made.gitlab.user("cid")
    made.world.shop.members[cid.id] = 30
    token = made.gitlab.add_token("cid").value
    issue = _project(made.life, token).issues.create({"title": "By Cid", "description": "First"})
    of_bob = _project(made.life).issues.create({"title": "By Bob", "description": "Bob's"})
    _begun(made, "create: [tasks]")
    tasks = {task.title: task for task in made.portal.tasks.values()}
    line = f"[i]{SIGN}— Cid (GitLab){SIGN}[/i]"
    assert tasks["By Cid"].description == f"First\n\n{line}"
    assert (tasks["By Bob"].description, tasks["By Bob"].created_by) == ("Bob's", 8)
    issue.manager.update(issue.iid, {"description": "Second"})
    made.rest()
    assert tasks["By Cid"].description == f"Second\n\n{line}"
    made.portal.user_edits_task(RITA, tasks["By Cid"].id, description=f"Third\n\n{line}")
    made.rest()
    texts = [made.world.shop.issues[each.iid].description for each in (issue, of_bob)]
    assert texts == ["Third", "Bob's"]


def test_a_hostile_name_stays_words(users: Make) -> None:
    made = users()
    made.portal.users[RITA].name = "@all */close* [x](http://e.com)\n/close"
    made.world.gitlab.issues.notified.clear()
    _begun(made)
    assert made.issue.state == "opened"
    assert made.world.gitlab.issues.notified == []
    _edit(made.life, title="Goes on")
    made.rest()
    assert (made.issue.title, made.task.description) == ("Goes on", "First")
