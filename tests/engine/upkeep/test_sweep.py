"""What nobody asked for: lost hooks, people, hosts that cannot be read, old rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sync.core.model.common import Project
from sync.core.model.merge_requests import MergeRequest
from sync.engine.lanes import Lane, hold
from sync.engine.upkeep import sweep
from sync.engine.upkeep.access import AccessWatch
from sync.engine.upkeep.sweep import HOSTS_EVERY, RETRY_EVERY, Sweep
from sync.gitlab.api.client import GitLab
from sync.store import connections, people, portals, workgroup_names
from sync.store.db.database import read, write
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


def test_who_reads_a_long_list_keeps_other_workers_from_reading_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, others = _connection(world), replace(world.deps(), owner="another worker")
    read_since, free = sweep.gitlab_peer.read_merge_requests_since, list[bool]()

    def read_slowly(client: GitLab, *args: Any) -> Iterator[MergeRequest]:
        for _ in range(3):
            world.clock.sleep(100)
            yield from read_since(client, *args)
            with hold(others, f"sweep:{connection.id}") as lane:
                free.append(lane is not None)

    monkeypatch.setattr(sweep.gitlab_peer, "read_merge_requests_since", read_slowly)
    sweep.sweep_connection(world.deps(), connection)
    assert free == [False] * 3


def test_who_lost_a_list_to_another_worker_leaves_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, others = _connection(world), replace(world.deps(), owner="another worker")
    read_projects = sweep.gitlab_peer.read_projects

    def freeze(client: GitLab, *args: Any) -> Iterator[Project]:
        world.clock.sleep(1000)
        with write(world.database) as conn:
            assert Lane(f"sweep:{connection.id}", others.owner, world.clock).take(conn)
        yield from read_projects(client, *args)

    monkeypatch.setattr(sweep.gitlab_peer, "read_projects", freeze)
    Sweep(world.deps()).run(world.clock.now())
    assert _connection(world).swept_at is None
    with hold(world.deps(), f"sweep:{connection.id}") as lane:
        assert lane is None
