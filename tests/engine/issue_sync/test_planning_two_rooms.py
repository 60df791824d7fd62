"""Sprints and links cross between the two real clients over both emulators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sync.core.issue_sync.mapping import DEFAULT_FIELDS
from sync.core.issue_sync.model import LINKS, PARENT, SPRINT, Item, ItemAddress, Value
from sync.core.issue_sync.rules import FieldRule
from sync.gitlab.issues.client import GitLabIssues
from sync.gitlab.issues.options import IssueOptions
from tests.contract.bitrix24_room import BOB
from tests.engine.issue_sync.test_two_rooms import PORTAL, TRACKER, Pair, pair

__all__ = ["pair"]


@pytest.fixture
def planned(pair: Pair) -> Iterator[Pair]:
    """Return a pair with a linked task, and another whose issue is created by hand."""
    fields = {**DEFAULT_FIELDS, SPRINT: FieldRule(), LINKS: FieldRule()}
    pair.pair = replace(pair.pair, fields=fields)
    task = pair.b24.state.create_task("Build", group_id=10, created_by=BOB, responsible_id=BOB)
    earlier = pair.b24.state.create_task("Dig", group_id=10, created_by=BOB, responsible_id=BOB)
    issue = pair.tracker.create("Dig")
    pair.ends = {str(earlier.id): issue.id, issue.id: str(earlier.id)}
    pair.b24.state.parts.previous[task.id] = [earlier.id]
    pair.b24.state.scrum.places[task.id] = sprint(pair, "S1")
    pair.begin(PORTAL, ItemAddress(str(task.id), "10", str(task.id)))
    return pair


def sprint(pair: Pair, name: str) -> int:
    sprints = pair.b24.state.scrum.sprints.values()
    return next(each.id for each in sprints if each.name == name)


def milestone(pair: Pair, name: str) -> int:
    milestones = pair.tracker._project().milestones.list(get_all=True)
    return next(each.id for each in milestones if each.title == name)


def test_a_sprint_is_a_milestone_of_that_name(planned: Pair) -> None:
    task, places = planned.task, planned.b24.state.scrum.places
    assert planned.issue.milestone["title"] == "S1"
    manager, number = planned.issue.manager, planned.issue.iid
    manager.update(number, {"milestone_id": milestone(planned, "S2")})
    planned.rest()
    assert places[task.id] == sprint(planned, "S2")
    places[task.id] = planned.b24.state.scrum.backlog(10).id
    planned.rest()
    assert planned.issue.milestone is None
    manager.update(number, {"milestone_id": milestone(planned, "S1")})
    planned.rest()
    manager.update(number, {"milestone_id": 0})
    planned.rest()
    assert places[task.id] == planned.b24.state.scrum.backlog(10).id
    assert planned.cycle(2).writes == 0


def test_a_milestone_without_a_sprint_says_which_there_are(planned: Pair) -> None:
    made = planned.gitlab.keeping.create_milestone(planned.tracker._shop, "Later")
    planned.capabilities = {
        side: client.capabilities(room.project)
        for (side, client), room in zip(
            planned.sides.items(), (planned.tracker, planned.portal), strict=True
        )
    }
    planned.issue.manager.update(planned.issue.iid, {"milestone_id": made.id})
    planned.rest()
    assert planned.links.state().problems == {
        SPRINT: 'the portal has no sprint "Later"; it has: S1, S2'
    }
    assert planned.b24.state.scrum.places[planned.task.id] == sprint(planned, "S1")


def test_a_task_waits_for_another_as_its_issue_does(planned: Pair) -> None:
    task, previous = planned.task, planned.b24.state.parts.previous
    (link,) = planned.issue.links.list(get_all=True)
    assert (link.link_type, link.title) == ("is_blocked_by", "Dig")
    planned.issue.links.delete(link.issue_link_id)
    planned.rest()
    assert previous[task.id] == []
    target = {"target_project_id": planned.tracker.project, "target_issue_iid": link.iid}
    planned.issue.links.create({**target, "link_type": "is_blocked_by"})
    planned.rest()
    (number,) = previous[task.id]
    assert planned.b24.state.tasks[number].title == "Dig"
    assert planned.cycle(2).writes == 0
    assert planned.links.conflicts == []


def with_parents(pair: Pair, child_kind: str) -> None:
    options = IssueOptions(parents=True, max_file_bytes=1000)
    pair.sides[TRACKER] = GitLabIssues(pair.tracker._client, options, pair.clock)
    pair.capabilities[TRACKER] = pair.sides[TRACKER].capabilities(pair.tracker.project)
    fields = {**DEFAULT_FIELDS, PARENT: FieldRule()}
    pair.pair = replace(pair.pair, fields=fields, child_kind=child_kind)


def begin_child(pair: Pair) -> None:
    """Link a task whose parent is linked with an issue."""
    state, people = pair.b24.state, {"created_by": BOB, "responsible_id": BOB}
    parent = state.create_task("Dig", group_id=10, **people)
    issue = pair.tracker.create("Dig")
    pair.ends = {str(parent.id): issue.id, issue.id: str(parent.id)}
    child = state.create_task("Fetch the spade", group_id=10, parent_id=parent.id, **people)
    pair.begin(PORTAL, ItemAddress(str(child.id), "10", str(child.id)))


def on_tracker(pair: Pair) -> tuple[str, Value]:
    item = pair.sides[TRACKER].read([pair.addresses()[TRACKER]])[pair.addresses()[TRACKER].id]
    assert isinstance(item, Item)
    return item.kind, item.values[PARENT]


def test_a_task_with_a_parent_becomes_a_child_item(pair: Pair) -> None:
    with_parents(pair, "task")
    begin_child(pair)
    parent = str(pair.task.parent_id)
    assert on_tracker(pair) == ("task", pair.ends[parent])
    pair.task.parent_id = 0
    pair.rest()
    assert on_tracker(pair) == ("task", None)
    pair.task.parent_id = int(parent)
    pair.rest()
    assert on_tracker(pair) == ("task", pair.ends[parent])
    assert pair.cycle(2).writes == 0


def test_a_plain_issue_says_that_it_can_have_no_parent(pair: Pair) -> None:
    with_parents(pair, "")
    begin_child(pair)
    assert on_tracker(pair) == ("issue", None)
    ((name, text),) = pair.links.state().problems.items()
    assert (name, "not allowed to add this type of parent item" in text) == (PARENT, True)
    assert pair.task.parent_id  # what was left out is no edit of the tracker
    assert pair.cycle(2).writes == 0


def test_a_parent_that_is_set_in_the_tracker_is_the_tasks(pair: Pair) -> None:
    with_parents(pair, "task")
    begin_child(pair)
    parent, child = str(pair.task.parent_id), pair.addresses()[TRACKER]
    shop = pair.gitlab.state.projects[int(pair.tracker.project)]
    issue = shop.issues[int(child.number)]
    for wanted in (None, int(pair.ends[parent])):
        issue.parent_id = wanted
        pair.rest()
        assert pair.task.parent_id == (int(parent) if wanted else 0)
    assert pair.cycle(2).writes == 0
    assert pair.links.state().problems == {}
