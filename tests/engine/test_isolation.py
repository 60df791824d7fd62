"""One portal or code host that fails holds up no other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError

from sync.deadlines import is_limited
from sync.engine import worker
from sync.engine.deliver import batch, flights
from sync.engine.dispatch import TurnDispatcher
from sync.engine.turn import TurnResult
from sync.engine.upkeep import purge as purging
from sync.engine.upkeep.purge import NightlyPurge
from sync.engine.upkeep.sweep import CLOSED_FOR, Sweep
from sync.engine.worker import Worker
from sync.errors import Later
from sync.store import access, failed_looks
from sync.store.access import OK, UNREACHABLE, ConnectionAccess, PortalAccess
from sync.store.db.database import read, write
from sync.store.rows import PortalRecord
from sync.store.tables import connection, purge
from tests.engine.upkeep.test_purge import at_night
from tests.engine.world import World
from tests.simulation.held_answers import HeldAnswers


def test_portals_that_failed_have_half_of_the_threads() -> None:
    begun, failing, go_on = set[int](), {1, 2, 3, 4, 5}, threading.Event()
    healthy_done = threading.Event()

    def run(portal_id: int) -> None:
        begun.add(portal_id)
        if portal_id in failing:
            assert go_on.wait(20)
        else:
            healthy_done.set()

    dispatch = TurnDispatcher(run, 4, failing.__contains__)
    dispatch.request_turns(failing)
    dispatch.request_turns({6})
    assert healthy_done.wait(20)
    assert len(begun & failing) == 2
    go_on.set()
    dispatch.stop()


def test_one_that_recovered_makes_room_for_the_next() -> None:
    failing, ended = {1, 2}, {1: threading.Event(), 2: threading.Event()}
    dispatch = TurnDispatcher(lambda portal_id: ended[portal_id].set(), 2, failing.__contains__)
    dispatch.request_turns({1})
    assert ended[1].wait(20)
    for _ in range(1000):
        dispatch.request_turns({2})
        if ended[2].wait(0.01):
            break
    dispatch.stop()
    assert ended[2].is_set()


# What ends one's work alone: a bug, and what the database says of one's own rows.
ONES_OWN = [
    ValueError("a bug, or what cannot be read"),
    DataError("INSERT", {}, Exception("integer out of range")),
]


@pytest.mark.parametrize("error", ONES_OWN, ids=["bug", "data"])
def test_a_portal_whose_turn_a_bug_ends_rests_and_takes_no_thread(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    taken: list[int] = []

    def take_turn(deps: object, portal_id: int, *_: object) -> None:
        taken.append(portal_id)
        raise error

    monkeypatch.setattr(worker, "take_turn", take_turn)
    running = Worker(world.deps())
    monkeypatch.setattr(running._stop, "wait", lambda seconds: pytest.fail("a thread waits"))
    running._run_turn(world.portal_id)
    assert taken == [world.portal_id]
    assert running._pauses.is_failing(world.portal_id)
    assert running._pauses.is_paused(world.portal_id, world.clock.now())
    assert _failing(world) == {(world.portal_id, 0, "turn"): type(error).__name__}
    monkeypatch.setattr(worker, "take_turn", lambda *_: TurnResult(done=1))
    running._run_turn(world.portal_id)
    assert _failing(world) == {}


def _failing(world: World) -> dict[tuple[int, int, str], str]:
    with read(world.database) as conn:
        return {tuple(look.key): look.text for look in failed_looks.of_portals(conn)}


def test_a_portal_that_failed_is_asked_one_thing_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_SIZE", 3)
    monkeypatch.setattr(flights, "BATCH_SIZE", 3)
    world.calls = held = HeldAnswers(11, world.tick)
    for task_id in range(2100, 2108):
        world.task(task_id)
        world.opened(f"feature/B24-{task_id}")
    worker = Worker(world.deps())
    world.b24.faults.gateway_down = True
    worker.run_once()
    assert held.most == 1
    under_way: list[int] = []
    usual = flights.Flights.start

    def start(self: flights.Flights, chosen: batch.CommandBatch) -> None:
        usual(self, chosen)
        under_way.append(len(self.task_ids))

    monkeypatch.setattr(flights.Flights, "start", start)
    world.b24.faults.gateway_down = False
    world.tick(60)
    worker.run_once()
    assert under_way[0] == 1
    assert max(under_way) > 1


@pytest.mark.parametrize("error", ONES_OWN, ids=["bug", "data"])
def test_a_connection_that_cannot_be_read_ends_no_other_sweep(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    world = make_world()
    other = make_world(member="f" * 32)
    with read(world.database) as conn:
        first, *others = conn.scalars(select(connection.c.id).order_by(connection.c.id))
    assert others
    usual = other.deps("sweep")
    opened: list[int] = []

    def open_host(record: object) -> object:
        opened.append(record.id)
        if record.id == first:
            raise error
        return usual.code_host_for(record)

    deps = world.deps("sweep")
    object.__setattr__(deps, "code_host_for", open_host)
    sweep = Sweep(deps)
    for _ in range(3):
        sweep.run(world.clock.now())
    assert opened.count(first) == 1
    with read(world.database) as conn:
        swept = dict(conn.execute(select(connection.c.id, connection.c.swept_at)).all())
    assert swept[first] is None
    assert all(swept[connection_id] for connection_id in others)
    kind = type(error).__name__
    assert _failing(world) == {(world.portal_id, first, "host"): kind}
    world.tick(61)
    sweep.run(world.clock.now())
    assert opened.count(first) == 2
    object.__setattr__(deps, "code_host_for", usual.code_host_for)
    world.tick(61)
    Sweep(deps).run(world.clock.now())  # another worker's
    assert _failing(world) == {}


def test_what_did_not_answer_a_moment_ago_holds_up_no_sweep(
    make_world: Callable[..., World],
) -> None:
    """Each look at it may take minutes; AccessWatch asks it beside the sweep."""
    world = make_world()
    other = make_world(member="f" * 32)
    now, asked = world.clock.now(), list[tuple[str, int]]()
    with write(world.database) as conn:
        for owner in (world, other):
            state = UNREACHABLE if owner is world else OK
            access.save_portal(conn, PortalAccess(owner.portal_id, state, now, now))
            access.save(conn, ConnectionAccess(owner.connection_id, state, now, now))

    def ask(kind: str, owner_id: int) -> object:
        assert kind == "portal" or is_limited()  # a list without an end ends, too
        asked.append((kind, owner_id))
        raise Later("it does not answer")

    deps = world.deps("sweep")
    object.__setattr__(deps, "code_host_for", lambda record: ask("host", record.portal_id))
    object.__setattr__(deps, "portal_for", lambda row: ask("portal", row.record.id))
    Sweep(deps).run(now)
    assert {owner_id for _, owner_id in asked} == {other.portal_id}
    assert {kind for kind, _ in asked} == {"host", "portal"}
    world.tick(CLOSED_FOR.total_seconds() + 1)  # nobody asked again
    Sweep(deps).run(world.clock.now())
    assert {owner_id for _, owner_id in asked} == {world.portal_id, other.portal_id}


@pytest.mark.parametrize("error", ONES_OWN, ids=["bug", "data"])
def test_a_portal_that_cannot_be_purged_ends_no_other_purge(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    world = make_world()
    other = make_world(member="f" * 32)
    usual, asked = purging.current_settings, list[int]()

    def settings(conn: object, portal: PortalRecord) -> object:
        asked.append(portal.id)
        if portal.id == world.portal_id:
            raise error
        return usual(conn, portal)

    monkeypatch.setattr(purging, "current_settings", settings)
    nightly = NightlyPurge(world.deps())
    now = at_night(world)
    for _ in range(50):
        nightly.run(now)
    with read(world.database) as conn:
        assert conn.scalars(select(purge.c.portal_id)).all() == [other.portal_id]
    assert asked.count(world.portal_id) == 1
    assert _failing(world) == {(world.portal_id, 0, "purge"): type(error).__name__}
    world.tick(timedelta(hours=2).total_seconds())
    nightly.run(world.clock.now())
    assert asked.count(world.portal_id) == 2
