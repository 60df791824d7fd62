"""A moved issue: a new one with new ids of all it holds, and entries of time that come later."""

from __future__ import annotations

import gitlab as python_gitlab
import pytest

from tests.emulators.issue_world import IssueWorld


@pytest.fixture
def world():
    with IssueWorld() as emulated:
        yield emulated


def test_what_moves_and_what_does_not(world):
    project = world.project()
    shot = project.upload("shot.png", filedata=b"\x89PNG")
    project.labels.create({"name": "bug", "color": "#ff0000"})
    world.client().projects.get(2).labels.create({"name": "bug", "color": "#00ff00"})
    issue = world.create(description=shot["markdown"], labels=["bug", "only here"])
    issue.notes.create({"body": f"See {shot['markdown']}"})
    issue.add_spent_time("1h", summary="Work")
    world.clock.move(60)
    world.acts()
    issue.move(2)
    moved = world.client().projects.get(2).issues.get(1)
    here = world.project().issues.get(1)
    assert (here.state, here.moved_to_id, moved.state) == ("closed", moved.id, "opened")
    assert moved.id != here.id
    assert (moved.labels, moved.updated_at) == (["bug"], "2026-03-02T09:00:00.000Z")
    assert moved.description.startswith("![shot](/uploads/")
    assert moved.description != shot["markdown"]
    copied = world.call("GET", f"/projects/2{moved.description[8:-1]}")
    assert copied.content == b"\x89PNG"
    old, new = ([n.id for n in each.notes.list(get_all=True)] for each in (here, moved))
    assert not set(old) & set(new)
    assert world.acts() == [("issue", "close")]  # the target has no hook here


def test_entries_of_time_come_later_with_new_ids(world):
    issue = world.create()
    issue.add_spent_time("1h", summary="Work")
    issue.move(2)
    totals = []
    for seconds in (0, 5):
        world.clock.move(seconds)
        read = world.client().projects.get(2).issues.get(1)
        totals.append(read.time_stats()["total_time_spent"])
    assert totals == [0, 3600]
    target = world.other.issues[1]
    assert [entry.id for entry in target.timelogs] == [2]
    assert [entry.id for entry in world.shop.issues[1].timelogs] == [1]


def test_originals_go_where_a_clean_up_is_on(world):
    world.gitlab.issues.copies.cleanup = True
    issue = world.create()
    issue.add_spent_time("1h")
    issue.move(2)
    world.clock.move(5)
    assert world.project().issues.get(1).time_stats()["total_time_spent"] == 0
    assert world.other.issues[1].total_time_spent == 3600


@pytest.mark.parametrize(
    ("name", "target", "status", "text"),
    [
        ("ann", 1, 400, "project it originates from"),
        ("pia", 2, 201, '"iid": 1'),
        ("max", 2, 404, "Project"),
        ("ann", 99, 404, "Project"),
    ],
)
def test_where_an_issue_may_go(world, name, target, status, text):
    world.create()
    answer = world.call("POST", "/projects/1/issues/1/move", name, json={"to_project_id": target})
    assert (answer.status_code, text in answer.text) == (status, True)


def test_the_client_merges_the_new_one_into_the_old_object(world):
    issue = world.create()
    issue.move(2)
    assert (issue.project_id, issue.manager.path) == (2, "/projects/1/issues")


def test_a_link_touches_both_ends(world):
    first, second = world.create("A"), world.create("B")
    world.clock.move(60)
    link = first.links.create({"target_project_id": 1, "target_issue_iid": second.iid})[1]
    assert {world.project().issues.get(iid).updated_at for iid in (1, 2)} == {
        "2026-03-02T09:01:00.000Z"
    }
    (linked,) = world.project().issues.get(2).links.list(get_all=True)
    assert (linked.iid, linked.link_type) == (1, "relates_to")
    first.links.delete(linked.issue_link_id)
    assert world.project().issues.get(2).links.list(get_all=True) == []
    assert link.iid == 2


def test_blocking_is_premium(world):
    world.create("A")
    world.create("B")
    world.state.premium = False
    with pytest.raises(python_gitlab.GitlabCreateError) as refused:
        world.project().issues.get(1).links.create(
            {"target_project_id": 1, "target_issue_iid": 2, "link_type": "blocks"}
        )
    assert refused.value.response_code == 403
