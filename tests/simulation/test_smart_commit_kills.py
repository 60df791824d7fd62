"""A worker killed at any step of what commits say: each command is followed exactly once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync.store.db.database import read
from sync.store.tables import smart_commit
from tests.databases import Databases
from tests.engine.notified_world import notified
from tests.engine.world import World
from tests.simulation.kill_points import LEASE_SECONDS, PARTS, Fuse, Killed, fused, steps_of

COMPLETED = 5
MESSAGE = "B24-2103 #in-progress #comment hello #time 1h review\n\nCloses B24-2103"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("card", "allowed"), [("new", True), ("old", False)], ids=["as the author", "in our name"]
)
def test_a_kill_at_any_step_does_nothing_twice_and_leaves_nothing_out(
    card: str, allowed: bool, part: int, databases: Databases
) -> None:
    for step in steps_of(part):
        with databases(True) as url:
            world = World(url, card=card).with_task(accomplices=[1])
            world.b24.state.users[1].admin = allowed
            was_killed = _killed_at(step, world)
            (item,) = world.b24.state.elapsed.values()
            assert (item.user_id, item.seconds) == (8 if allowed else 1, 3600), f"at step {step}"
            (text,) = world.cards()
            assert text.endswith("\nhello"), f"at step {step}"
            assert world.status() == COMPLETED, f"at step {step}"
            assert _states(world) == ["done"] * 4, f"at step {step}"
            assert world.commands("refused") == [], f"at step {step}"
            world.close()
        if not was_killed:
            break
    assert step > 20  # there are that many at least


def _killed_at(step: int, world: World) -> bool:
    """Pushed to a branch, then to main, with a kill at that step of each; whether it came to it."""
    killed = False
    with fused(world) as fuse:
        made = world.gitlab.push(world.shop, "topic", [MESSAGE], "bob")
        killed |= _work(world, fuse, step, "first")
        world.gitlab.push(world.shop, "main", made, "ann")
        killed |= _work(world, fuse, step, "second")
    return killed


def _work(world: World, fuse: Fuse, step: int, owner: str) -> bool:
    fuse.light(step)
    try:
        world.work(owner)
        killed = False
    except Killed:
        killed = True
    fuse.light(None)
    world.tick(LEASE_SECONDS)
    world.settle()
    return killed


def _states(world: World) -> list[str]:
    with read(world.database) as conn:
        return list(conn.scalars(select(smart_commit.c.state)))


@pytest.mark.parametrize("part", PARTS)
def test_a_kill_at_any_step_loses_no_notification_of_a_missing_task(
    part: int, databases: Databases
) -> None:
    for step in steps_of(part):
        with databases(True) as url:
            world = World(url)
            with fused(world) as fuse:
                world.gitlab.push(world.shop, "topic", ["B24-999 #done"], "bob")
                was_killed = _work(world, fuse, step, "first")
            ((user_id, text),) = notified(world)
            assert user_id == 8, f"at step {step}"
            assert "task 999 does not exist" in text, f"at step {step}"
            assert _states(world) == ["refused"], f"at step {step}"
            world.close()
        if not was_killed:
            break
    assert step > 10  # there are that many at least
