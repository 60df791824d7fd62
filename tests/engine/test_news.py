"""Histories of what a project tells, and what its workgroup's chat and people see of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from sync.core.kinds import Kind
from sync.core.routes import Quiet, Room, Route
from sync.core.rules import GroupRules, Rules
from tests.engine.world import World

SHOP = GroupRules(projects=("acme/*",))
RULES = Rules(groups={3: SHOP})


def lines(text: str) -> list[str]:
    return text.split("\n")


def test_a_push_is_told_in_the_chat_of_its_workgroup_once(world: World) -> None:
    world.rules = RULES
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.settle()
    world.gitlab.push(world.shop, "feature/x", ["Two", "Three"], "bob")
    world.settle()
    first, second = world.posted()
    assert lines(first)[0].startswith("[b]Ann created the branch [url=")
    assert lines(second)[0].startswith("[b][user=8]Bob[/user] pushed 2 commits to [url=")
    assert [line.split("[/url]")[-1] for line in lines(second)[1:3]] == [" Two", " Three"]
    world.store(world.inbox_order)
    world.settle()
    assert world.posted() == [first, second]


def test_a_project_of_no_workgroup_is_told_nowhere(world: World) -> None:
    world.rules = Rules()
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.settle()
    assert world.posted() == []


def test_quiet_hours_hold_a_message_back_until_they_end(world: World) -> None:
    quiet = Route(frozenset({Kind.BRANCH}), (Room.PROJECT,), quiet=Quiet(time(8), time(10)))
    world.rules = Rules(groups={3: replace(SHOP, routes=(quiet,))})  # it is nine o'clock
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.work()
    world.tick(10)
    world.work()
    assert world.posted() == []
    world.tick(timedelta(hours=1).total_seconds())
    world.settle()
    assert len(world.posted()) == 1
