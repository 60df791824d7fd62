"""A worker killed at any step of an alert's life: one message, one task, one end of it."""

from __future__ import annotations

import pytest

from sync.core.rules.portal import AlertRules, GroupRules, Rules
from tests.databases import Databases
from tests.engine.world import World
from tests.simulation.kill_points import PARTS, fused, steps_of, work

GROUP = GroupRules(projects=("acme/*",), alerts=AlertRules(open_task=2))
RULES = Rules(groups={3: GROUP})


@pytest.mark.parametrize("part", PARTS)
def test_a_kill_at_any_step_changes_nothing_that_people_see(
    part: int, databases: Databases
) -> None:
    """On portals with REST 3.0 and without it, in turn."""
    for step in steps_of(part):
        with databases(True) as url:
            world = World(url, v3=bool(step % 2), rules=RULES)
            was_killed = _killed_at(step, world)
            told = [text for text in world.posted() if "[/url] is fixed after " in text]
            made = [task for task in world.b24.state.tasks.values() if task.xml_id]
            assert (len(told), len(world.posted()), len(made)) == (1, 1, 1), (
                f"killed at step {step}"
            )
            ends = [m.text for m in world.b24.state.discussion(made[0].id) if "is fixed" in m.text]
            assert len(ends) == 1, f"killed at step {step}"
            world.close()
        if not was_killed:
            break
    assert step > 30  # there are that many at least


def _killed_at(step: int, world: World) -> bool:
    """Failed, failed again and passed, each time with a kill at the step; whether there was one."""
    killed = False
    with fused(world) as fuse:
        for status in ("failed", "failed", "success"):
            world.gitlab.run_pipeline(world.shop, ref="main", user="ann").set_status(status)
            fuse.light(step)
            killed |= work(world, fuse, f"killed {step}")
            fuse.light(None)
            world.settle()
    return killed
