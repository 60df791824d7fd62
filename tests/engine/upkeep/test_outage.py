"""Two hours away while everything happens that a webhook tells of: what is made up for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.core.model.kinds import Kind
from sync.engine.upkeep.gap import make_up_for_gaps
from sync.engine.upkeep.sweep import HOSTS_EVERY, RETRY_EVERY, Sweep, sweep_connection
from sync.store import connections, hook_logs
from sync.store.db.database import read, write
from sync.store.hook_logs import HookLogRow
from sync.store.rows import ConnectionDraft, ConnectionSecrets
from tests.engine.notified_world import heads, telling, to_chat
from tests.engine.upkeep.test_gap import Outage
from tests.engine.world import HOST, World

KINDS = (
    Kind.PUSH, Kind.BRANCH, Kind.TAG, Kind.COMMENT, Kind.RELEASE, Kind.ISSUE, Kind.MILESTONE,
    Kind.PIPELINE, Kind.DEPLOYMENT, Kind.WIKI_PAGE, Kind.FEATURE_FLAG, Kind.EMOJI,
)  # fmt: skip


@pytest.fixture
def outage(world: World) -> Outage:
    """A project that tells of everything, whose hook was heard, and then nothing is."""
    telling(world, to_chat(*KINDS))
    options = {"projects": ["acme/shop"]}
    secrets = ConnectionSecrets(f"hook-{world.member}")
    draft = ConnectionDraft("gitlab", "gitlab", HOST, secrets, options)
    with write(world.database) as conn:
        connections.upsert(conn, world.vault, world.portal_id, draft, world.clock.now())
    first, second = world.gitlab.state.hooks.values()
    first.events = {flag: first.events[flag] or second.events[flag] for flag in first.events}
    del world.gitlab.state.hooks[second.id]
    return Outage(world)


def look(world: World) -> int:
    with read(world.database) as conn:
        (connection,) = connections.by_portal(conn, world.portal_id)
    return make_up_for_gaps(world.deps(), connection) + sweep_connection(world.deps(), connection)


def row(world: World) -> HookLogRow:
    with read(world.database) as conn:
        (only,) = hook_logs.of_portal(conn, world.portal_id)
    return only


def begin(world: World) -> None:
    """What was there before the outage, and was heard."""
    lab, shop = world.gitlab, world.shop
    lab.push(shop, "old-branch", ["Old"], "ann")
    lab.tag(shop, "v0.1", "ann")
    world.issue = lab.tracking.open_issue(shop, "Slow search", "ann")
    world.settle()
    look(world)
    world.tick(HOSTS_EVERY.total_seconds())


def happen(world: World) -> None:
    """One of every kind, a minute apart."""
    lab, shop = world.gitlab, world.shop
    doings: tuple[Callable[[], object], ...] = (
        lambda: lab.push(shop, "feature/B24-2103-pay", ["Missed push"], "ann"),
        lambda: lab.delete_branch(shop, "old-branch", "bob"),
        lambda: lab.tag(shop, "v1.0", "ann"),
        lambda: lab.shipping.publish(shop, "v1.0", "ann", name="First"),
        lambda: lab.coding.delete_tag(shop, "v0.1", "ann"),
        lambda: lab.tracking.close_issue(world.issue, "bob"),
        lambda: lab.tracking.open_issue(shop, "New request", "cid"),
        lambda: lab.comment(world.issue, "Missed on an issue", "bob"),
        lambda: lab.comment(
            shop.commits[shop.branches["feature/B24-2103-pay"].head], "Missed on a commit", "bob",
            place=shop,
        ),
        lambda: lab.keeping.create_milestone(shop, "Version 1"),
        lambda: deploy(world),
        lambda: lab.keeping.write_page(shop, "Home", "Text", "ann"),
        lambda: lab.keeping.toggle_flag(shop, "new-search", "ann"),
    )  # fmt: skip
    for doing in doings:
        world.tick(60)
        doing()


def deploy(world: World) -> None:
    pipeline = world.gitlab.run_pipeline(world.shop, ref="main")
    pipeline.set_status("success")
    world.gitlab.deploy(pipeline, "production")


def come_back(world: World, outage: Outage) -> list[str]:
    """Return what the chat shows after the looks of the next half an hour."""
    world.tick(6600)
    outage.back()
    for _ in range(3):
        look(world)
        world.settle()
        world.tick(HOSTS_EVERY.total_seconds())
    messages = heads(world)
    look(world)
    world.settle()
    assert heads(world) == messages  # nothing is told twice
    return messages


TOLD = {
    "push": "Ann created the branch feature/B24-2103-pay",
    "branch deleted": "Bob deleted the branch old-branch",
    "tag": "Ann created the tag v1.0",
    "tag deleted": "deleted the tag v0.1",
    "release": "New release First",
    "issue closed": "Bob closed the issue #1 Slow search",
    "issue opened": "Cid opened the issue #2 New request",
    "comment on an issue": "Bob commented on the issue #1",
    "comment on a commit": "Bob commented on the commit",
    "milestone": "New milestone Version 1",
    "pipeline": "Pipeline #1: passed",
    "deployment": "Deployed to production",
    "wiki page": "Ann created the wiki page Home",
    "feature flag": "Ann switched the feature flag new-search on",
}
NO_LIST_SAYS = {"wiki page", "feature flag"}


def told(messages: list[str]) -> set[str]:
    return {kind for kind, words in TOLD.items() if any(words in text for text in messages)}


def test_a_log_of_deliveries_gives_back_everything(world: World, outage: Outage) -> None:
    world.gitlab.state.version = "17.4.0"
    begin(world)
    outage.away("503")
    world.gitlab.state.auto_disable_hooks = False
    happen(world)
    assert told(come_back(world, outage)) == set(TOLD)
    assert row(world).failed == row(world).made_up > 0


def test_without_a_log_what_lists_still_say_is_given_back(world: World, outage: Outage) -> None:
    world.gitlab.state.version = "16.11.0"
    begin(world)
    outage.away("503")
    happen(world)
    assert told(come_back(world, outage)) == set(TOLD) - NO_LIST_SAYS
    assert row(world).failed == row(world).made_up > 0


def test_what_gitlab_did_not_try_to_send_is_read_beside_its_log(
    world: World, outage: Outage
) -> None:
    """After four failures it switches the webhook off for a while, and on again by itself."""
    world.gitlab.state.version = "17.4.0"
    begin(world)
    outage.away("503")
    happen(world)
    sent = len(next(iter(world.gitlab.state.hooks.values())).log)
    assert told(come_back(world, outage)) >= set(TOLD) - NO_LIST_SAYS
    assert row(world).failed == row(world).made_up > sent - 3  # three were heard before


def test_what_cannot_be_read_yet_is_owed_and_read_a_minute_later(
    world: World, outage: Outage
) -> None:
    """What waits to be digested comes first."""
    world.gitlab.state.version = "17.4.0"
    begin(world)
    outage.away("503")
    happen(world)
    world.tick(6600)
    outage.back()
    sweep = Sweep(world.deps())
    sweep.run(world.clock.now())
    assert row(world).read_at < row(world).gap_at
    world.settle()
    world.tick(RETRY_EVERY.total_seconds())
    sweep.run(world.clock.now())
    assert row(world).read_at >= row(world).gap_at
    world.settle()
    assert told(heads(world)) >= set(TOLD) - NO_LIST_SAYS


def test_a_log_that_does_not_reach_back_is_not_believed(world: World, outage: Outage) -> None:
    """It keeps a week: of what was before only lists tell."""
    world.gitlab.state.version = "17.4.0"
    begin(world)
    outage.away("503")
    happen(world)
    for hook in world.gitlab.state.hooks.values():
        hook.log.clear()
    world.tick(8 * 86_400)
    outage.back()
    look(world)
    assert row(world).made_up > 0
    world.settle()
    assert not told(heads(world))  # a week ago is no news
