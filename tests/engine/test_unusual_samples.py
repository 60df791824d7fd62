"""Samples of young things that nothing was heard of, and what GitLab makes up for its buttons."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.model.kinds import Kind
from tests.emulators.gitlab import samples
from tests.engine.notified_world import heads, notified, telling, to_chat
from tests.engine.sampled_world import EVERYTHING, full_life, sample
from tests.engine.test_meaning_smaller import arrive
from tests.engine.world import HOST, World

DAY = 86_400.0
WAITING, IN_PROGRESS = 2, 3
TIMELESS = {"wiki_page_events"}  # and feature flags, which have no button
CONCERNING = ("open", "create")


def unheard(world: World, minutes: float) -> None:
    telling(world, to_chat(*EVERYTHING))
    world.hold_deliveries = True
    full_life(world)
    world.hold_deliveries = False
    world.tick(timedelta(minutes=minutes).total_seconds())


def shown(world: World) -> tuple[object, ...]:
    return heads(world), world.cards(), world.reports(), notified(world), world.status()


@pytest.mark.parametrize("trigger", sorted(samples.BUILDERS.keys() - TIMELESS))
def test_the_sample_of_a_young_thing_is_silent(world: World, trigger: str) -> None:
    """As newer versions send it: it says `open` of merge requests and issues."""
    unheard(world, minutes=40)
    named = trigger in ("merge_requests_events", "issues_events", "confidential_issues_events")
    sample(world, trigger, **({"action": "open"} if named else {}))
    assert shown(world) == ([], [], [], [], WAITING)


@pytest.mark.parametrize("trigger", ["merge_requests_events", "issues_events"])
def test_a_sample_of_what_another_opened_is_silent_at_once(world: World, trigger: str) -> None:
    unheard(world, minutes=1)
    changed = {"action": "open", "author_id": world.gitlab.state.user("bob").id, "state": "opened"}
    sample(world, trigger, **changed)
    assert shown(world) == ([], [], [], [], WAITING)


def test_after_a_sample_the_first_act_brings_the_task_to_its_step(world: World) -> None:
    world.hold_deliveries = True
    mr = world.opened()
    world.hold_deliveries = False
    world.tick(3600)
    sample(world, "merge_requests_events", action="open")
    assert world.status() == WAITING
    world.gitlab.approve(mr, "bob")
    world.settle()
    assert world.status() != WAITING
    assert len(world.cards()) == 1


def test_a_hook_that_gitlab_sends_minutes_late_is_no_sample(world: World) -> None:
    world.hold_deliveries = True
    world.opened()
    opened = world.inbox_order[-1]
    world.hold_deliveries = False
    world.tick(20 * 60)
    world.store([opened])
    world.settle()
    assert world.status() == IN_PROGRESS


def test_a_worker_that_was_away_for_hours_takes_nothing_for_a_sample(world: World) -> None:
    """What counts is when a delivery came, not when it is worked on."""
    telling(world, to_chat(Kind.MERGE_REQUEST, Kind.COMMENT, Kind.RELEASE))
    mr = world.opened()
    world.tick(6 * 3600)
    world.settle()
    assert world.status() == IN_PROGRESS
    assert [head for head in heads(world) if f"!{mr.iid}" in head]


def _vulnerability(world: World, number: int, title: str, state: str, hours: float) -> dict:
    at = (world.clock.now() - timedelta(hours=hours)).isoformat()
    return {
        "object_kind": "vulnerability",
        "object_attributes": {
            "url": f"{HOST}/acme/shop/-/security/vulnerabilities/{number}",
            "title": title, "state": state, "severity": "high", "project_id": world.shop.id,
            "created_at": at, "updated_at": at,
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "title", "state", "hours", "count"),
    [
        (1, "REXML DoS vulnerability", "confirmed", 0, 0),
        (1, "Leak", "confirmed", 0, 1),
        (9, "REXML DoS vulnerability", "confirmed", 0, 1),
        (9, "Leak", "detected", 2, 0),
        (9, "Leak", "resolved", 0.2, 1),
    ],
    ids=["made up", "the first one", "a real one of that name", "an old one", "a moment ago"],
)
def test_the_vulnerability_of_the_test_button(
    world: World, number: int, title: str, state: str, hours: float, count: int
) -> None:
    telling(world, to_chat(Kind.VULNERABILITY))
    world.tick(DAY)  # the connection is older
    body = _vulnerability(world, number, title, state, hours)
    arrive(world, "Vulnerability Hook", body)
    world.settle()
    assert len(heads(world)) == count


@pytest.mark.parametrize(("hours", "count"), [(0, 1), (0.3, 1), (2, 0), (20, 0)])
@pytest.mark.parametrize("event", ["Project Hook", "Member Hook", "Subgroup Hook"])
def test_a_group_is_told_of_what_happened_now(
    world: World, event: str, hours: float, count: int
) -> None:
    telling(world, to_chat(Kind.MEMBER, Kind.PROJECT))
    world.tick(DAY)
    at = (world.clock.now() - timedelta(hours=hours)).isoformat()
    bodies = {
        "Project Hook": {
            "event_name": "project_create", "name": "Shop", "path": "shop",
            "path_with_namespace": "acme/shop", "project_id": world.shop.id,
        },
        "Member Hook": {
            "event_name": "user_add_to_team", "user_id": 9, "user_name": "Eve",
            "project_id": world.shop.id, "project_path_with_namespace": "acme/shop",
            "project_name": "Shop", "access_level": "Developer",
        },
        "Subgroup Hook": {
            "event_name": "subgroup_create", "name": "Tools", "path": "tools",
            "full_path": "acme/tools", "group_id": 77,
        },
    }  # fmt: skip
    arrive(world, event, {**bodies[event], "created_at": at, "updated_at": at})
    world.settle()
    assert ("a sample" not in world.outcomes()[-1]) == bool(count)
    if event != "Subgroup Hook":  # no chat is of a group
        assert len(heads(world)) == count


def test_the_sample_of_a_wiki_page_that_was_heard_of_is_silent(world: World) -> None:
    telling(world, to_chat(Kind.WIKI_PAGE))
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", "wiki_page_events")
    world.gitlab.keeping.write_page(world.shop, "Home", "Text", "ann")
    world.settle()
    posted = world.posted()
    for _ in range(2):
        sample(world, "wiki_page_events")
    assert world.posted() == posted


def test_a_wiki_page_never_heard_of_is_told_as_new_once(world: World) -> None:
    """Its hooks tell no time: a sample of it cannot be told from its making."""
    telling(world, to_chat(Kind.WIKI_PAGE))
    world.gitlab.keeping.write_page(world.shop, "Home", "Text", "ann")
    world.tick(86_400)
    for _ in range(3):
        sample(world, "wiki_page_events")
    assert len(heads(world)) == 1
