"""Histories of what a project tells, and what its workgroup's chat and people see of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from sync.core.model.kinds import Kind
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Channel, QuietHours, Role, Route
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
    quiet = Route(
        frozenset({Kind.BRANCH}), (Channel.PROJECT,), quiet_hours=QuietHours(time(8), time(10))
    )
    world.rules = Rules(groups={3: replace(SHOP, routes=(quiet,))})  # it is nine o'clock
    world.gitlab.push(world.shop, "feature/x", ["One"], "ann")
    world.work()
    world.tick(10)
    world.work()
    assert world.posted() == []
    world.tick(timedelta(hours=1).total_seconds())
    world.settle()
    assert len(world.posted()) == 1


def test_who_has_quiet_hours_is_told_after_them_of_what_others_know(world: World) -> None:
    quiet = QuietHours(time(8), time(10))  # it is nine o'clock
    of_pipelines = frozenset({Kind.PIPELINE})
    routes = (
        Route(of_pipelines, (Role.MANAGER,)),
        Route(of_pipelines, (Role.QA,), quiet_hours=quiet),
    )
    people = {Role.MANAGER: (7,), Role.QA: (8,)}
    world.rules = Rules(groups={3: replace(SHOP, routes=routes, roles=people)})
    world.gitlab.push(world.shop, "main", ["One"], "ann")
    world.gitlab.run_pipeline(world.shop)
    world.settle()
    assert [user for user, _ in world.told()] == [7]
    world.tick(timedelta(hours=1).total_seconds())
    world.settle()
    assert sorted(user for user, _ in world.told()) == [7, 8]


def test_a_new_look_between_two_notifications_loses_none(world: World) -> None:
    people = {Role.QA: (7, 8)}
    routes = (Route(frozenset({Kind.PIPELINE}), (Role.QA,)),)
    world.rules = Rules(groups={3: replace(SHOP, routes=routes, roles=people)})
    world.refuse("im.notify.system.add", "INTERNAL_SERVER_ERROR", times=1)
    world.gitlab.push(world.shop, "main", ["One"], "ann")
    world.gitlab.run_pipeline(world.shop)
    world.work()
    world.store([replace(one, dedupe_key=f"{one.dedupe_key}2") for one in world.inbox_order])
    world.settle()
    assert sorted(user for user, _ in world.told()) == [7, 8]
