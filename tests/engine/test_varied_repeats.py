"""Equal bodies in lives that differ: each is an event, and one that two hooks tell is one."""

from __future__ import annotations

import json

import pytest

from tests.emulators.gitlab.deliveries import Waiting
from tests.engine.notified_world import heads, plain, telling, to_chat
from tests.engine.sampled_world import EVERYTHING
from tests.engine.test_meaning_smaller import arrive
from tests.engine.test_unusual_repeats import count
from tests.engine.world import World

HOUR = 3600.0
WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5


@pytest.fixture(autouse=True, params=["17.3.0", "16.1.0"])
def _any_gitlab(request: pytest.FixtureRequest, world: World) -> None:
    world.gitlab.state.version = request.param
    telling(world, to_chat(*EVERYTHING))


def test_a_flag_off_and_on_within_a_moment_is_shown_on(world: World) -> None:
    for _ in range(3):
        world.gitlab.keeping.toggle_flag(world.shop, "dark", "ann")
    world.settle()
    assert count(world, "feature_flag") == 3
    assert "on" in heads(world)[-1]


def test_two_flags_switched_alike_are_two(world: World) -> None:
    for name in ("dark", "light"):
        for _ in range(2):
            world.gitlab.keeping.toggle_flag(world.shop, name, "ann")
            world.settle()
    assert count(world, "feature_flag") == 4


def test_a_tag_moved_there_and_back_is_told_each_time(world: World) -> None:
    first = world.shop.branches["main"].head
    world.gitlab.tag(world.shop, "latest", "ann")
    world.gitlab.push(world.shop, "main", ["Work"], "ann")
    for _ in range(2):
        world.gitlab.coding.delete_tag(world.shop, "latest", "ann")
        world.gitlab.tag(world.shop, "latest", "ann")
        world.settle()
    assert first != world.shop.branches["main"].head
    assert count(world, "tag") == 5


@pytest.mark.deep
def test_a_branch_deleted_and_made_at_the_same_commit_moves_its_task(world: World) -> None:
    mr = world.opened()
    world.settle()
    for _ in range(2):
        world.gitlab.close(mr, "ann")
        world.settle()
        world.gitlab.reopen(mr, "ann")
        world.settle()
    assert world.status() == IN_PROGRESS
    assert count(world, "merge request !1") == 5


@pytest.mark.deep
def test_a_branch_forced_there_and_back_is_four_pushes(world: World) -> None:
    world.gitlab.push(world.shop, "topic", ["One"], "ann")
    first = world.shop.branches["topic"].head
    world.gitlab.push(world.shop, "topic", ["Two"], "ann")
    second = world.shop.branches["topic"].head
    world.settle()
    for sha in (first, second, first, second):
        world.gitlab.branching.reset(world.shop, "topic", sha, "ann")
        world.settle()
    assert count(world, "push to topic") == 6


def test_hours_are_no_second_time_told_by_a_push_back(world: World) -> None:
    world.gitlab.push(world.shop, "topic", ["One"], "bob")
    first = world.shop.branches["topic"].head
    world.gitlab.push(world.shop, "topic", ["B24-2103 #time 1h"], "bob")
    second = world.shop.branches["topic"].head
    world.settle()
    for sha in (first, second):
        world.gitlab.branching.reset(world.shop, "topic", sha, "bob")
        world.settle()
    assert [entry.seconds for entry in world.b24.state.elapsed.values()] == [3600]


def test_a_wiki_page_put_back_to_its_first_words(world: World) -> None:
    for words in ("One", "Two", "One", "Two"):
        world.gitlab.keeping.write_page(world.shop, "Home", words, "ann")
        world.settle()
    assert count(world, "wiki_page") == 4


def test_a_label_on_and_off_an_issue_is_each_an_event(world: World) -> None:
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow", "ann")
    for labels in (["x"], [], ["x"], []):
        world.gitlab.tracking.update_issue(issue, "ann", labels=labels)
        world.settle()
    assert count(world, "issue") == 5


@pytest.mark.deep
def test_the_same_words_commented_twice_are_two_comments(world: World) -> None:
    mr = world.opened()
    for _ in range(2):
        world.gitlab.comment(mr, "+1", "bob")
        world.settle()
    assert sum("+1" in text for text in world.cards()) == 2


def test_a_vulnerability_dismissed_and_detected_again(world: World) -> None:
    leak = world.gitlab.keeping.find_vulnerability(world.shop, "Leak")
    for state in ("dismissed", "detected", "dismissed"):
        world.tick(60)
        world.gitlab.keeping.judge_vulnerability(leak, state, "ann")
        world.settle()
    assert "dismissed" in "\n".join(plain(world.posted())[-1:]).lower()


def test_an_access_request_made_and_denied_twice(world: World) -> None:
    body = {
        "group_name": "acme", "group_path": "acme", "group_id": 5, "user_username": "eve",
        "user_name": "Eve", "user_email": "", "user_id": 9, "group_access": "Guest",
        "group_plan": None, "expires_at": None,
    }  # fmt: skip
    for _ in range(2):
        for name in ("user_access_request_to_group", "user_access_request_denied_for_group"):
            arrive(world, "Member Hook", {**body, "event_name": name})
            world.settle()
            world.tick(HOUR)
    assert count(world, "member") == 4


@pytest.mark.deep
def test_a_delivery_sent_again_by_hand_changes_nothing_shown(world: World) -> None:
    """GitLab's *Resend*: another number of the request, the same body."""
    mr = world.opened()
    world.settle()
    hook = next(iter(world.gitlab.state.hooks.values()))
    first = next(d for d in world.inbox_order if d.event == "Merge Request Hook")
    world.gitlab.merge(mr, "bob")
    world.settle()
    shown = world.cards(), world.posted(), world.told(), world.status()
    world.tick(HOUR)
    again = Waiting(hook, first.event, json.loads(first.body), "again-1", world.clock.now())
    world._hooked(again)
    world.settle()
    assert (world.cards(), world.posted(), world.told(), world.status()) == shown
