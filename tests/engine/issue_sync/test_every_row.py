"""What a user sets and does, field by field: settings, `sync preview`, `sync run`, then edits."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from b24app.cli import sync as command
from b24app.services.rehearsal import parse_mapping
from b24app.services.sync_desk import PortalDesk
from sync.engine.issue_sync.process import IssueSync
from sync.store import people, portals
from sync.store.db.database import read, write
from tests.engine.issue_sync.test_life import BORIS, RITA, Life
from tests.engine.issue_sync.test_situations import _change, _edit, _project
from tests.engine.world import HOST, World

HEAD = f"version: 1\nportal: portal.test\nconnections:\n  - {{name: gitlab, url: {HOST}}}\n"
NAMES = {
    "workgroup": None,
    "project": None,
    "pair": None,
    "limit": 50,
    "target": None,
    "decide": None,
}


class Users:
    """What people set, ask by commands, and do on both sides."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str], *, premium: bool) -> None:
        self.life, self.capsys = Life(world), capsys
        self.gitlab, self.portal = world.gitlab.state, world.b24.state
        self.world = world
        self.portal.users[BORIS].email = "b@x"
        if not premium:
            self.gitlab.edition, self.gitlab.premium, self.gitlab.version = "ce", False, "16.11.0"

    def sets(self, pair: str, default: str = "{}", project: str = "acme/shop") -> None:
        """Set one pair in force, as the document of the settings has it."""
        text = (
            f"{HEAD}issue_sync:\n  default: {default}\n  pairs:\n"
            f"    - {{workgroup: 3, project: {project}, {pair}}}\n"
        )
        deps = self.life.world.deps("settings")
        mapping = parse_mapping(deps, self.row, text, {})
        self.life.sync = IssueSync(lambda conn, row: mapping)

    @property
    def row(self) -> Any:
        with read(self.world.database) as conn:
            return portals.row_by_id(conn, self.world.portal_id)

    def asks(self, action: str, **given: object) -> list[str]:
        """Return what a command prints."""
        deps = replace(self.world.deps("command"), issue_sync=self.life.sync)
        arguments = argparse.Namespace(action=action, **{**NAMES, **given})
        assert command.carry_out(PortalDesk(deps, self.row), arguments) == 0
        lines = self.capsys.readouterr().out.splitlines()
        return [line for line in lines if "\x1b" not in line]

    def rest(self, minutes: int = 11) -> None:
        self.life.rest(minutes)

    @property
    def task(self) -> Any:
        return self.life.task

    @property
    def issue(self) -> Any:
        return self.life.issue


Make = Callable[..., Users]


@pytest.fixture
def users(make_world: Callable[..., World], capsys: pytest.CaptureFixture[str]) -> Make:
    def make(*, premium: bool = True, **task: Any) -> Users:
        values = {"description": "First", "created_by": RITA, **task}
        return Users(make_world().with_task(**values), capsys, premium=premium)

    return make


def test_a_preview_foresees_what_a_run_creates(users: Make) -> None:
    made = users(tags=["dev"])
    made.sets("create: [issues], only: {tags: [dev]}")
    lines = made.asks("preview")
    assert "  issues that would be created: 1" in lines
    made.asks("run")
    made.rest()
    assert made.issue.labels == ["dev"]
    assert "  1 linked already" in made.asks("preview")


def test_an_import_before_any_worker_knows_people(users: Make) -> None:
    made = users(accomplices=[BORIS])
    made.sets("create: [issues]")
    with write(made.world.database) as conn:
        people.replace_portal_users(conn, made.world.portal_id, [])
    assert not any("no counterpart of a person" in line for line in made.asks("preview"))
    with write(made.world.database) as conn:
        people.replace_portal_users(conn, made.world.portal_id, [])
    made.asks("run")
    assert sorted(p["username"] for p in made.issue.assignees) == ["ann", "bob"]


@pytest.mark.parametrize("premium", [True, False])
def test_people_by_what_the_licence_allows(users: Make, premium: bool) -> None:
    made = users(premium=premium, accomplices=[BORIS])
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    names = sorted(p["username"] for p in made.issue.assignees)
    assert names == (["ann", "bob"] if premium else ["ann"])
    assert made.task.accomplices == [BORIS]
    bob, ann = (made.gitlab.user(n).id for n in ("bob", "ann"))
    _change(made.life, assignee_ids=[bob])
    made.rest()
    assert made.task.responsible_id == BORIS
    _change(made.life, assignee_ids=[0])
    made.rest()
    assert made.task.responsible_id == BORIS
    _change(made.life, assignee_ids=[ann])
    made.rest()
    _edit(made.life, accomplices=[BORIS], responsible_id=RITA)
    made.rest()
    assert made.task.responsible_id == RITA
    assert made.issue.assignees[0]["username"] == "ann"


def test_priority_without_scoped_labels(users: Make) -> None:
    made = users(premium=False, priority=2)
    made.sets("create: [issues], priorities: {'priority::high': high, 'priority::low': low}")
    made.asks("run")
    made.rest()
    assert made.issue.labels == ["priority::high"]
    _edit(made.life, priority=0)
    made.rest()
    assert made.issue.labels == ["priority::low"]
    _change(made.life, add_labels="priority::high", remove_labels="priority::low")
    made.rest()
    assert (made.task.priority, made.task.tags) == (2, [])
    _edit(made.life, priority=1)
    made.rest()
    assert made.issue.labels == []
    _change(made.life, add_labels="priority::weird")
    made.rest()
    assert made.task.priority == 1


TABLE = (
    "statuses: [{issue: To do, task: waiting}, {issue: In progress, task: in_progress, "
    "stage: {title: Review}}, {issue: Done, task: completed}, "
    "{issue: Duplicate, task: deferred, direction: to_portal}]"
)


def _status(made: Users) -> str:
    widget = "... on WorkItemWidgetStatus { status { name } }"
    query = f"query($id: WorkItemID!) {{ workItem(id: $id) {{ widgets {{ {widget} }} }} }}"
    answer = made.world.session().post(
        f"{HOST}/api/graphql",
        json={"query": query, "variables": {"id": f"gid://gitlab/WorkItem/{made.issue.id}"}},
        headers={"PRIVATE-TOKEN": made.life.bobs_token},
    )
    widgets = answer.json()["data"]["workItem"]["widgets"]
    return next(str(widget["status"]["name"]) for widget in widgets if widget.get("status"))


def test_a_table_of_statuses_with_a_column(users: Make) -> None:
    made = users()
    column = made.portal.add_stage(3, "Review", sort=250)
    made.sets(f"create: [issues], {TABLE}")
    made.asks("run")
    made.rest()
    made.portal.user_places_task(RITA, 2103, column.id)
    made.portal.user_moves_task(RITA, 2103, 3)
    made.rest()
    assert _status(made) == "In progress"
    made.portal.user_moves_task(RITA, 2103, 5)
    made.rest()
    assert made.issue.state == "closed"
    _change(made.life, state_event="reopen")
    made.rest()
    assert made.task.status == 2


@pytest.mark.deep
def test_a_deadline_is_a_day_on_the_other_side(users: Make) -> None:
    made = users()
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    _change(made.life, due_date="2026-05-05")
    made.rest()
    before = made.task.deadline
    assert before.date().isoformat() == "2026-05-05"
    _edit(made.life, deadline=before - timedelta(hours=4))
    made.rest()
    assert made.issue.due_date == "2026-05-05"
    assert made.task.deadline == before - timedelta(hours=4)
    _edit(made.life, deadline=before + timedelta(days=1))
    made.rest()
    assert made.issue.due_date == "2026-05-06"
    noon = made.task.deadline - timedelta(hours=7)
    _edit(made.life, deadline=noon)
    made.rest()
    _change(made.life, due_date="2026-05-09")
    made.rest()
    assert made.task.deadline == noon + timedelta(days=3)
    _change(made.life, due_date="")
    made.rest()
    assert made.task.deadline is None


def test_tags_and_labels_element_by_element(users: Make) -> None:
    made = users(tags=["ui", "a, b", "priority::high", "Ünï"])
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    assert set(made.issue.labels) >= {"ui", "Ünï"}
    _change(made.life, remove_labels="ui", add_labels="UI2,workflow::x")
    made.rest()
    assert "ui" not in made.task.tags
    assert "UI2" in made.task.tags


@pytest.mark.deep
def test_an_estimate_both_ways(users: Make) -> None:
    made = users()
    made.sets("create: [issues]")
    made.asks("run")
    made.rest()
    made.issue.time_estimate("3h30m")
    made.rest()
    assert made.task.time_estimate == 12600
    _edit(made.life, time_estimate=7200)
    made.rest()
    assert made.issue.time_stats()["time_estimate"] == 7200
    made.issue.reset_time_estimate()
    made.rest()
    assert made.task.time_estimate == 0


@pytest.mark.deep  # test_rows_directions.py has every row
@pytest.mark.parametrize("direction", ["to_tracker", "to_portal", "off", "both"])
def test_directions_of_a_field(users: Make, direction: str) -> None:
    made = users()
    made.sets(f"create: [issues], fields: {{title: {direction}, labels: {direction}}}")
    made.asks("run")
    made.rest()
    _edit(made.life, title="T1", tags=["t1"])
    made.rest()
    assert (made.issue.title == "T1") == (direction in ("both", "to_tracker"))
    assert (made.issue.labels == ["t1"]) == (direction in ("both", "to_tracker"))
    _change(made.life, title="I1", add_labels="i1")
    made.rest()
    assert (made.task.title == "I1") == (direction in ("both", "to_portal"))
    assert ("i1" in made.task.tags) == (direction in ("both", "to_portal"))


def test_issues_of_a_team_and_an_author_make_tasks(users: Make) -> None:
    made = users()
    made.sets("create: [tasks], only: {labels: ['team::*'], authors: [bob]}")
    client = _project(made.life)
    client.issues.create({"title": "Mine", "labels": "team::a"})
    client.issues.create({"title": "Other", "labels": "x"})
    made.asks("run")
    made.rest()
    assert sorted(t.title for t in made.portal.tasks.values()) == ["Mine", "Task 2103"]
    made.world.tick(5)
    client.issues.create({"title": "Later", "labels": "team::b"})
    other = client.issues.list(search="Other", get_all=True)[0]
    other.manager.update(other.iid, {"add_labels": "team::c"})
    made.rest()
    made.rest()
    assert sorted(t.title for t in made.portal.tasks.values()) == [
        "Later",
        "Mine",
        "Other",
        "Task 2103",
    ]
