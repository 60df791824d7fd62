"""Whom alerts tell: authors by a rule, who has seen them, who is assigned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role, Route
from sync.engine import alert_actions
from sync.store.db.database import write
from tests.engine.test_alerts import ANN, RULES, SHOP, do, plain, rows, run, told, world
from tests.engine.world import World

__all__ = ["world"]  # fixtures


def routed(world: World, *roles: Role) -> None:
    route = Route(frozenset({Kind.ALERT}), roles)
    world.rules = replace(RULES, groups={3: replace(SHOP, routes=(route,))})


def alerted(world: World) -> list[tuple[int, str]]:
    return [(user, plain(text)[0]) for user, text in world.told()]


def test_a_rule_tells_the_author_once_while_it_fails(world: World) -> None:
    routed(world, Role.AUTHOR)
    run(world, "failed")
    run(world, "failed")
    assert alerted(world) == [(ANN, "Pipeline #1 failed on main, acme/shop")]
    run(world, "success")
    assert alerted(world)[-1] == (ANN, "main is fixed after 20 min by Ann, acme/shop")


def test_the_author_whom_a_task_has_told_is_not_told_again(world: World) -> None:
    routed(world, Role.AUTHOR)
    world.task()
    world.gitlab.push(world.shop, "main", ["B24-2103 more"], "ann")
    run(world, "failed")
    world.settle()
    (one,) = alerted(world)
    assert "Task 2103" in one[1]


def test_who_has_seen_it_and_whose_it_is_stand_in_the_message(world: World) -> None:
    run(world, "failed")
    handle = rows(world)[0].key.handle
    do(world, alert_actions.acknowledge, handle, "Boris")
    do(world, alert_actions.acknowledge, handle, "Vera")
    do(world, alert_actions.assign, handle, 7)
    assert plain(world.posted()[-1])[-2:] == ["Seen by Boris", "Assigned to Rita"]
    assert world.posted()[-1].endswith("[user=7]Rita[/user]")
    run(world, "success")
    assert told(world) == [
        ["main is fixed after 10 min by Ann, acme/shop", "Seen by Boris", "Assigned to Rita"]
    ]


def test_who_is_assigned_is_told_once(world: World) -> None:
    run(world, "failed")
    handle = rows(world)[0].key.handle
    do(world, alert_actions.assign, handle, 7)
    do(world, alert_actions.assign, handle, 7)
    run(world, "failed")
    assert alerted(world) == [
        (7, "This is assigned to you: Pipeline #1 failed on main, acme/shop"),
    ]
    do(world, alert_actions.assign, handle, ANN, actor_id=ANN)
    assert len(alerted(world)) == 1


def test_nobody_of_another_portal_is_assigned(world: World) -> None:
    run(world, "failed")
    handle = rows(world)[0].key.handle
    with pytest.raises(alert_actions.UnknownPerson, match="no active user 99"):
        do(world, alert_actions.assign, handle, 99)
    with write(world.database) as conn:
        assert alert_actions.acknowledge(conn, 99, handle, "Eve", world.clock.now()) is None
        assert alert_actions.assign(conn, 99, handle, 7, world.clock.now()) is None
    assert (rows(world)[0].acknowledged_by, rows(world)[0].assigned_to) == ("", None)
