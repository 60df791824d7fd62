"""A rollback is told where the deployment was told, with what is gone."""

from __future__ import annotations

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.routes import Role
from tests.engine.notified_world import notified, plain, telling, to_chat, to_people
from tests.engine.world import World


def ship(world: World, sha: str = "") -> None:
    run = world.gitlab.run_pipeline(world.shop, ref="main", sha=sha)
    made = world.gitlab.deploy(run, "production", "running")
    world.tick(60)
    world.gitlab.set_deployment(world.shop, made, "success")
    world.settle()
    world.tick(60)


@pytest.mark.deep
def test_chat_and_people_hear_that_the_newer_work_is_gone(world: World) -> None:
    states = frozenset({"success"})
    telling(
        world,
        to_chat(Kind.DEPLOYMENT, states=states),
        to_people(Kind.DEPLOYMENT, Role.RESPONSIBLE, states=states),
    )
    old = world.gitlab.push(world.shop, "main", ["Old work"], "ann")[0].id
    ship(world)
    mr = world.opened()
    world.settle()
    world.gitlab.merge(mr, "ann")
    ship(world)
    ship(world, sha=old)
    texts = plain(world.posted())
    assert "Rolled back" not in texts[-2]
    assert "Rolled back" in texts[-1]
    assert world.shop.branches["main"].head[:8] in texts[-1]
    told = [text for user, text in notified(world) if user == 7 and "production" in text]
    assert len(told) == 2


def test_the_same_commit_again_is_no_rollback(world: World) -> None:
    telling(world, to_chat(Kind.DEPLOYMENT, states=frozenset({"success"})))
    for _ in range(2):
        ship(world)
    assert not [text for text in plain(world.posted()) if "Rolled back" in text]
