"""Commits that come twice, or repeat what another said: time is logged once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.rules.portal import Rules
from tests.emulators.gitlab.entities import Commit
from tests.engine.test_smart_commits import (
    COMPLETED,
    IN_PROGRESS,
    WAITING,
    logged,
    pushed,
    refusals,
    states,
)
from tests.engine.world import World


def test_a_commit_speaks_once_however_it_comes(world: World) -> None:
    made = world.gitlab.push(world.shop, "topic", ["B24-2103 #time 1h #comment hello"], "bob")
    world.settle()
    world.gitlab.push(world.shop, "main", made, "ann")
    world.gitlab.push(world.shop, "other", made, "bob")
    world.settle()
    world.store([replace(one, dedupe_key=f"{one.dedupe_key} again") for one in world.inbox_order])
    world.settle()
    assert (len(logged(world)), len(world.cards())) == (1, 1)
    assert states(world) == ["done", "done"]


def test_a_commit_whose_branch_is_merged_closes_then(world: World) -> None:
    made = world.gitlab.push(world.shop, "topic", ["Closes B24-2103 #time 1h"], "bob")
    world.settle()
    assert (world.status(), len(logged(world))) == (WAITING, 1)
    world.gitlab.push(world.shop, "main", made, "ann")
    world.settle()
    assert (world.status(), len(logged(world))) == (COMPLETED, 1)
    assert world.decisions()[-1] == f"closed by commit {made[0].id[:8]} of Bob on main"


@pytest.mark.deep
@pytest.mark.parametrize(
    "message",
    [
        "B24-2103 #time 1h pay",
        "B24-2103 #time 1h pay\n\n(cherry picked from commit 4f1c9e0a)",
        "Payment\n\n* B24-2103 #time 1h pay\n* Tidy up",
    ],
)
def test_a_commit_that_repeats_another_logs_no_time(world: World, message: str) -> None:
    (first,) = pushed(world, "B24-2103 #time 1h pay")
    (second,) = pushed(world, message, branch="main")
    assert len(logged(world)) == 1
    assert world.decisions()[-1] == (
        f"#time of commit {second} of Bob on main is not followed: commit {first} had said the same"
    )
    assert refusals(world) == []


def test_a_repetition_of_a_repetition_logs_no_time_either(world: World) -> None:
    for _ in range(3):
        pushed(world, "B24-2103 #time 1h pay")
        world.tick(timedelta(days=20).total_seconds())
    assert len(logged(world)) == 1


@pytest.mark.parametrize(
    ("message", "user", "days"),
    [
        ("Two\n\nB24-2103 #time 1h pay", "bob", 0),
        ("One\n\nB24-2103 #time 2h pay", "bob", 0),
        ("One\n\nB24-2103 #time 1h play", "bob", 0),
        ("One\n\nB24-2103 #time 1h pay", "rita", 0),
        ("One\n\nB24-2103 #time 1h pay", "bob", 31),
    ],
)
def test_what_is_said_anew_is_logged_anew(world: World, message: str, user: str, days: int) -> None:
    world.gitlab.state.add_user("rita", public=True)
    pushed(world, "One\n\nB24-2103 #time 1h pay")
    world.tick(timedelta(days=days).total_seconds())
    pushed(world, message, user=user)
    assert len(logged(world)) == 2


def test_a_commit_that_was_refused_may_say_it_again_in_another(world: World) -> None:
    pushed(world, "B24-2103 #time 1h", user="cid")
    world.rules = Rules(people={"cid": 8})
    pushed(world, "B24-2103 #time 1h", user="cid")
    assert len(logged(world)) == 1


def test_a_task_is_closed_again_by_another_commit(world: World) -> None:
    pushed(world, "Closes B24-2103", branch="main")
    world.b24.state.tasks[2103].status = IN_PROGRESS
    pushed(world, "Closes B24-2103", branch="main")
    assert world.status() == COMPLETED


def test_the_history_of_a_new_project_says_nothing(world: World) -> None:
    commit = Commit("c0ffee" * 6, "Closes B24-2103", "Bob", "bob@acme.example", world.clock.now())
    world.shop.commits[commit.id] = commit
    bob = world.gitlab.state.user("bob")
    world.gitlab.coding.fire_push(world.shop, bob, "main", "0" * 40, commit.id, [commit])
    world.settle()
    assert (world.status(), states(world)) == (WAITING, [])


def test_another_project_that_gets_the_commit_too_says_nothing_more(world: World) -> None:
    fork = world.gitlab.state.add_project("bob/shop", members={"bob": 40})
    world.gitlab.add_hook(fork, "http://bridge.test/hook", "push_events")
    made = world.gitlab.push(fork, "topic", ["B24-2103 #time 1h #comment hello"], "bob")
    world.settle()
    world.gitlab.push(world.shop, "topic", made, "bob")
    world.settle()
    assert (len(logged(world)), len(world.cards())) == (1, 1)
