"""Events of the portal that never came are made up for by what changed since."""

from __future__ import annotations

from datetime import datetime

import pytest

from sync.bitrix24.tasks import changed
from sync.engine.upkeep.sweep import Sweep
from sync.engine.upkeep.task_gap import EVERY, FRESH, GAP, make_up_for_events
from sync.store import hook_logs, tasks
from sync.store.db.database import read
from tests.emulators.bitrix24.work import change_task
from tests.engine.world import World


def look(world: World) -> int:
    return make_up_for_events(world.deps(), world.portal_id)


def changed_at(world: World) -> datetime | None:
    with read(world.database) as conn:
        return tasks.get(conn, world.portal_id, [2103])[2103].changed_at


def test_a_change_whose_event_was_lost_is_taken_in(world: World) -> None:
    world.opened()
    world.settle()
    assert look(world) == 0
    world.hold_deliveries = True
    world.tick(60)
    with world.b24.state.lock:
        change_task(world.b24.state, world.b24.state.tasks[2103], 7, title="Renamed")
    before = changed_at(world)
    world.tick(EVERY.total_seconds())
    assert look(world) == 1
    assert changed_at(world) == world.clock.now() != before


def test_it_is_asked_every_ten_minutes(world: World) -> None:
    look(world)
    world.task(3000)
    world.tick(EVERY.total_seconds() - 1)
    assert look(world) == 0
    world.tick(1)
    assert look(world) > 0
    with read(world.database) as conn:
        assert hook_logs.tasks_read_at(conn, world.portal_id) == world.clock.now()


def test_a_long_list_goes_on_where_it_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed, "MOST_PAGES", 1)
    look(world)
    for number in range(60):
        world.tick()
        world.task(3000 + number)
    world.tick(EVERY.total_seconds())
    assert look(world) == 50
    with read(world.database) as conn:
        until = hook_logs.tasks_read_at(conn, world.portal_id)
    assert until < world.clock.now()
    assert look(world) > 10


def test_a_deletion_that_no_event_told_is_found_after_a_gap(world: World) -> None:
    world.opened()
    world.settle()
    look(world)
    world.hold_deliveries = True
    with world.b24.state.lock:
        del world.b24.state.tasks[2103]
    world.tick(EVERY.total_seconds())
    look(world)
    assert not missing(world)
    world.tick(GAP.total_seconds() + 1)
    assert look(world) == 1
    assert gap(world) == hook_logs.TaskGap(world.clock.now(), 1)
    assert missing(world)
    world.tick(GAP.total_seconds() + 1)
    assert look(world) == 0


def test_tasks_are_looked_for_at_each_start(world: World) -> None:
    world.opened()
    world.settle()
    Sweep(world.deps()).run(world.clock.now())
    world.hold_deliveries = True
    with world.b24.state.lock:
        del world.b24.state.tasks[2103]
    world.tick(FRESH.total_seconds())
    before = world.b24.requests["batch"]
    Sweep(world.deps()).run(world.clock.now())
    assert missing(world)
    assert world.b24.requests["batch"] - before <= 3


def missing(world: World) -> bool:
    with read(world.database) as conn:
        return tasks.get(conn, world.portal_id, [2103])[2103].missing


def gap(world: World) -> hook_logs.TaskGap | None:
    with read(world.database) as conn:
        return hook_logs.task_gaps(conn, [world.portal_id]).get(world.portal_id)


def test_changes_of_which_no_event_came_are_counted_and_those_with_one_are_not(
    world: World,
) -> None:
    world.opened()
    world.settle()
    look(world)
    world.tick(60)
    with world.b24.state.lock:
        change_task(world.b24.state, world.b24.state.tasks[2103], 7, title="With an event")
    world.settle()
    world.tick(EVERY.total_seconds())
    assert look(world) == 1
    assert gap(world) is None
    world.tick(EVERY.total_seconds())
    world.hold_deliveries = True
    world.task(3000)  # which nothing of GitLab's names
    with world.b24.state.lock:
        change_task(world.b24.state, world.b24.state.tasks[2103], 7, title="Without")
    assert look(world) == 2
    assert gap(world) == hook_logs.TaskGap(world.clock.now(), 1)
    world.tick(EVERY.total_seconds())
    at = gap(world)
    look(world)
    assert gap(world) == at
