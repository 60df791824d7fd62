"""What is news: samples, finished things and late deliveries are recorded, and nothing is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.model.kinds import Kind
from sync.engine.upkeep.sweep import sweep_connection
from sync.store import connections
from sync.store.db.database import read
from tests.emulators.gitlab import samples
from tests.emulators.gitlab.deliveries import Waiting
from tests.emulators.gitlab.routing import TRIGGERS
from tests.engine.notified_world import heads, notified, telling, to_chat
from tests.engine.world import World

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5
DAY = timedelta(days=1).total_seconds()


def sample(world: World, trigger: str) -> None:
    """Press the Test button of the project's hook."""
    hook = next(iter(world.gitlab.state.hooks.values()))
    name, body = samples.build(world.gitlab.state, hook, trigger)
    world._hooked(Waiting(hook, name, body, world.gitlab.state.next_uuid(), world.clock.now()))


def elapsed(world: World) -> list[int]:
    return [entry.seconds for entry in world.b24.state.elapsed.values()]


def in_silence(world: World) -> World:
    """Nothing of what happens now is heard."""
    world.hold_deliveries = True
    return world


def listen(world: World) -> None:
    world.hold_deliveries = False


@pytest.mark.parametrize("commits", [1, 2, 5])
def test_a_sample_of_a_push_does_nothing(world: World, commits: int) -> None:
    in_silence(world)
    text = "Pay\n\nB24-2103 #time 6h #done\n\nCloses B24-2103"
    world.gitlab.push(world.shop, "main", [text] * commits, "ann")
    listen(world)
    world.tick(40 * DAY)
    sample(world, "push_events")
    world.settle()
    assert world.status() == WAITING
    assert not world.cards()
    assert not elapsed(world)
    assert "sample" in world.outcomes()[-1]


def test_repairing_a_hook_with_a_sample_does_nothing(world: World) -> None:
    world.gitlab.push(world.shop, "main", ["Pay\n\nB24-2103 #time 6h #comment Done"], "ann")
    world.settle()
    before = elapsed(world)
    world.tick(40 * DAY)
    sample(world, "push_events")
    world.settle()
    assert elapsed(world) == before


@pytest.mark.parametrize("state", ["opened", "merged"])
def test_a_sample_of_an_old_merge_request_does_nothing(world: World, state: str) -> None:
    in_silence(world)
    mr = world.opened()
    if state == "merged":
        world.gitlab.merge(mr, "ann")
    listen(world)
    sample(world, "merge_requests_events")
    world.settle()
    assert world.status() == WAITING
    assert not world.cards()


@pytest.mark.parametrize("trigger", ["issues_events", "tag_push_events", "releases_events"])
def test_other_samples_are_not_told(world: World, trigger: str) -> None:
    telling(world, to_chat(Kind.ISSUE, Kind.TAG, Kind.RELEASE))
    in_silence(world)
    world.gitlab.tracking.open_issue(world.shop, "Old", "ann")
    world.gitlab.tag(world.shop, "v1", "ann")
    world.gitlab.shipping.publish(world.shop, "v1", "ann")
    listen(world)
    world.tick(40 * DAY)
    sample(world, trigger)
    world.settle()
    assert heads(world) == []


@pytest.mark.parametrize("end", ["merge", "close"])
def test_a_label_on_what_was_over_moves_nothing(world: World, end: str) -> None:
    in_silence(world)
    mr = world.opened()
    getattr(world.gitlab, end)(mr, "ann")
    listen(world)
    world.tick(100 * DAY)
    world.gitlab.update_mr(mr, "ann", labels=["old"])
    world.settle()
    assert world.status() == WAITING
    assert not world.cards()
    world.gitlab.update_mr(mr, "ann", labels=["older"])
    world.settle()
    assert (world.status(), world.cards()) == (WAITING, [])


def test_what_is_reopened_after_all_is_news(world: World) -> None:
    in_silence(world)
    mr = world.opened()
    world.gitlab.close(mr, "ann")
    listen(world)
    world.tick(100 * DAY)
    world.gitlab.update_mr(mr, "ann", labels=["old"])
    world.settle()
    world.gitlab.reopen(mr, "ann")
    world.settle()
    assert world.status() == IN_PROGRESS
    assert world.cards()


def test_a_sweep_finds_what_was_over_and_stays_silent(world: World) -> None:
    in_silence(world)
    mr = world.opened()
    world.gitlab.merge(mr, "ann")
    world.tick(100 * DAY)
    with read(world.database) as conn:
        record = connections.by_id(conn, world.connection_id)
    connected = replace(record, created_at=world.clock.now())
    world.gitlab.update_mr(mr, "ann", labels=["old"])
    assert sweep_connection(world.deps(), connected) == 1
    world.settle()
    assert (world.status(), world.cards()) == (WAITING, [])


def test_what_is_merged_now_is_news_though_never_heard_of(world: World) -> None:
    in_silence(world)
    mr = world.opened()
    listen(world)
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status() == COMPLETED
    assert world.cards()


def test_a_delivery_sent_again_after_weeks_is_not_told(world: World) -> None:
    telling(world, to_chat(Kind.PIPELINE, Kind.RELEASE, Kind.MERGE_REQUEST))
    in_silence(world)
    mr = world.opened()
    world.gitlab.run_pipeline(world.shop, ref="main").set_status("failed")
    world.gitlab.tag(world.shop, "v1", "ann")
    world.gitlab.shipping.publish(world.shop, "v1", "ann")
    world.gitlab.merge(mr, "ann")
    late = list(world.inbox_order)
    listen(world)
    world.tick(40 * DAY)
    world.store(late)
    world.settle()
    assert heads(world) == []
    assert notified(world) == []
    assert (world.status(), world.cards()) == (WAITING, [])


# --- equal bodies


def test_a_flag_switched_on_off_on_is_three_events(world: World) -> None:
    world.gitlab.state.version = "16.11.0"
    telling(world, to_chat(Kind.FEATURE_FLAG))
    for _ in range(3):
        world.gitlab.keeping.toggle_flag(world.shop, "dark", "ann")
        world.settle()
    assert len([outcome for outcome in world.outcomes() if outcome.startswith("feature_flag")]) == 3


def test_a_branch_made_again_is_told_again(world: World) -> None:
    world.gitlab.state.version = "16.11.0"
    telling(world, to_chat(Kind.BRANCH))
    for _ in range(2):
        world.gitlab.create_branch(world.shop, "next", "ann")
        world.settle()
        world.tick(4 * DAY)
        world.gitlab.delete_branch(world.shop, "next", "ann")
        world.settle()
        world.tick(4 * DAY)
    assert len([outcome for outcome in world.outcomes() if outcome.startswith("push to next")]) == 4
    assert len(heads(world)) == 4


def test_samples_of_triggers_are_all_known() -> None:
    assert samples.BUILDERS.keys() <= TRIGGERS.keys()


# --- edits obey the rules


def test_a_secret_of_an_issue_made_confidential_is_not_edited_in(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow page", "ann")
    world.settle()
    assert len(heads(world)) == 1
    world.gitlab.tracking.update_issue(issue, "ann", confidential=True)
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", title="The password is hunter2")
    world.settle()
    assert not [text for text in world.posted() if "hunter2" in text]
    assert len(heads(world)) == 1


def test_a_label_taken_away_ends_the_edits(world: World) -> None:
    telling(world, to_chat(Kind.ISSUE, labels=frozenset({"public"})))
    issue = world.gitlab.tracking.open_issue(world.shop, "Slow page", "ann", labels=["public"])
    world.settle()
    world.gitlab.tracking.update_issue(issue, "ann", labels=[], title="Internal matter")
    world.settle()
    assert not [text for text in world.posted() if "Internal matter" in text]
    world.gitlab.tracking.update_issue(issue, "ann", labels=["public"], title="Known again")
    world.settle()
    assert [text for text in world.posted() if "Known again" in text]


def test_a_merge_request_sent_elsewhere_ends_the_edits(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, branches=("main",)))
    world.gitlab.create_branch(world.shop, "secret", "ann")
    mr = world.opened(title="Pay")
    world.settle()
    assert len(heads(world)) == 1
    world.gitlab.update_mr(mr, "ann", target_branch="secret", title="Hidden plan")
    world.settle()
    assert not [text for text in world.posted() if "Hidden plan" in text]


def test_a_state_that_no_rule_names_is_still_shown_where_it_was_told(world: World) -> None:
    telling(world, to_chat(Kind.MERGE_REQUEST, states=frozenset({"opened"})))
    mr = world.opened(title="Pay")
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert len(heads(world)) == 1
    assert "merged" in world.posted()[0].lower()
