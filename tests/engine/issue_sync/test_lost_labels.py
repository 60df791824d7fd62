"""A label of a priority is renamed or deleted: nobody emptied the field, nobody is overruled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from b24app.texts import translate
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_situations import _change, _edit, _later, _project

__all__ = ["users"]

HIGH, LOW = "priority::high", "priority::low"
LOST = 'the tracker has no "priority::high" any more'
NO_ROW = 'no row for the priority, add one under `priorities`: "priority::urgent"'
Act = Callable[[Users], Any]


def renamed(name: str, new_name: str = HIGH) -> Act:
    def act(made: Users) -> None:
        project = _project(made.life)
        path = f"/projects/{project.id}/labels/{quote(name, safe='')}"
        project.manager.gitlab.http_put(path, post_data={"new_name": new_name})

    return act


def deleted(made: Users) -> None:
    _project(made.life).labels.delete(HIGH)


def emptied(made: Users) -> None:
    _change(made.life, remove_labels=HIGH)


NAMED = f", priorities: {{'{HIGH}': high, '{LOW}': low}}"


@pytest.mark.parametrize(
    ("pair", "soon", "act", "priority", "problem"),
    [
        ("", True, deleted, 2, LOST),
        (NAMED, True, deleted, 2, LOST),
        (NAMED, False, renamed(HIGH, "hot"), 2, LOST),
        (NAMED, True, renamed(HIGH, "priority::urgent"), 2, NO_ROW),
        ("", True, renamed(HIGH, "priority::urgent"), 2, ""),  # by what the name means
        ("", True, emptied, 1, ""),
        (NAMED, False, emptied, 1, ""),
    ],
)
def test_a_label_that_is_gone_empties_no_priority(
    users: Make, act: Act, priority: int, problem: str, pair: str, soon: bool
) -> None:
    made = users(premium=False, priority=2)
    made.sets(f"create: [issues]{pair}")
    made.asks("run")
    made.rest()
    act(made)
    _change(made.life, title="Goes on")  # within the ten minutes that answers are kept
    made.rest() if soon else _later(made.life)
    held = made.life.link().problems.get("priority", "")
    assert (made.task.title, made.task.priority) == ("Goes on", priority)
    assert held.startswith(problem)
    assert bool(held) == bool(problem)
    assert translate("ru", held) != held or not held


@pytest.mark.parametrize(
    ("act", "priority", "labels"),
    [
        (lambda made: _edit(made.life, priority=0), 0, {LOW, "hot"}),
        (lambda made: _edit(made.life, priority=1), 1, {"hot"}),
        (lambda made: _change(made.life, add_labels=LOW), 0, {LOW, "hot"}),
        (renamed("hot"), 2, {HIGH}),  # as it was
    ],
)
def test_after_a_label_is_gone_the_next_edit_counts(
    users: Make, act: Act, priority: int, labels: set[str]
) -> None:
    made = users(premium=False, priority=2)
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    _project(made.life).labels.create({"name": LOW, "color": "#111111"})
    renamed(HIGH, "hot")(made)
    _change(made.life, title="Goes on")
    made.rest()
    act(made)
    _change(made.life, title="Goes on again")  # no hook tells of labels
    made.rest()
    assert (made.task.priority, set(made.issue.labels)) == (priority, labels)
    assert made.life.link().problems == {}


def test_an_edit_of_the_task_wins_over_a_label_that_is_gone(users: Make) -> None:
    made = users(premium=False, priority=2)
    made.sets("create: [issues], policy: tracker")
    made.asks("run")
    made.rest()
    deleted(made)
    _edit(made.life, priority=0)
    made.rest()
    assert (made.task.priority, made.issue.labels) == (0, [LOW])
