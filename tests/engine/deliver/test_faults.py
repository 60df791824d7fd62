"""What the portal refuses, denies, delays or does not answer, and what is left of it after."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update

from sync.core.model.tasks import Step
from sync.engine.ingest import apply as taking
from sync.engine.reconcile import tasks as reconcile_tasks
from sync.engine.upkeep.sweep import Sweep
from sync.store import inbox, links, subjects
from sync.store.db.database import read, write
from sync.store.tables import connection
from tests.engine.world import World

IN_PROGRESS, COMPLETED = 3, 5


def test_what_the_portal_refuses_is_dead_and_the_rest_goes_on(world: World) -> None:
    world.refuse("tasks.task.start", "ACCESS_DENIED")
    world.opened()
    world.settle()
    (dead,) = world.commands("refused")
    assert dead.key == "status"
    assert "tasks.task.start" in dead.error
    assert len(world.cards()) == 1
    assert world.steps() == {2103: Step.REVIEW}


def test_a_refused_move_is_tried_once_more_on_fresh_knowledge(world: World) -> None:
    refusals = world.refuse("tasks.task.start", "1048582", times=1)
    world.opened()
    world.settle()
    assert refusals == ["tasks.task.start"]
    assert world.status() == IN_PROGRESS
    assert world.commands("refused") == []


def test_a_refused_card_is_not_sent_again_until_it_changes(world: World) -> None:
    refusals = world.refuse("im.message.add", "ACCESS_ERROR")
    mr = world.opened()
    world.settle()
    world.gitlab.request_review(mr, "bob", "ann")
    world.settle()
    sent = len(refusals)
    world.gitlab.update_mr(mr, "ann", title="Pay more")
    world.settle()
    assert (sent, len(refusals)) == (1, 2)


@pytest.mark.parametrize("how", ["refused", "html", "overflow"])
def test_what_the_portal_cannot_take_now_waits_and_arrives(world: World, how: str) -> None:
    mr = world.opened()
    if how == "overflow":
        world.b24.fail_next(503, "QUERY_LIMIT_EXCEEDED", times=3)
    else:
        world.b24.faults.gateway_down = True
    world.work()
    assert world.status() == 2
    world.gitlab.merge(mr, "ann")
    world.b24.faults.gateway_down = False
    world.settle()
    assert world.status() == COMPLETED
    assert len(world.cards()) == 1


@pytest.mark.parametrize("card", ["new", "old"])
@pytest.mark.parametrize("losses", [1, 2])
def test_a_lost_answer_makes_no_second_message(
    make_world: Callable[..., World], card: str, losses: int
) -> None:
    world = make_world(card=card).with_task()
    mr = world.opened()
    world.b24.lose_answer(losses)
    world.settle()
    world.gitlab.merge(mr, "ann")
    world.settle()
    (text,) = world.cards()
    assert "merged" in text
    assert world.status() == COMPLETED


def test_a_dead_grant_disconnects_the_portal_and_keeps_its_work(world: World) -> None:
    world.b24.revoke_tokens()
    world.opened()
    world.work()
    state, reason = world.state()
    assert state == "disconnected"
    assert reason
    assert world.waiting() > 0
    world.save_token(world.b24.token(1))
    world.settle()
    assert world.status() == IN_PROGRESS


def test_a_right_that_is_missing_disconnects_with_the_reason(world: World) -> None:
    world.b24.app.scopes = world.b24.app.scopes - {"im"}
    world.opened()
    world.work()
    state, reason = world.state()
    assert state == "disconnected"
    assert "im.message.add" in reason
    assert world.status() == IN_PROGRESS


def test_a_card_that_can_be_edited_no_more_is_written_anew(world: World) -> None:
    mr = world.opened()
    world.work()
    world.tick(2 * 86400)
    world.refuse("im.message.update", "CANT_EDIT_MESSAGE", times=1)
    world.gitlab.merge(mr, "ann")
    world.settle()
    old, new = world.cards()
    assert "under review" in old
    assert "merged" in new


def test_an_unknown_task_is_said_once_and_looked_for_when_it_appears(world: World) -> None:
    mr = world.opened("feature/B24-77-pay")
    world.work()
    world.gitlab.update_mr(mr, "ann", title="Pay more")
    world.work()
    assert world.decisions(77) == [
        "task 77 does not exist, or the application may not see it",
    ]
    assert world.waiting() == 0
    world.task(77)
    world.work()
    assert world.status(77) == IN_PROGRESS


def test_an_unknown_task_is_looked_for_again_on_request(world: World) -> None:
    world.opened("feature/B24-77-pay")
    world.work()
    world.b24.events.put = lambda posting: None
    world.task(77)
    with write(world.database) as conn:
        subjects.replay(conn, world.portal_id, world.clock.now(), "task", "77")
    world.work()
    assert world.status(77) == IN_PROGRESS


def test_a_deleted_task_ends_its_work(world: World) -> None:
    mr = world.opened()
    world.work()
    world.b24.state.user_deletes_task(7, 2103)
    world.gitlab.merge(mr, "ann")
    world.settle()
    assert world.commands("waiting") == []


def test_one_poisonous_delivery_fails_alone_and_dies_after_five_attempts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = "feature/B24-2103-poison"
    usual = taking.ingest

    def breaking(conn, portal_id, told, *rest):
        if any(getattr(e, "branch", "") == poison for group in told.values() for e in group):
            raise ZeroDivisionError("a bug")
        return usual(conn, portal_id, told, *rest)

    monkeypatch.setattr(taking, "ingest", breaking)
    world.gitlab.push(world.shop, poison, ["x"], "ann")
    world.opened()
    world.work()
    assert world.status() == IN_PROGRESS
    for _ in range(5):
        world.tick(600)
        world.work()
    with read(world.database) as conn:
        (dead,) = inbox.dead_deliveries(conn, world.portal_id)
    assert "ZeroDivisionError: a bug" in dead.outcome
    assert world.waiting() == 0


def test_a_bug_in_a_plan_stops_that_subject_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = reconcile_tasks.plan_task

    def breaking(view, rules, now):
        if view.task and view.task.id == 2104:
            raise ZeroDivisionError("a bug")
        return usual(view, rules, now)

    monkeypatch.setattr(reconcile_tasks, "plan_task", breaking)
    world.task(2104)
    world.opened(title="B24-2104: Pay")
    for _ in range(6):
        world.work()
        world.tick(600)
    with read(world.database) as conn:
        (dead,) = subjects.dead(conn, world.portal_id)
    assert (dead.key, "ZeroDivisionError" in dead.error) == ("2104", True)
    assert world.status() == IN_PROGRESS


def test_what_was_before_the_connection_is_silent_until_it_goes_on(world: World) -> None:
    world.hold_deliveries = True
    mr = world.opened()
    world.tick(60)
    with write(world.database) as conn:
        conn.execute(update(connection).values(created_at=world.clock.now()))
    Sweep(world.deps()).run(world.clock.now())
    world.work()
    with read(world.database) as conn:
        (link,) = links.by_tasks(conn, world.portal_id, [2103])[2103]
    assert link.silent
    assert (world.cards(), world.told(), world.status()) == ([], [], 2)
    world.hold_deliveries = False
    world.tick()
    world.gitlab.merge(mr, "ann")
    world.work()
    assert world.status() == COMPLETED
    assert len(world.cards()) == 1
