"""Merges, rebases, forks, stacks, releases, reverts, samples: each task has its own work only."""

from __future__ import annotations

import re

import pytest

from tests.depth import depth
from tests.engine.world import World
from tests.simulation import git_life

SEEDS = range(depth(24))
_NUMBER = re.compile(r"/-/merge_requests/(\d+)\]!")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_task_is_moved_and_shown_by_its_own_work_only(seed: int, database_url: str) -> None:
    world = World(database_url)
    try:
        life = git_life.play(seed, world)
        for task_id in git_life.TASKS:
            shown = {
                int(number) for text in world.cards(task_id) for number in _NUMBER.findall(text)
            }
            allowed = {iid for iid, tasks in life.ever_named.items() if task_id in tasks}
            assert shown <= allowed, (seed, task_id)
        statuses = {task_id: world.status(task_id) for task_id in git_life.TASKS}
        done = {task_id for task_id, status in statuses.items() if status == git_life.COMPLETED}
        assert done == git_life.completed_tasks(life), (seed, statuses)
    finally:
        world.close()
