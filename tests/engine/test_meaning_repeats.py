"""Who says it again, under another author: once, for the one who wrote it first."""

from __future__ import annotations

import pytest

from tests.engine.world import World

SAID = "Pay B24-2103 #time 1h #comment Half is done"


def logged(world: World) -> list[tuple[int, int]]:
    return [(entry.user_id, entry.seconds) for entry in world.b24.state.elapsed.values()]


def said(world: World) -> int:
    """How often it stands in the discussion beside the card."""
    return sum("Half is done" in text and "!1" not in text for text in world.cards())


def brought(world: World, way: str) -> None:
    """One-commit work of bob's under its own title, brought to main by ann or by GitLab."""
    world.b24.state.add_user("Anna", email="ann@acme.example", id=9)  # whose hours would count
    world.gitlab.push(world.shop, "pay", [SAID], "bob")
    mr = world.gitlab.open_mr(world.shop, "pay", SAID, "bob")
    world.settle()
    if way == "cherry-pick":
        world.gitlab.create_branch(world.shop, "stable", "ann")
        world.gitlab.coding.cherry_pick(world.shop, mr.shas[0], "stable", "ann")
    elif way == "rebase":
        world.gitlab.push(world.shop, "main", ["Other"], "ann")
        world.gitlab.branching.rebase(world.shop, "pay", "ann")
    else:
        world.shop.merge_method = "ff" if way == "squash, fast-forward" else "merge"
        world.gitlab.merge(mr, "ann", squash=way.startswith("squash"))
    world.settle()


WAYS = ["merge", "squash", "squash, fast-forward", "cherry-pick", "rebase"]


@pytest.mark.deep
@pytest.mark.parametrize("way", WAYS)
def test_time_and_comment_count_once(world: World, way: str) -> None:
    brought(world, way)
    assert logged(world) == [(8, 3600)]
    assert said(world) == 1
