"""What nobody asked for: lost hooks, people, hosts that cannot be read, old rows."""

from __future__ import annotations

import pytest

from sync.engine.upkeep.access import AccessWatch
from sync.engine.upkeep.sweep import HOSTS_EVERY, RETRY_EVERY, Sweep
from sync.store import connections, people, portals, workgroup_names
from sync.store.db.database import read
from tests.engine.world import World

COMPLETED = 5
GROUP = 3  # of the world's task


def test_a_lost_hook_is_made_up_for(world: World) -> None:
    mr = world.opened()
    world.work()
    world.hold_deliveries = True
    world.tick()
    world.gitlab.merge(mr, "ann")
    Sweep(world.deps()).run(world.clock.now())
    world.work()
    assert world.status() == COMPLETED


def test_what_did_not_change_makes_no_work(world: World) -> None:
    world.opened()
    world.work()
    Sweep(world.deps()).run(world.clock.now())
    world.work()
    world.tick(HOSTS_EVERY.total_seconds())
    Sweep(world.deps()).run(world.clock.now())
    assert world.waiting() == 0


@pytest.mark.parametrize("failing", [502, 429])
def test_a_host_that_is_down_is_asked_again_from_the_same_moment(
    world: World, failing: int
) -> None:
    sweep = Sweep(world.deps())
    world.hold_deliveries = True
    world.opened()
    world.gitlab.failing = failing
    sweep.run(world.clock.now())
    asked = len(world.gitlab.requests)
    sweep.run(world.clock.now())
    assert len(world.gitlab.requests) == asked
    assert _connection(world).swept_at is None
    world.gitlab.failing = 0
    world.tick(RETRY_EVERY.total_seconds())
    sweep.run(world.clock.now())
    world.work()
    assert len(world.cards()) == 1


def test_a_token_that_is_denied_stands_in_the_account_until_it_works(world: World) -> None:
    sweep, tokens = Sweep(world.deps()), world.gitlab.state.tokens
    kept = tokens.pop(world.token.value)
    sweep.run(world.clock.now())
    assert _connection(world).account["problem"]
    tokens[world.token.value] = kept
    world.tick(RETRY_EVERY.total_seconds())
    sweep.run(world.clock.now())
    assert _connection(world).account == {}


def test_everybody_of_the_portal_is_read_once_a_day(world: World) -> None:
    sweep = Sweep(world.deps())
    for _ in range(3):
        sweep.run(world.clock.now())
        world.tick(3600)
    assert world.b24.requests["user.get"] == 1
    with read(world.database) as conn:
        assert set(people.portal_users(conn, world.portal_id)) == {1, 7, 8}


def test_workgroups_of_tasks_are_named_once_a_day(world: World) -> None:
    world.opened()
    world.work()
    sweep = Sweep(world.deps())
    for _ in range(2):
        sweep.run(world.clock.now())
        world.tick(3600)
    with read(world.database) as conn:
        assert workgroup_names.load(conn, world.portal_id, [GROUP, 99]) == {GROUP: "Site"}
    assert world.b24.requests["sonet_group.get"] == 1


def test_without_the_right_to_see_workgroups_people_are_read(world: World) -> None:
    world.b24.app.scopes = world.b24.app.scopes - {"sonet_group"}
    world.opened()
    world.work()
    Sweep(world.deps()).run(world.clock.now())
    with read(world.database) as conn:
        assert workgroup_names.load(conn, world.portal_id, [GROUP]) == {}
        assert people.has_portal_users(conn, world.portal_id)
        assert portals.by_id(conn, world.portal_id).state == "active"


def _connection(world: World):
    with read(world.database) as conn:
        return connections.by_id(conn, world.connection_id)


def test_without_the_right_to_see_people_the_portal_goes_on(world: World) -> None:
    world.b24.app.scopes = world.b24.app.scopes - {"user_basic"}
    world.opened()
    world.work()
    assert world.status() == 3
    with read(world.database) as conn:
        assert portals.by_id(conn, world.portal_id).state == "active"


def test_a_host_that_takes_no_token_is_left_until_it_does(world: World) -> None:
    """One watch asks for all workers; each of them would ask on its own each minute."""
    sweep, tokens = Sweep(world.deps()), world.gitlab.state.tokens
    kept = tokens.pop(world.token.value)
    AccessWatch(world.deps()).run(world.clock.now())
    asked = len(world.gitlab.requests)
    for _ in range(3):
        sweep.run(world.clock.now())
        world.tick(RETRY_EVERY.total_seconds())
    assert len(world.gitlab.requests) == asked
    tokens[world.token.value] = kept
    AccessWatch(world.deps()).run(world.clock.now())
    sweep.run(world.clock.now())
    assert _connection(world).swept_at == world.clock.now()
