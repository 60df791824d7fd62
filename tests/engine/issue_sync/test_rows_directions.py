"""Each row of what is synced in one direction alone, or in none; who creates what, with filters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.emulators.gitlab.issues.records import CustomField, Iteration
from tests.engine.issue_sync.test_every_row import Make, Users, users
from tests.engine.issue_sync.test_life import BORIS, RITA
from tests.engine.issue_sync.test_rows_both_ways import (
    ROWS,
    _checklist,
    _messages,
    _restate,
)
from tests.engine.issue_sync.test_situations import _edit, _notes, _project
from tests.engine.world import World

__all__ = ["users"]

Shown = Callable[[Users], bool]
FIELDS = ("title", "description", "people", "priority", "status", "deadline", "labels", "estimate",
          "checklist", "sprint")  # fmt: skip
ALONE = {"internal notes"}  # which never cross
# Where the value of the other side stays beside it, or both begin with the same one.
ON_ISSUE: dict[str, Shown] = {
    "description": lambda m: "1st" in m.issue.description,
    "tags": lambda m: "slow" in m.issue.labels,
    "people": lambda m: "bob" in {person["username"] for person in m.issue.assignees},
    "comments": lambda m: "of** the task" in _notes(m.life),
}
ON_TASK: dict[str, Shown] = {
    "people": lambda m: RITA in (m.task.responsible_id, *m.task.accomplices),
    "description": lambda m: "4th" in m.task.description,
    "tags": lambda m: "api" in m.task.tags,
    "checklist": lambda m: "Fill" in {title for title, _ in _checklist(m)},
    "status": lambda m: m.task.status == 5,
    "comments": lambda m: "the issue[/i]" in _messages(m),
    "time": lambda m: 1800 in {row.seconds for row in m.portal.elapsed.values()},
}
EDITS: dict[str, Callable[[Users], object]] = {"status": _restate("", 3)}


@pytest.fixture(params=["to_tracker", "to_portal", "off"])
def direction(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _pair(direction: str) -> str:
    fields = ", ".join(f"{name}: {direction}" for name in FIELDS)
    entries = ", ".join(f"{name}: {direction}" for name in ("comments", "time", "files"))
    return (
        f"create: [issues], fields: {{{fields}}}, {entries}, priorities: {{'priority::high': high, "
        "'priority::low': low}, sprint: {issue: iteration, task: UF_SPRINT}, "
        f"custom: {{UF_SIZE: {{field: Size, direction: {direction}}}}}, "
        "statuses: [{issue: To do, task: waiting}, {issue: In progress, task: in_progress, "
        "stage: {title: Review}}, {issue: Done, task: completed}]"
    )


@pytest.fixture
def made(
    direction: str, make_world: Callable[..., World], capsys: pytest.CaptureFixture[str]
) -> Users:
    text = "First\n\n[list]\n[*]second\n[*]third\n[/list]\n\n[code]Fourth[/code]"
    made = Users(make_world().with_task(description=text, created_by=RITA), capsys, premium=True)
    made.gitlab.user("bob").public_email = "b@x"  # as his hooks name him
    for name in ("UF_SPRINT", "UF_SIZE"):
        made.portal.add_user_field(name, "string")
        made.task.uf[name] = ""
    made.portal.add_stage(3, "Review", sort=250)
    days = [datetime(2026, 3, 2, tzinfo=UTC).date() + timedelta(days=14 * n) for n in range(3)]
    made.gitlab.planned.iterations["acme"] = [
        Iteration(number, number, f"S{number}", days[number - 1], days[number]) for number in (1, 2)
    ]
    made.gitlab.planned.fields["acme"] = [
        CustomField(1, "Size", "SINGLE_SELECT", {5: "S", 6: "XL"})
    ]
    made.sets(_pair(direction))
    made.asks("run")
    made.rest()
    assert made.issue.title == "Task 2103"  # no item is without a title
    return made


def test_each_row_crosses_as_it_is_said(made: Users, direction: str) -> None:
    rows = {name: row for name, row in ROWS.items() if name not in ALONE}
    for row in rows.values():
        row.here(made)
    made.rest()
    crossed = {
        name: ON_ISSUE.get(name, lambda m, row=row: row.issue(m) == row.shown)(made)  # type: ignore[misc]
        for name, row in rows.items()
    }
    assert crossed == dict.fromkeys(rows, direction == "to_tracker")
    made.world.tick(3600)
    _edit(made.life, responsible_id=BORIS, accomplices=[])
    if direction != "to_tracker":  # else an edit of the issue would be overruled at once
        made.issue.manager.update(made.issue.iid, {"description": "First\n\n`Fourth`"})
    made.rest()
    for name, row in rows.items():
        EDITS.get(name, row.edit_issue)(made)
    made.rest()
    crossed = {
        name: ON_TASK.get(name, lambda m, row=row: row.task(m) == row.back)(made)  # type: ignore[misc]
        for name, row in rows.items()
    }
    assert crossed == dict.fromkeys(rows, direction == "to_portal")
    before = made.life.written()
    made.rest()
    assert made.life.written() == before


TASKS = {"Of dev": ["dev"], "Of ops": ["ops"]}
ISSUES = {"In team": "team::a", "In none": "x"}


@pytest.mark.parametrize(
    ("create", "issues", "tasks"),
    [
        ("[issues]", {"Of dev", "Of dev, later"}, set()),
        ("[tasks]", set(), {"In team", "In team, later"}),
        ("[issues, tasks]", {"Of dev", "Of dev, later"}, {"In team", "In team, later"}),
        ("[]", set(), set()),
    ],
)
def test_who_creates_what_of_a_project_with_filters(
    users: Make, create: str, issues: set[str], tasks: set[str]
) -> None:
    made = users()
    del made.portal.tasks[2103]
    made.sets(f"create: {create}, only: {{tags: [dev], labels: ['team::*']}}")
    client = _project(made.life)

    def begin(suffix: str) -> None:
        for title, tags in TASKS.items():
            made.portal.create_task(
                title + suffix, created_by=RITA, responsible_id=BORIS, group_id=3, tags=tags
            )
        for title, label in ISSUES.items():
            client.issues.create({"title": title + suffix, "labels": label})

    begin("")
    lines = made.asks("preview")
    made.asks("run")
    for word, first in (("issues", "Of dev"), ("tasks", "In team")):
        wanted = first in (issues if word == "issues" else tasks)
        assert (f"  {word} that would be created: 1" in lines) is wanted, lines
    made.rest()
    made.world.tick(60)
    begin(", later")
    made.rest()
    made.rest()
    own_issues = {title + suffix for title in ISSUES for suffix in ("", ", later")}
    own_tasks = {title + suffix for title in TASKS for suffix in ("", ", later")}
    shop = made.world.shop.issues.values()
    assert {issue.title for issue in shop} == own_issues | issues
    assert {task.title for task in made.portal.tasks.values()} == own_tasks | tasks
    assert len(shop) == len(own_issues | issues)  # each of them once
