"""Tasks that alerts open after enough failures in a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.core.rules.portal import AlertRules
from sync.engine import alert_actions
from tests.engine.test_alerts import (
    ANN,
    RULES,
    do,
    heads,
    known,
    plain,
    rows,
    ruled,
    run,
    told,
    world,
)
from tests.engine.world import World

__all__ = ["world"]  # fixtures


def test_nor_need_its_branches_be_those_of_its_workgroup(world: World) -> None:
    ruled(world, branches=())
    world.rules = replace(world.rules, alerts={"acme/shop": AlertRules(open_task=1)})
    run(world, "failed")
    world.settle()
    assert (len(heads(world)), opened(world)) == (1, [TASK])


def opened(world: World) -> list[tuple[str, int, int]]:
    """(title, responsible, workgroup) of the tasks that alerts opened."""
    found = world.b24.state.tasks.values()
    return [(t.title, t.responsible_id, t.group_id) for t in found if t.xml_id]


TASK = ("Fix main of acme/shop, broken since pipeline #1", ANN, 3)


@pytest.mark.parametrize("v3", [True, False])
@pytest.mark.parametrize("card", ["new", "old"])
def test_after_enough_failures_in_a_row_a_task_is_opened(
    make_world: Callable[..., World], v3: bool, card: str
) -> None:
    world = known(make_world(rules=RULES, v3=v3, card=card))
    ruled(world, open_task=2)
    run(world, "failed")
    assert opened(world) == []
    run(world, "failed")
    run(world, "failed")
    world.settle()
    assert opened(world) == [TASK]
    (task,) = [t for t in world.b24.state.tasks.values() if t.xml_id]
    assert plain(task.description) == [
        "It began with pipeline #1, 2026-03-02 12:10",
        "Branch main, acme/shop",
    ]
    assert told(world)[0][-1] == f"Task {task.id}"
    assert f"/workgroups/group/3/tasks/task/view/{task.id}/]{task.id}[/url]" in world.posted()[-1]
    run(world, "success")
    world.settle()
    (comment,) = [m.text for m in world.b24.state.discussion(task.id) if "is fixed" in m.text]
    assert plain(comment) == ["main is fixed after 30 min by Ann, acme/shop"]
    assert task.status == 2  # it is people who close it


def test_the_task_is_of_who_is_assigned(world: World) -> None:
    ruled(world, open_task=2)
    run(world, "failed")
    do(world, alert_actions.assign, rows(world)[0].key.handle, 7)
    run(world, "failed")
    assert [responsible for _, responsible, _ in opened(world)] == [7]


def test_where_the_author_is_not_known_the_administrator_gets_it(world: World) -> None:
    ruled(world, open_task=1)
    world.gitlab.push(world.shop, "main", ["Surprise"], "cid")
    run(world, "failed")
    assert [responsible for _, responsible, _ in opened(world)] == [1]


@pytest.mark.parametrize("v3", [True, False])
def test_a_lost_answer_makes_no_second_task(make_world: Callable[..., World], v3: bool) -> None:
    world = known(make_world(rules=RULES, v3=v3))
    ruled(world, open_task=2)
    run(world, "failed")
    world.b24.lose_answer()
    run(world, "failed")
    world.settle()
    assert opened(world) == [TASK]
    assert rows(world)[0].task_id


def test_a_task_that_the_portal_refuses_is_not_asked_for_again(world: World) -> None:
    ruled(world, open_task=1)
    world.refuse("tasks.task.add", "ERROR_CORE")
    world.patch(world.b24.state, "v3", False)
    run(world, "failed")
    run(world, "failed")
    world.settle()
    assert opened(world) == []
    assert heads(world) == ["main is still failing, 2nd time, since 12:10, acme/shop"]


@pytest.mark.parametrize("assigned", [False, True])
def test_where_it_cannot_be_looked_for_the_key_makes_no_second_task(
    world: World, assigned: bool
) -> None:
    ruled(world, open_task=2)
    run(world, "failed")
    world.refuse("tasks.task.list", "ACCESS_DENIED", times=1)
    world.b24.lose_answer()
    run(world, "failed")
    if assigned:  # the task would be another's now: other words under the same key
        do(world, alert_actions.assign, rows(world)[0].key.handle, 7)
    world.settle()
    assert opened(world) == [TASK]
    assert rows(world)[0].task_id
