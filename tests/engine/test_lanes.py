"""A lane has one owner at a time; who died gives it up."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.engine import turn
from sync.engine.deps import Deps
from sync.engine.ingest.digest import BATCH, Digested
from sync.engine.lanes import (
    CALL_LEASE_TTL,
    LEASE_TTL,
    Lane,
    LaneLost,
    hold,
    is_owner_gone,
    owner_name,
)
from sync.engine.pauses import Pauses
from sync.store import leases, logs
from sync.store.db.database import write
from tests.engine.world import World

pytestmark = pytest.mark.dialect

LANE = "lane:1:bitrix24"
IN_PROGRESS = 3


def test_a_lane_is_held_by_one_worker_at_a_time(world: World) -> None:
    with hold(world.deps("one"), LANE) as mine, hold(world.deps("two"), LANE) as theirs:
        assert (mine is not None, theirs) == (True, None)
    with hold(world.deps("two"), LANE) as theirs:
        assert theirs is not None


def test_a_lane_ends_with_its_lease(world: World) -> None:
    with hold(world.deps("one"), LANE) as mine:
        world.tick(LEASE_TTL.total_seconds() + 1)
        with hold(world.deps("two"), LANE) as theirs:
            assert theirs is not None
            with pytest.raises(LaneLost), write(world.database) as conn:
                mine.keep(conn)


def test_what_is_written_after_the_lane_was_lost_does_not_happen(world: World) -> None:
    with hold(world.deps("one"), LANE) as mine:
        world.tick(LEASE_TTL.total_seconds() + 1)
        with pytest.raises(LaneLost), write(world.database) as conn:
            leases.acquire(conn, "trace", "x", now=world.clock.now(), ttl=timedelta(hours=1))
            mine.keep(conn)
    with write(world.database) as conn:
        assert leases.acquire(conn, "trace", "y", now=world.clock.now(), ttl=LEASE_TTL)


def test_a_lane_of_a_process_that_died_is_free_at_once(world: World) -> None:
    code = "from sync.engine.lanes import owner_name; print(owner_name('w'))"
    dead = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert is_owner_gone(dead)
    with write(world.database) as conn:
        leases.acquire(conn, LANE, dead, now=world.clock.now(), ttl=LEASE_TTL)
    with hold(world.deps("one"), LANE) as mine:
        assert mine is not None


def test_the_living_are_not_gone() -> None:
    assert not is_owner_gone(owner_name("w"))


@pytest.mark.parametrize(
    "stranger", ["", "one", "elsewhere:1:99999999:5:w", f"{os.uname().nodename}::1::w"]
)
def test_of_others_nobody_knows_whether_they_live(stranger: str) -> None:
    assert not is_owner_gone(stranger)


def test_a_process_id_that_is_used_again_is_another_process() -> None:
    host, space, pid, started, own = owner_name("w").split(":")
    assert is_owner_gone(":".join([host, space, pid, str(int(started) - 1), own]))


def test_a_lane_of_a_worker_that_falls_silent_is_free_after_half_a_minute(world: World) -> None:
    lane = Lane(LANE, "one", world.clock, ttl=CALL_LEASE_TTL)
    with write(world.database) as conn:
        logs.record_heartbeat(conn, "one", world.clock.now())
        assert lane.take(conn)
    world.tick(LEASE_TTL.total_seconds() - 1)
    with hold(world.deps("two"), LANE) as theirs:
        assert theirs is None
    world.tick(1)
    with hold(world.deps("two"), LANE) as theirs:
        assert theirs is not None


def test_a_lane_of_a_worker_that_lives_is_held_for_a_whole_call(world: World) -> None:
    lane = Lane(LANE, "one", world.clock, ttl=CALL_LEASE_TTL)
    with write(world.database) as conn:
        assert lane.take(conn)
    world.tick(CALL_LEASE_TTL.total_seconds() - 1)
    with write(world.database) as conn:
        logs.record_heartbeat(conn, "one", world.clock.now())
    with hold(world.deps("two"), LANE) as theirs:
        assert theirs is None


def test_what_came_in_before_the_lane_was_given_back_waits_for_no_check(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second worker finds the lane held, and leaves all to the first one's next look."""
    world.opened()
    usual, others = turn.land_all, []

    def land_all(*given: object) -> None:
        usual(*given)
        if not others:
            world.task(3001)
            world.opened("feature/B24-3001-x", "Part")
            others.append(turn.take_turn(world.deps("two"), world.portal_id, Pauses()))

    monkeypatch.setattr(turn, "land_all", land_all)
    assert turn.take_turn(world.deps("one"), world.portal_id, Pauses()).has_news
    turn.take_turn(world.deps("one"), world.portal_id, Pauses())
    assert others == [turn.TurnResult()]
    assert world.status(3001) == world.status() == IN_PROGRESS
    assert not world.waiting()


@pytest.mark.parametrize("count", [1, BATCH])
def test_of_several_workers_one_reads_what_waits_for_a_portal(
    world: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """In a storm each would read and parse hundreds of deliveries that another one digests."""
    world.hold_deliveries = True
    world.opened()
    world.hold_deliveries = False
    [first, *_] = world.inbox_order
    world.store([replace(first, dedupe_key=f"{first.dedupe_key}-{n}") for n in range(count)])
    usual, readers = turn.digest, list[str]()

    def digest(deps: Deps, *given: Any, **more: Any) -> Digested:
        readers.append(deps.owner)
        if count == 1:  # a worker that has the lane for what came before
            with write(world.database) as conn:
                assert Lane(f"lane:{world.portal_id}:bitrix24", "one", world.clock).take(conn)
        assert turn.take_turn(world.deps("two"), world.portal_id, Pauses()).done == 0
        return usual(deps, *given, **more)

    monkeypatch.setattr(turn, "digest", digest)
    turn.take_turn(world.deps("one"), world.portal_id, Pauses())
    assert set(readers) == {"one"}
    assert not world.waiting()
