"""A worker killed at any step, hooks twice and out of order: what people see is what they would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from random import Random

import pytest
from sqlalchemy import func, select

from sync.engine.upkeep.sweep import Sweep
from sync.store.db.database import read
from sync.store.rows import Delivery
from sync.store.tables import delivery
from tests.databases import Databases
from tests.depth import sample
from tests.engine.world import World
from tests.simulation import story
from tests.simulation.kill_points import LEASE_SECONDS, PARTS, Fuse, fused, steps_of, work

COMPLETED = 5
OVER = ("merged", "closed")
SEEDS = sample(range(60), 10)
KILLS = 12  # in one life


@dataclass(frozen=True)
class Seen:
    """What people find in the end, whatever happened on the way."""

    statuses: dict[int, int]
    cards: dict[int, list[str]]
    reports: dict[int, list[str]]
    fields: dict[int, dict[str, str]]
    steps: dict[int, str | None]
    told: set[str]
    time: list[tuple[int, int, int, str]]


def seen(world: World) -> Seen:
    """What there is to see once the lost and the confused has been asked for again.

    Of merge requests that go on, how much was told depends on how much came together.
    """
    Sweep(world.deps("sweep")).run(world.clock.now())
    world.settle()
    over = {f":1/1!{mr.iid}" for mr in world.shop.merge_requests.values() if mr.state in OVER}
    tags = {note.tag for note in world.b24.state.notifications.values()}
    return Seen(
        {task_id: world.status(task_id) for task_id in story.TASKS},
        {task_id: sorted(world.cards(task_id)) for task_id in story.TASKS},
        {task_id: sorted(world.reports(task_id)) for task_id in story.TASKS},
        {task_id: world.b24.state.tasks[task_id].uf for task_id in story.TASKS},
        {task_id: step for task_id, step in world.steps().items() if step},
        {tag for tag in tags if tag.endswith(tuple(over))},
        sorted(
            (item.task_id, item.user_id, item.seconds, item.text)
            for item in world.b24.state.elapsed.values()
        ),
    )


def undisturbed(seed: int, world: World) -> Seen:
    """The same life without a fault, worked off after every fourth act."""
    acts = count(1)

    def listen(found: list[Delivery]) -> None:
        world.store(found)
        if next(acts) % 4 == 0:
            world.work()
        world.tick(5)

    world.hold_deliveries = True
    story.play(seed, world, listen)
    return seen(world)


@pytest.mark.parametrize(
    "seed", [*(pytest.param(seed, marks=pytest.mark.dialect) for seed in SEEDS[:3]), *SEEDS[3:]]
)
def test_kills_repetitions_and_disorder_change_nothing_that_people_see(
    seed: int, make_database: Callable[[bool], str]
) -> None:
    calm, stormy = World(make_database(True)), World(make_database(True))
    try:
        expected = undisturbed(seed, calm)
        with fused(stormy) as fuse:
            _storm(seed, stormy, fuse)
        assert seen(stormy) == expected
        assert _outcomes(stormy) == {"done": _stored(stormy)}
        assert all(len(cards) == len(set(cards)) for cards in expected.cards.values())
    finally:
        calm.close()
        stormy.close()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("card", ["new", "old"])
def test_a_kill_at_any_step_of_a_life_changes_nothing_that_people_see(
    card: str, part: int, databases: Databases
) -> None:
    for step in steps_of(part):
        with databases(True) as url:
            world = World(url, card=card)
            was_killed = _killed_twice_at(step, world)
            (text,) = world.cards(2103)
            assert "merged" in text, f"killed at step {step}"
            assert world.status(2103) == COMPLETED, f"killed at step {step}"
            assert world.b24.state.notifications, f"killed at step {step}"
            world.close()
        if not was_killed:
            break
    assert step > 30  # there are that many at least


def _killed_twice_at(step: int, world: World) -> bool:
    """Opened and merged, each time with a kill at the step; whether there was such a step."""
    world.task(2103)
    killed = False
    with fused(world) as fuse:
        mr = world.opened()
        for act in (lambda: None, lambda: world.gitlab.merge(mr, "ann")):
            act()
            fuse.light(step)
            killed |= work(world, fuse, f"killed {step}")
            fuse.light(None)
            world.settle()
    return killed


def _storm(seed: int, world: World, fuse: Fuse) -> None:
    """The same life with kills, lost answers, duplicates and neighbours that change places."""
    random = Random(-seed - 1)
    lives = count(1)
    kept: list[Delivery] = []
    kills = KILLS

    def listen(found: list[Delivery]) -> None:
        nonlocal kills
        fuse.light(None)
        kept.extend(found)
        if random.random() < 0.4:  # comes together with what comes next
            world.tick(5)
            return
        random.shuffle(kept)
        world.store(kept + [one for one in kept if random.random() < 0.2])
        kept.clear()
        if random.random() < 0.15:
            world.b24.lose_answer()
        if kills and random.random() < 0.8:
            kills -= 1
            fuse.light(random.randint(1, 40))
        work(world, fuse, f"life {next(lives)}")
        world.tick(5)

    world.hold_deliveries = True
    story.play(seed, world, listen)
    fuse.light(None)
    world.store(kept)
    world.tick(LEASE_SECONDS)


def _stored(world: World) -> int:
    with read(world.database) as conn:
        return conn.scalar(select(func.count()).select_from(delivery))


def _outcomes(world: World) -> dict[str, int]:
    """How many deliveries ended how."""
    query = select(delivery.c.state, func.count()).group_by(delivery.c.state)
    with read(world.database) as conn:
        return {row.state: row[1] for row in conn.execute(query)}
