"""Two items that people link, unlink and link again, and what a link says that never crosses."""

from __future__ import annotations

from sync.core.issue_sync.model import TAGS
from tests.engine.issue_sync.test_every_row import Make, users
from tests.engine.issue_sync.test_situations import _edit, _later, _project

__all__ = ["users"]


def test_two_items_are_linked_unlinked_and_linked_again(users: Make) -> None:
    made = users()
    made.sets("fields: {}")
    _project(made.life).issues.create({"title": "An issue", "description": "Of issue"})
    assert made.asks("run")
    made.asks("link", task="2103", issue="acme/shop#1")
    made.rest()
    _edit(made.life, title="Both")
    made.rest()
    assert made.issue.title == made.task.title == "Both"
    made.asks("unlink", target="acme/shop#1")
    _edit(made.life, title="Alone")
    made.rest()
    assert made.issue.title == "Both"
    made.asks("link", task="2103", issue="acme/shop#1")
    made.rest()
    assert made.issue.title == made.task.title == "Alone"


def test_a_task_is_linked_with_another_issue_and_back(users: Make) -> None:
    made = users()
    made.sets("fields: {}")
    project = _project(made.life)
    for title in ("First issue", "Second issue"):
        project.issues.create({"title": title})
    made.asks("run")
    for turn, number in enumerate((1, 2, 1, 2)):
        made.asks("link", task="2103", issue=f"acme/shop#{number}")
        made.rest()
        _edit(made.life, title=f"Turn {turn}")
        made.rest()
        titles = [issue.title for issue in project.issues.list(get_all=True, sort="asc")]
        assert titles[number - 1] == f"Turn {turn}"
        assert titles[2 - number] != f"Turn {turn}"
        made.asks("unlink", target="2103")


def test_what_never_crosses_is_said_once_however_often_it_is_tried(users: Make) -> None:
    made = users(tags=["ui", "a, b", "priority::high"])
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    why = "The label would say something else than a tag"
    for _ in range(2):
        assert made.life.link().problems == {TAGS: f'the label "a, b" has no counterpart; {why}'}
        _later(made.life)
    story = made.asks("explain", target="2103")
    assert sum("what was refused is tried again" in line for line in story) == 6  # in as many days
    assert made.world.told() == []
