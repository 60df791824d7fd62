"""A project that changes its place, or whose path another one takes: said, and nothing is lost."""

from __future__ import annotations

from b24app.texts import translate
from tests.engine.issue_sync.test_bad_input import _errors
from tests.engine.issue_sync.test_every_row import Make, users
from tests.engine.issue_sync.test_hostile_rights import _begun, _said_in_both
from tests.engine.issue_sync.test_situations import _change, _edit, _later, _project

__all__ = ["users"]


def test_a_project_that_was_deleted_and_made_again_writes_nothing_over(users: Make) -> None:
    made = _begun(users())
    old = made.world.shop
    del made.gitlab.projects[old.id]
    new = made.gitlab.add_project(old.path, members={"bob": 40, "bridge": 40})
    made.world.shop = new
    other = _project(made.life).issues.create({"title": "Another thing"})
    _edit(made.life, title="Meanwhile")
    _later(made.life)
    assert new.issues[other.iid].title == "Another thing"
    assert made.task.title == "Meanwhile"
    assert "Usually a project was deleted and made anew under the same path" in _said_in_both(made)
    assert made.asks("run")[-1] == "1 of them wait; `b24bridge sync explain` says for what"
    assert made.life.link().ended == ""


def test_a_renamed_project_goes_on_when_the_settings_name_its_new_path(users: Make) -> None:
    made = _begun(users())
    made.world.shop.path = "acme/store"
    made.life.sync.asked.clear()  # another process begins
    _edit(made.life, title="From the task")
    made.rest(11)
    errors = _errors(made.life)
    assert "Check the project and that the token's user is a member of it" in errors[0]
    assert "Проверьте проект" in translate("ru", errors[0])
    made.sets("create: [issues]", project="acme/store")
    _later(made.life)
    assert (made.issue.title, _errors(made.life)) == ("From the task", [])
    assert "the settings name the project by another path now" in _said_in_both(made)
    _change(made.life, title="From the issue")
    _later(made.life)
    assert made.task.title == "From the issue"
