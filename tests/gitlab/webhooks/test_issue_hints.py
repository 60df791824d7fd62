"""Hints of the hooks that the emulated GitLab really sends."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.model import ItemAddress
from sync.gitlab.webhooks.issue_hints import hinted_items
from tests.emulators.issue_world import IssueWorld

HERE = ItemAddress("1", "1", "1")


@pytest.fixture
def world():
    with IssueWorld() as emulated:
        emulated.create()
        yield emulated


def hints(world):
    world.acts()
    sent = world.receiver.heard[-1]
    return hinted_items(sent.headers["x-gitlab-event"], sent.payload)


def test_an_issue_and_a_comment_hint_at_the_issue(world):
    assert hints(world) == (HERE,)
    world.project().issues.get(1).notes.create({"body": "Hello", "internal": True})
    assert world.receiver.heard[-1].payload["object_kind"] == "note"
    assert hints(world) == (HERE,)


def test_a_work_item_hints_at_itself(world):
    world.create("Do", issue_type="task", confidential=True)
    assert world.receiver.heard[-1].payload["object_kind"] == "work_item"
    assert hints(world) == (ItemAddress("2", "1", "2"),)


def test_a_moved_issue_hints_at_both(world):
    world.project().issues.get(1).move(2)
    assert hints(world) == (HERE, ItemAddress("2"))


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("Push Hook", {"object_attributes": {"id": 1, "project_id": 1, "action": "open"}}),
        ("Issue Hook", {"object_attributes": {"id": 1, "project_id": 1}}),
        ("Issue Hook", {"object_attributes": {"id": 1, "project_id": None, "action": "open"}}),
        ("Issue Hook", {"object_attributes": {"id": "1", "project_id": 1, "action": "open"}}),
        ("Note Hook", {"merge_request": {"id": 1}, "project_id": 1}),
        ("Note Hook", {}),
    ],
)
def test_what_hints_at_nothing(event, payload):
    assert hinted_items(event, payload) == ()
