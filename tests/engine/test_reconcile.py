"""What is decided, when, and what is read for it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from sync.core.model.commands import MoveTask, PutMessage
from sync.core.model.tasks import Step
from sync.core.rules.portal import GroupRules, Rules, StageRef, StepTarget
from sync.engine.rehearsal import rehearse
from sync.store import logs
from sync.store.db.database import read
from sync.store.rows import CallFilter
from tests.engine.world import World

pytestmark = pytest.mark.dialect


def test_a_rehearsal_says_what_would_be_written_and_writes_nothing(world: World) -> None:
    world.b24.faults.gateway_down = True
    world.opened()
    world.work()
    world.b24.faults.gateway_down = False
    deps = world.deps()
    plans = rehearse(deps, world.portal_id, [2103], world.clients("one").portal(world.portal_id))
    kinds = [type(command.command) for command in plans[2103].commands]
    assert kinds[:2] == [MoveTask, PutMessage]
    assert (world.b24.writes, world.commands(), world.decisions()) == ({}, [], [])


def test_a_column_that_does_not_exist_is_said_and_nothing_else_stops(
    make_world: Callable[..., World],
) -> None:
    wanted = GroupRules({Step.REVIEW: StepTarget(stage=StageRef(title="Nowhere"))})
    world = make_world(rules=Rules(groups={3: wanted})).with_task()
    world.opened()
    world.work()
    assert "Nowhere" in world.decisions()[0]
    assert len(world.cards()) == 1
    assert world.steps() == {2103: Step.REVIEW}


def test_the_columns_of_a_board_are_read_once_for_many_tasks(
    make_world: Callable[..., World],
) -> None:
    wanted = GroupRules({Step.REVIEW: StepTarget(stage=StageRef(system_type="PROGRESS"))})
    world = make_world(rules=Rules(groups={3: wanted}))
    for number in range(5):
        world.task(3000 + number)
        world.opened(f"feature/B24-{3000 + number}-x", f"Part {number}")
    world.work()
    assert world.b24.requests["task.stages.get"] == 1
    assert world.b24.writes["task.stages.movetask"] == 5


@pytest.mark.parametrize("tasks", [120])
def test_a_burst_costs_no_more_requests_than_its_writes_fill(world: World, tasks: int) -> None:
    for number in range(tasks):
        world.task(3000 + number)
        mr = world.opened(f"feature/B24-{3000 + number}-x", f"Part {number}")
        world.gitlab.update_mr(mr, "ann", title=f"Part {number}, better")
    world.work()
    writes, requests = sum(world.b24.writes.values()), sum(world.b24.requests.values())
    assert writes == 3 * tasks
    assert requests <= math.ceil(writes / 50) + 2  # one for the tasks, one for what is left over


def test_requests_and_answers_are_kept_without_their_tokens(world: World) -> None:
    world.opened()
    world.work()
    with read(world.database) as conn:
        kept = logs.find_calls(conn, CallFilter(world.portal_id))
    assert sorted(one.method for one in kept) == ["batch", "batch", "user.get"]
    texts = " ".join(one.request + one.answer for one in kept)
    assert not any(token in texts for token in world.b24.state.tokens)


def test_the_persons_of_both_sides_are_one_by_mapping_or_by_address(world: World) -> None:
    world.b24.state.users[7].email = "bob@acme.example"
    world.b24.state.users[8].email = ""
    world.opened()
    world.work()
    assert "[user=7]" in world.cards()[0].casefold()
