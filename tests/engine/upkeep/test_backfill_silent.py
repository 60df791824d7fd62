"""Nothing of a history that is read is said in the portal; what happens afterwards is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.engine.deps import TASK
from sync.engine.upkeep.sweep import Sweep
from sync.store import subjects
from sync.store.db.database import write
from tests.engine.history import connected_now, hears_everything, live, rows, start
from tests.engine.world import World

pytestmark = pytest.mark.dialect

WAITING, IN_PROGRESS, COMPLETED = 2, 3, 5


@pytest.fixture
def world(make_world) -> World:
    """Tasks 1 to 3, whose work was merged, closed and left open before the connection."""
    world = hears_everything(make_world())
    for task_id in (1, 2, 3):
        world.task(task_id)
    world.hold_deliveries = True
    live(world)
    world.tick()
    connected_now(world)
    world.tick()
    world.hold_deliveries = False
    return world


def said(world: World) -> list[str]:
    """All that anybody can see."""
    tasks = [text for task_id in (1, 2, 3) for text in world._messages(task_id)]
    return [*tasks, *(text for _, text in world.told()), *world.posted()]


def statuses(world: World) -> list[int]:
    return [world.status(task_id) for task_id in (1, 2, 3)]


def test_nothing_is_said_and_nothing_moves(world) -> None:
    before = statuses(world)
    asked = len(world.b24.requests)
    start(world)
    assert len(world.b24.requests) == asked
    world.settle()
    Sweep(world.deps()).run(world.clock.now())
    world.settle()
    assert (said(world), statuses(world)) == ([], before)
    assert world.steps() == {1: "merged", 2: "closed", 3: "approved"}


def test_nothing_is_said_of_it_even_when_every_task_is_looked_at_anew(world) -> None:
    start(world)
    world.settle()
    with write(world.database) as conn:
        marks = [(TASK, str(task_id), "looked at") for task_id in (1, 2, 3)]
        subjects.mark_dirty_many(conn, world.portal_id, marks, world.clock.now())
    world.settle()
    assert said(world) == []


def test_what_happens_to_an_open_one_afterwards_is_said(world) -> None:
    start(world)
    world.settle()
    mr = world.shop.merge_requests[3]
    world.gitlab.merge(mr, "bob")
    world.settle()
    assert world.status(3) == COMPLETED
    assert len(world.cards(3)) == 1
    assert [world.cards(task_id) for task_id in (1, 2)] == [[], []]


def test_an_old_comment_that_is_edited_stays_silent_and_a_new_one_is_not(world) -> None:
    start(world)
    world.settle()
    mr = world.shop.merge_requests[1]
    world.tick()
    world.gitlab.talking.edit_comment(mr, mr.notes[0], "See B24-1 again", "bob")
    world.settle()
    assert said(world) == []
    new = world.gitlab.comment(mr, "And once more", "bob")
    world.work()
    found = {row["key"]: row for row in rows(world)["activity"] if row["kind"] == "comment"}
    old = found[str(mr.notes[0].id)]
    assert (old["silent"], old["body"]["text"]) == (True, "See B24-1 again")
    assert found[str(new.id)]["silent"] is False


def test_what_is_still_open_is_not_silenced(world) -> None:
    start(world)
    silent = {(row["kind"], row["key"]): row["silent"] for row in rows(world)["activity"]}
    assert silent["issue", "1"] is True  # closed
    assert silent["work_item", "2"] is False
    assert silent["branch", "main"] is False
    assert {silent["tag", "v1"], silent["release", "v1"], silent["comment", "1"]} == {True}


def test_a_merge_request_whose_hooks_were_lost_is_shown_as_the_sweep_shows_it(world) -> None:
    world.hold_deliveries = True
    world.gitlab.push(world.shop, "feature/B24-2-more", ["More"], "ann")
    world.gitlab.open_mr(world.shop, "feature/B24-2-more", "More", "ann")
    start(world)
    world.settle()
    assert [len(world.cards(task_id)) for task_id in (1, 2, 3)] == [0, 1, 0]
    assert statuses(world)[1] == IN_PROGRESS


def test_what_was_merged_before_stays_silent_though_somebody_commented_on_it_since(world) -> None:
    world.hold_deliveries = True
    world.tick(timedelta(hours=2).total_seconds())
    world.gitlab.comment(world.shop.merge_requests[1], "Nice", "bob")
    start(world)
    world.settle()
    assert world.cards(1) == []


def test_what_was_shown_stays_shown(world) -> None:
    world.gitlab.update_mr(world.shop.merge_requests[3], "ann", title="Work")
    world.settle()
    (card,) = world.cards(3)
    start(world)
    world.gitlab.merge(world.shop.merge_requests[3], "bob")
    world.settle()
    assert len(world.cards(3)) == 1
    assert world.cards(3) != [card]


def test_a_task_with_work_of_now_is_left_alone_by_what_is_read(world) -> None:
    """Also deployments and pipelines of before, of which its work may be a part."""
    world.gitlab.push(world.shop, "feature/B24-1-more", ["More"], "ann")
    world.gitlab.open_mr(world.shop, "feature/B24-1-more", "More", "ann")
    world.settle()
    before, status = said(world), world.status(1)
    start(world)
    world.settle()
    assert (said(world), world.status(1)) == (before, status)


def test_the_default_branchs_commits_name_no_merge_request(world) -> None:
    """One from the default branch has everybody's commits behind it."""
    start(world)
    world.settle()
    world.gitlab.create_branch(world.shop, "production", "ann")
    world.gitlab.open_mr(world.shop, "main", "Ship", "ann", target_branch="production")
    world.settle()
    assert said(world) == []


@pytest.mark.parametrize("act", ["comment", "retitle"])
def test_the_first_act_brings_a_task_to_the_step_it_was_read_at(world: World, act: str) -> None:
    """Its merge request is open; once is enough: who then moves the task by hand is left alone."""
    start(world)
    world.settle()
    mr = world.shop.merge_requests[3]
    acts = {
        "comment": lambda: world.gitlab.comment(mr, "Why so?", "bob"),
        "retitle": lambda: world.gitlab.update_mr(mr, "ann", title="Work on"),
    }
    acts[act]()
    world.settle()
    assert statuses(world) == [WAITING, WAITING, IN_PROGRESS]
    assert [text for text in world.cards(3) if "Merge request:" in text or "!3" in text]
    world.b24.state.tasks[3].status = COMPLETED
    world.gitlab.update_mr(mr, "ann", title="Work further")
    world.settle()
    assert world.status(3) == COMPLETED


@pytest.mark.parametrize("number", [1, 2])
def test_a_comment_on_what_was_over_moves_nothing(world: World, number: int) -> None:
    start(world)
    world.settle()
    world.gitlab.comment(world.shop.merge_requests[number], "Why so?", "bob")
    world.settle()
    assert statuses(world) == [WAITING] * 3
