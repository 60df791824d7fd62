"""Two items that people link, unlink and link again, and what a link says that never crosses."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.model import TAGS
from tests.engine.issue_sync.test_every_row import Make, users
from tests.engine.issue_sync.test_life import RITA
from tests.engine.issue_sync.test_situations import _edit, _later, _messages, _notes, _project

__all__ = ["users"]

COMMA = "a comma stands between two labels there, and a label has at most 255 characters"


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


@pytest.mark.deep
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
        problem = f'the label "a, b" has no counterpart: {COMMA}; {why}'
        assert made.life.link().problems == {TAGS: problem}
        _later(made.life)
    story = made.asks("explain", target="2103")
    assert sum("what was refused is tried again" in line for line in story) == 6  # in as many days
    assert made.world.told() == []


def test_what_crossed_before_is_not_copied_again_by_a_new_link(users: Make) -> None:
    made = users()
    made.sets("fields: {}")
    _project(made.life).issues.create({"title": "An issue"})
    made.asks("run")
    made.asks("link", task="2103", issue="acme/shop#1")
    made.portal.user_comments(RITA, 2103, "of the task")
    made.portal.user_logs_time(RITA, 2103, 3600, "work")
    made.issue.notes.create({"body": "of the issue"})
    made.life.log_in_issue(1800, "there")
    made.rest()
    made.asks("unlink", target="2103")
    made.portal.user_comments(RITA, 2103, "in between")
    made.asks("link", task="2103", issue="acme/shop#1")
    made.rest()
    made.rest()
    words = ("of the task", "of the issue", "in between")
    assert [_notes(made.life).count(word) for word in words] == [1, 1, 1]
    assert [_messages(made.life).count(word) for word in words] == [1, 1, 1]
    assert made.life.hours() == (5400, 5400)
