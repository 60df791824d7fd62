"""Equal bodies of a GitLab without idempotency keys (before 17.4): different events each time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.engine.notified_world import heads, telling, to_chat
from tests.engine.sampled_world import EVERYTHING
from tests.engine.test_meaning_smaller import arrive
from tests.engine.world import World

HOUR = 3600.0


@pytest.fixture(autouse=True)
def _old(world: World) -> None:
    world.gitlab.state.version = "17.3.0"
    telling(world, to_chat(*EVERYTHING))


def count(world: World, begins: str) -> int:
    return sum(outcome.startswith(begins) for outcome in world.outcomes())


def test_a_flag_switched_for_a_day_is_shown_as_it_stands(world: World) -> None:
    for _ in range(7):
        world.gitlab.keeping.toggle_flag(world.shop, "dark", "ann")
        world.settle()
        world.tick(3 * HOUR)
    assert count(world, "feature_flag") == 7
    assert "on" in heads(world)[-1]


def test_a_tag_made_at_the_same_commit_each_night_is_told_each_night(world: World) -> None:
    for _ in range(3):
        world.gitlab.tag(world.shop, "nightly", "ann")
        world.settle()
        world.gitlab.coding.delete_tag(world.shop, "nightly", "ann")
        world.settle()
        world.tick(24 * HOUR)
    assert count(world, "tag") == 6


def test_a_branch_of_a_robot_comes_and_goes_within_minutes(world: World) -> None:
    for _ in range(4):
        world.gitlab.create_branch(world.shop, "renovate", "ann")
        world.settle()
        world.gitlab.delete_branch(world.shop, "renovate", "ann")
        world.settle()
    assert count(world, "push to renovate") == 8


def test_an_emoji_given_taken_and_given_is_three_events(world: World) -> None:
    mr = world.opened()
    for _ in range(3):
        award = world.gitlab.talking.award(mr, "thumbsup", "bob")
        world.settle()
        world.gitlab.talking.revoke(award)
        world.settle()
    assert count(world, "emoji") == 6


def test_a_wiki_page_deleted_and_written_anew_is_told(world: World) -> None:
    for _ in range(2):
        page = world.gitlab.keeping.write_page(world.shop, "Home", "Text", "ann")
        world.settle()
        world.gitlab.keeping.delete_page(world.shop, page, "ann")
        world.settle()
        world.tick(HOUR)
    assert count(world, "wiki_page") == 4


def test_a_milestone_closed_and_reopened_in_one_second_is_three_events(world: World) -> None:
    world.gitlab.state.version = "18.2.0"
    made = world.gitlab.keeping.create_milestone(world.shop, "1.0")
    for action in ("close", "activate", "close"):
        world.gitlab.keeping.move_milestone(made, action if action == "close" else "reopen")
    world.settle()
    assert count(world, "milestone") == 4


def test_a_member_who_leaves_and_returns_is_told_each_time(world: World) -> None:
    at = world.clock.now()
    for number in range(4):
        name = ("user_add_to_team", "user_remove_from_team")[number % 2]
        moment = (at + timedelta(minutes=number)).isoformat()
        body = {
            "event_name": name, "user_id": 9, "user_name": "Eve", "project_id": world.shop.id,
            "project_path_with_namespace": "acme/shop", "project_name": "Shop",
            "access_level": "Developer", "created_at": moment, "updated_at": moment,
        }  # fmt: skip
        arrive(world, "Member Hook", body)
        world.settle()
        world.tick(60)
    assert count(world, "member") == 4


def test_a_push_forced_there_and_back_is_three_pushes(world: World) -> None:
    world.gitlab.push(world.shop, "topic", ["One"], "ann")
    first = world.shop.branches["topic"].head
    world.gitlab.push(world.shop, "topic", ["Two"], "ann")
    world.settle()
    before = count(world, "push to topic")
    for sha in (first, world.shop.branches["topic"].head, first):
        if world.shop.branches["topic"].head != sha:
            world.gitlab.branching.reset(world.shop, "topic", sha, "ann")
            world.settle()
    assert count(world, "push to topic") > before


def test_the_same_delivery_sent_twice_at_once_is_one(world: World) -> None:
    """The sender's number of the request tells, not the body."""
    world.gitlab.keeping.toggle_flag(world.shop, "dark", "ann")
    again = world.inbox_order[-1]
    world.store([again])
    world.settle()
    assert count(world, "feature_flag") == 1
