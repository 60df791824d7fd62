"""Commits that finish a task of which a merge request is open or merged."""

from __future__ import annotations

import pytest

from b24app.services import replay
from sync.store.db.database import write
from tests.engine.test_smart_commits import COMPLETED, IN_PROGRESS, pushed, states
from tests.engine.world import World


@pytest.mark.deep
def test_a_task_that_a_commit_finished_stays_so_under_review(world: World) -> None:
    mr = world.opened()
    world.settle()
    assert world.status() == IN_PROGRESS
    pushed(world, "B24-2103 #done", branch=mr.source_branch)
    assert world.status() == COMPLETED
    world.gitlab.approve(mr, "bob")
    world.settle()
    world.gitlab.unapprove(mr, "bob")
    world.settle()
    assert world.status() == COMPLETED
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status() == COMPLETED


def test_a_task_that_is_closed_while_a_merge_request_is_open_stays_closed(world: World) -> None:
    world.opened()
    world.settle()
    pushed(world, "Closes B24-2103", branch="main")
    assert world.status() == COMPLETED
    with write(world.database) as conn:
        replay.replay(conn, world.portal_id, [("subject", "task:2103")], world.clock.now())
    world.settle()
    assert world.status() == COMPLETED


def test_a_merge_and_its_closing_commit_complete_the_task_once(world: World) -> None:
    mr = world.opened()
    world.settle()
    made = world.gitlab.push(world.shop, "main", ["Closes B24-2103"], "bob")
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.status() == COMPLETED
    assert world.commands("refused") == []
    assert world.steps() == {2103: "merged"}
    assert f"closed by commit {made[0].id[:8]} of Bob on main" in world.decisions()[-1]


def test_done_outweighs_a_merge_request_that_opens_in_the_same_moment(world: World) -> None:
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["B24-2103 #done"], "bob")
    world.gitlab.open_mr(world.shop, "feature/B24-2103-pay", "Pay", "ann")
    world.settle()
    assert (world.status(), world.steps()) == (COMPLETED, {2103: "review"})


def test_a_merge_request_that_opens_later_moves_the_task_again(world: World) -> None:
    pushed(world, "B24-2103 #done", branch="feature/B24-2103-pay")
    assert world.status() == COMPLETED
    world.gitlab.open_mr(world.shop, "feature/B24-2103-pay", "Pay", "ann")
    world.settle()
    assert world.status() == IN_PROGRESS


def test_work_begun_gives_way_to_a_merge_in_the_same_moment(world: World) -> None:
    mr = world.opened()
    world.gitlab.push(world.shop, mr.source_branch, ["B24-2103 #in-progress"], "bob")
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert (world.status(), states(world)) == (COMPLETED, ["done"])


def test_a_persons_move_afterwards_is_left_alone(world: World) -> None:
    pushed(world, "B24-2103 #done")
    world.b24.state.tasks[2103].status = IN_PROGRESS
    pushed(world, "B24-2103 tidy up")
    with write(world.database) as conn:
        replay.replay(conn, world.portal_id, [("subject", "task:2103")], world.clock.now())
    world.settle()
    assert world.status() == IN_PROGRESS
