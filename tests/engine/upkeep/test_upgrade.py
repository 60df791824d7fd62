"""After an upgrade everything is decided anew once, and nothing is said twice."""

from __future__ import annotations

import threading
import time

from sync.engine.upkeep.upgrade import decide_anew, program_version
from sync.engine.worker import Worker
from sync.store import program, subjects
from sync.store.db.database import read
from tests.engine.world import World


def dirty(world: World) -> int:
    with read(world.database) as conn:
        return subjects.counts(conn, world.portal_id).get("dirty", 0)


def test_another_version_decides_everything_anew_once(world: World) -> None:
    world.opened()
    world.settle()
    assert decide_anew(world.deps(), "2/0014") == dirty(world) > 0
    world.settle()
    assert decide_anew(world.deps(), "2/0014") == dirty(world) == 0
    assert decide_anew(world.deps(), "3/0018") > 0


def test_what_is_shown_is_not_written_again(world: World) -> None:
    world.opened()
    world.settle()
    before = (world.cards(), world.posted(), world.told(), world.status())
    decide_anew(world.deps(), "2/0014")
    world.settle()
    assert (world.cards(), world.posted(), world.told(), world.status()) == before


def test_a_worker_does_so_at_its_start(world: World) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=Worker(world.deps()).run_forever, args=(stop,))
    thread.start()
    for _ in range(500):
        with read(world.database) as conn:
            state = program.read_state(conn)
        if state.version:
            break
        time.sleep(0.02)
    stop.set()
    thread.join()
    assert (state.version, state.decided_at) == (program_version(), world.clock.now())
