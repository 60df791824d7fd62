"""Rollbacks in lives that seldom meet: told where the deployment was, with what is gone."""

from __future__ import annotations

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role
from tests.engine.notified_world import notified, plain, telling, to_chat, to_people
from tests.engine.world import World

OTHER = 2104
SUCCESS = frozenset({"success"})


def ship(
    world: World, sha: str = "", environment: str = "production", status: str = "success"
) -> None:
    run = world.gitlab.run_pipeline(world.shop, ref="main", sha=sha)
    made = world.gitlab.deploy(run, environment, "running")
    world.settle()
    world.tick(60)
    world.gitlab.set_deployment(world.shop, made, status)
    world.settle()
    world.tick(60)


def push(world: World, text: str) -> str:
    return world.gitlab.push(world.shop, "main", [text], "ann")[0].id


def merged(world: World, branch: str = "feature/B24-2103-pay") -> str:
    mr = world.opened(branch)
    world.settle()
    world.gitlab.merge(mr, "bob")
    world.settle()
    return world.shop.branches["main"].head


def texts(world: World) -> list[str]:
    return plain(world.posted())


def rolled_back(world: World) -> list[str]:
    return [text for text in texts(world) if "Rolled back" in text]


def test_a_rollback_over_two_deployments_names_both_works(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    world.task(OTHER)
    old = push(world, "Old")
    ship(world)
    first = merged(world)
    ship(world)
    second = merged(world, f"feature/B24-{OTHER}-cart")
    ship(world)
    ship(world, sha=old)
    [text] = rolled_back(world)
    assert first[:8] in text
    assert second[:8] in text


def test_a_rollback_by_one_step_keeps_the_earlier_work(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    push(world, "Old")
    ship(world)
    first = merged(world)
    ship(world)
    newest = push(world, "Newest")
    ship(world)
    ship(world, sha=first)
    [text] = rolled_back(world)
    assert newest[:8] in text
    assert "B24-2103" not in text.partition("Rolled back")[2].split("\n")[0]


def test_the_rollback_of_a_rollback_is_none(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    new = merged(world)
    ship(world)
    ship(world, sha=old)
    ship(world, sha=new)
    assert len(rolled_back(world)) == 1
    assert "Rolled back" not in texts(world)[-1]


def test_a_second_rollback_is_told_too(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    new = merged(world)
    for sha in (new, old, new, old):
        ship(world, sha=sha)
    assert len(rolled_back(world)) == 2


def test_each_environment_has_its_own_past(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    for environment in ("staging", "production"):
        ship(world, environment=environment)
    merged(world)
    ship(world, environment="staging")
    ship(world, sha=old)
    assert rolled_back(world) == []
    ship(world, sha=old, environment="staging")
    [text] = rolled_back(world)
    assert "staging" in text.split("\n")[0]


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_newer_work_that_never_arrived_is_not_gone(world: World, status: str) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world, status=status)
    ship(world, sha=old)
    assert rolled_back(world) == []


def test_a_person_who_was_told_of_the_deployment_hears_of_the_rollback(world: World) -> None:
    telling(world, to_people(Kind.DEPLOYMENT, Role.RESPONSIBLE, states=SUCCESS))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=old)
    mine = [text for user, text in notified(world) if user == 7 and "production" in text]
    assert len(mine) == 2
    assert "Rolled back" not in mine[0]
    assert "Rolled back" in mine[-1]


def test_who_tests_the_newer_work_hears_that_it_is_gone(world: World) -> None:
    world.task(OTHER, responsible_id=8)
    telling(world, to_people(Kind.DEPLOYMENT, Role.RESPONSIBLE, states=SUCCESS))
    push(world, "Old")
    ship(world)
    first = merged(world)
    ship(world)
    merged(world, f"feature/B24-{OTHER}-cart")
    ship(world)
    ship(world, sha=first)
    assert "Rolled back" in [text for user, text in notified(world) if user == 8][-1]


def test_a_rollback_shows_in_the_task_and_the_return_too(world: World) -> None:
    old = push(world, "Old")
    ship(world)
    new = merged(world)
    ship(world)
    ship(world, sha=old)
    assert "Rolled back" in "\n".join(plain(world.cards()))
    ship(world, sha=new)
    last = [text for text in plain(world.cards()) if "production" in text][-1]
    assert "Rolled back" not in last


def test_a_rule_without_this_environment_hears_of_no_rollback(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=SUCCESS, environments=("staging",)))
    old = push(world, "Old")
    ship(world)
    merged(world)
    ship(world)
    ship(world, sha=old)
    assert texts(world) == []
