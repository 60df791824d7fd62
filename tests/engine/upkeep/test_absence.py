"""Whether anybody was at work before a worker began, and what its first sweep is spared."""

from __future__ import annotations

import pytest

from sync.engine.upkeep.absence import GONE_AFTER, Absence
from sync.engine.upkeep.sweep import Sweep
from sync.store import logs
from sync.store.db.database import write
from tests.engine.world import World

BEAT = 5.0
ALL_GONE = GONE_AFTER.total_seconds()


def test_nobody_was_there_before_the_only_worker(world: World) -> None:
    assert Absence(world.deps(), "new").was_alone(world.clock.now()) is True


@pytest.mark.parametrize(
    ("lives", "answers"),
    [(True, [None, False, False]), (False, [None, None, True])],
    ids=["an older worker goes on", "an older worker was killed"],
)
def test_an_older_worker_was_there_if_it_shows_that_it_lives(
    world: World, lives: bool, answers: list[bool | None]
) -> None:
    _beat(world, "old")
    world.tick(1)
    absence, given = Absence(world.deps(), "new"), []
    for _ in answers:
        _beat(world, "new")
        given.append(absence.was_alone(world.clock.now()))
        world.tick(ALL_GONE / 2 if not lives else BEAT)
        if lives:
            _beat(world, "old")
    assert given == answers


def test_of_workers_that_begin_together_the_first_was_alone(world: World) -> None:
    workers = ["a", "b", "c"]
    absences = {name: Absence(world.deps(), name) for name in workers}
    answers = {}
    for _ in range(2):
        for name in workers:
            _beat(world, name)
        answers = {name: absences[name].was_alone(world.clock.now()) for name in workers}
        world.tick(BEAT)
    assert answers == {"a": True, "b": False, "c": False}


def test_who_was_not_alone_asks_nothing_anew(world: World) -> None:
    world.opened()
    world.work()
    Sweep(world.deps()).run(world.clock.now())
    asked = (len(world.gitlab.requests), world.b24.requests.total())
    _beat(world, "old")
    world.tick(1)
    sweep = Sweep(world.deps(), Absence(world.deps(), "new"))
    for _ in range(3):
        sweep.run(world.clock.now())
        world.tick(BEAT)
        _beat(world, "old")
    assert (len(world.gitlab.requests), world.b24.requests.total()) == asked


def test_who_finds_the_others_gone_looks_at_everything(world: World) -> None:
    world.opened()
    world.work()
    Sweep(world.deps()).run(world.clock.now())
    asked = len(world.gitlab.requests)
    _beat(world, "old")
    sweep = Sweep(world.deps(), Absence(world.deps(), "new"))
    sweep.run(world.clock.now())
    assert len(world.gitlab.requests) == asked
    world.tick(ALL_GONE)
    sweep.run(world.clock.now())
    assert len(world.gitlab.requests) > asked


def _beat(world: World, worker: str) -> None:
    with write(world.database) as conn:
        logs.record_heartbeat(conn, worker, world.clock.now(), None)
