"""A project, its labels and its people change under a link: it is said, and mended it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.core.issue_sync.mapping import StatusMatch, SyncMapping
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.process import IssueSync
from tests.engine.issue_sync.test_bad_input import _days, _errors, _rename, _said
from tests.engine.issue_sync.test_life import RITA, Life
from tests.engine.issue_sync.test_situations import _change, _later, _project
from tests.engine.world import World

ADMINISTRATOR = 1  # without an account


@pytest.fixture
def life(make_world: Callable[..., World]) -> Life:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    life.import_all()
    life.rest()
    return life


def _rename_label(life: Life, name: str, new_name: str) -> None:
    """Rename a label by its number, as current instances have it."""
    project = _project(life)
    (label,) = [label for label in project.labels.list(get_all=True) if label.name == name]
    path = f"/projects/{project.id}/labels/{label.id}"
    project.manager.gitlab.http_put(path, post_data={"new_name": new_name})


@pytest.mark.parametrize("is_new", [True, False])
def test_a_person_outside_the_project_is_assigned_when_they_join(
    make_world: Callable[..., World], is_new: bool
) -> None:
    life = Life(
        make_world().with_task(description="First", created_by=RITA, responsible_id=ADMINISTRATOR)
    )
    members, ann = life.world.shop.members, life.world.gitlab.state.user("ann")
    role = members.pop(ann.id)
    if is_new:
        life.world.b24.state.user_edits_task(RITA, 2103, responsible_id=RITA)
    life.import_all()
    life.rest()
    life.world.b24.state.user_edits_task(RITA, 2103, title="Meanwhile", responsible_id=RITA)
    life.rest(11)
    assert (life.issue.title, life.issue.assignees) == ("Meanwhile", [])
    assert "GitLab keeps people who may read the project" in _said(life)
    assert "assignees" in life.link().problems
    assert life.task.responsible_id == RITA
    members[ann.id] = role
    for _ in range(2):
        _days(life)
    assert [person["username"] for person in life.issue.assignees] == ["ann"]
    assert life.link().problems == {}


@pytest.mark.deep
def test_an_archived_project_waits_until_it_is_taken_out(life: Life) -> None:
    life.world.shop.archived = True
    _rename(life)
    life.rest(11)
    assert "archive" in _said(life)
    life.world.shop.archived = False
    _later(life)
    assert (life.issue.title, _errors(life)) == ("Meanwhile", [])


@pytest.mark.deep
def test_a_renamed_label_is_a_renamed_tag(life: Life) -> None:
    _change(life, add_labels="api")
    life.rest()
    _rename_label(life, "api", "rest-api")
    _later(life)
    assert (life.task.tags, life.issue.labels) == (["rest-api"], ["rest-api"])
    assert life.link().problems == {}


@pytest.mark.deep
def test_a_renamed_label_of_a_status_keeps_the_status_until_the_table_names_it(
    make_world: Callable[..., World],
) -> None:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    state = life.world.gitlab.state
    state.edition, state.premium, state.version = "ce", False, "16.11.0"
    rows = (
        StatusMatch("workflow::todo", TaskStatus.WAITING),
        StatusMatch("workflow::doing", TaskStatus.IN_PROGRESS),
        StatusMatch("closed", TaskStatus.COMPLETED),
    )
    pair = replace(life.pair, statuses=rows)
    life.sync = IssueSync(lambda conn, row: SyncMapping((pair,)))
    for name in ("workflow::todo", "workflow::doing"):
        _project(life).labels.create({"name": name, "color": "#112233"})
    life.import_all()
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.rest()
    assert life.issue.labels == ["workflow::doing"]
    _rename_label(life, "workflow::doing", "workflow::busy")
    _rename(life)
    _later(life)
    assert (life.task.status, life.issue.labels) == (3, ["workflow::busy"])
    assert life.issue.title == "Meanwhile"
    mended = (rows[0], replace(rows[1], tracker="workflow::busy"), rows[2])
    life.sync = IssueSync(lambda conn, row: SyncMapping((replace(pair, statuses=mended),)))
    life.world.b24.state.user_moves_task(RITA, 2103, 2)
    life.rest(11)
    assert life.issue.labels == ["workflow::todo"]
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.rest(11)
    assert life.issue.labels == ["workflow::busy"]
    assert "both sides changed" not in _said(life)


def test_a_deleted_label_of_a_status_does_not_move_the_task(
    make_world: Callable[..., World],
) -> None:
    life = Life(make_world().with_task(description="First", created_by=RITA))
    state = life.world.gitlab.state
    state.edition, state.premium, state.version = "ce", False, "16.11.0"
    rows = (
        StatusMatch("workflow::todo", TaskStatus.WAITING),
        StatusMatch("workflow::doing", TaskStatus.IN_PROGRESS),
        StatusMatch("closed", TaskStatus.COMPLETED),
    )
    pair = replace(life.pair, statuses=rows)
    life.sync = IssueSync(lambda conn, row: SyncMapping((pair,)))
    for name in ("workflow::todo", "workflow::doing"):
        _project(life).labels.create({"name": name, "color": "#112233"})
    life.import_all()
    life.world.b24.state.user_moves_task(RITA, 2103, 3)
    life.rest()
    _project(life).labels.delete("workflow::doing")
    _later(life)
    assert life.task.status == 3
    life.world.b24.state.user_moves_task(RITA, 2103, 5)
    life.rest(11)
    assert life.issue.state == "closed"


def test_a_workgroup_that_is_gone_leaves_the_other_pairs_at_work(life: Life) -> None:
    gone = replace(life.pair, group_id=4711)
    life.sync = IssueSync(lambda conn, row: SyncMapping((gone, life.pair)))
    _rename(life)
    life.rest(11)
    assert (life.issue.title, _errors(life)) == ("Meanwhile", [])
