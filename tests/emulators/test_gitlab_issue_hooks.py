"""Webhooks of issues: which acts fire how many, what `changes` says, what fires none."""

from __future__ import annotations

import pytest

from tests.emulators.issue_world import IssueWorld

ISSUE = "/projects/1/issues/1"


@pytest.fixture
def world():
    with IssueWorld() as emulated:
        emulated.create(description="- [ ] a", labels=["x"])
        emulated.create("Second")
        emulated.acts()
        emulated.clock.move(60)
        yield emulated


# act -> method, path, body, and the actions of its hooks
ACTS = {
    "title": ("PUT", ISSUE, {"title": "New"}, ["update"]),
    "nothing": ("PUT", ISSUE, {"title": "Slow"}, ["update"]),
    "checkbox": ("PUT", ISSUE, {"description": "- [x] a"}, ["update"]),
    "close": ("PUT", ISSUE, {"state_event": "close"}, ["close", "update"]),
    "close again": ("PUT", ISSUE, {"state_event": "reopen"}, ["update"]),
    "reorder": ("PUT", f"{ISSUE}/reorder", {"move_after_id": 2}, ["update"]),
    "time": ("POST", f"{ISSUE}/add_spent_time", {"duration": "1h"}, ["update"]),
    "reset": ("POST", f"{ISSUE}/reset_spent_time", {}, []),
    "estimate": ("POST", f"{ISSUE}/time_estimate", {"duration": "1h"}, ["update"]),
    "comment": ("POST", f"{ISSUE}/notes", {"body": "Hello"}, ["create"]),
    "commands": ("POST", f"{ISSUE}/notes", {"body": "/close"}, ["close", "update"]),
    "move": ("POST", f"{ISSUE}/move", {"to_project_id": 2}, ["close"]),
    "link": ("POST", f"{ISSUE}/links", {"target_project_id": 1, "target_issue_iid": 2}, []),
    "label": ("PUT", "/projects/1/labels/1", {"new_name": "y"}, []),
    "upload": ("POST", "/projects/1/milestones", {"title": "M"}, []),
    "deletion": ("DELETE", ISSUE, None, []),
}


@pytest.mark.parametrize("act", ACTS)
def test_hooks_of_an_act(world, act):
    method, path, body, actions = ACTS[act]
    assert world.call(method, path, json=body).ok
    assert [action for _, action in world.acts()] == actions


@pytest.mark.parametrize(
    ("act", "keys"),
    [
        ("title", {"title", "updated_at", "updated_by_id"}),
        ("nothing", set()),
        ("reorder", {"relative_position"}),
        ("time", {"total_time_spent", "updated_at", "updated_by_id"}),
    ],
)
def test_the_changes_a_hook_lists(world, act, keys):
    method, path, body, _ = ACTS[act]
    world.call(method, path, json=body)
    (hook,) = world.hooks()
    assert set(hook["changes"]) - {"updated_by_id"} == keys - {"updated_by_id"}


def test_a_place_in_a_list_is_no_touch(world):
    before = world.project().issues.get(1).updated_at
    world.call("PUT", f"{ISSUE}/reorder", json={"move_after_id": 2})
    assert world.project().issues.get(1).updated_at == before


def test_labels_and_people_are_told_before_and_after(world):
    world.project().issues.update(1, {"labels": ["y"], "assignee_ids": [2]})
    (hook,) = world.hooks()
    pairs = hook["changes"]
    assert [[label["title"] for label in pairs["labels"][side]] for side in pairs["labels"]] == [
        ["x"],
        ["y"],
    ]
    assert [who["username"] for who in pairs["assignees"]["current"]] == ["max"]


def test_what_becomes_secret_is_told_to_those_who_hear_secrets(world):
    from tests.emulators.gitlab.receiver import Receiver

    with Receiver() as open_ears:
        world.gitlab.add_hook(world.shop, open_ears.url, "issues_events")
        world.project().issues.update(1, {"confidential": True})
        world.project().issues.update(1, {"title": "Quiet"})
        assert open_ears.heard == []
    kinds = [hook["event_type"] for hook in world.hooks()]
    assert kinds == ["confidential_issue", "confidential_issue"]


def test_a_task_is_a_work_item_in_hooks(world):
    world.create("Do", issue_type="task")
    (hook,) = world.hooks()
    kind = hook["object_attributes"]["type"]
    assert (hook["object_kind"], kind) == ("work_item", "Task")


def test_the_uuid_of_a_cause_keeps_the_echo_away(world):
    world.project().issues.update(1, {"title": "A"})
    cause = world.receiver.heard[-1].headers["x-gitlab-event-uuid"]
    world.acts()
    headers = {"X-Gitlab-Event-UUID": cause}
    world.call("PUT", ISSUE, json={"title": "B"}, headers=headers)
    world.call("POST", f"{ISSUE}/notes", json={"body": "Hello"}, headers=headers)
    assert world.acts() == []


def test_archived_projects_are_silent(world):
    world.shop.archived = True
    world.gitlab.issues.fire(world.shop.issues[1], world.state.user("ann"), "update", {})
    world.gitlab.issues.flush()
    assert world.acts() == []


def test_pictures_have_whole_addresses_in_hooks_alone(world):
    text = "![shot](/uploads/abc/shot.png) and [file](/uploads/abc/a.txt)"
    world.project().issues.update(1, {"description": text})
    (hook,) = world.hooks()
    url = f"{world.gitlab.url}/acme/shop/uploads/abc/shot.png"
    told = f"![shot]({url}) and [file](/uploads/abc/a.txt)"
    assert hook["object_attributes"]["description"] == told
    assert hook["changes"]["description"]["current"] == text
    assert world.project().issues.get(1).description == text


@pytest.mark.parametrize(
    ("text", "people", "noted"),
    [
        ("Ask @max about #2", ["max"], True),
        ("Ask \\@max about \\#2", [], False),
        ("Ask @\u2060max about #\u20602", [], False),
        ("`@max` `#2` a@max.example x#2", [], False),
    ],
)
def test_mentions_notify_and_references_note_without_a_touch(world, text, people, noted):
    before = world.project().issues.get(2).updated_at
    world.call("POST", f"{ISSUE}/notes", json={"body": text})
    read = world.project().issues.get(2)
    bodies = [note.body for note in read.notes.list(get_all=True)]
    assert [name for name, _ in world.gitlab.issues.notified] == people
    assert (bodies == ["mentioned in issue #1"], read.updated_at) == (noted, before)
