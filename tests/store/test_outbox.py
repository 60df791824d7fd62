"""Commands from decided to answered."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, Engine

from sync.core.model.commands import Command, MoveTask, Notify, Place, PutMessage, SetStage
from sync.core.model.plans import PlannedCommand, Records
from sync.core.model.tasks import Step, TaskStatus
from sync.store import outbox
from sync.store.db.database import write
from tests.store.factories import NOW, a_portal, after

MOVE = MoveTask(1, TaskStatus.IN_PROGRESS)
PLACE = SetStage(1, 7)
CARD = PutMessage(Place(1), "merge_request:1/2:3", "text \0 \ud800 ж")
TASK_1, TASK_2 = ("task", "1"), ("task", "2")


LANE = "bitrix24"


def a_command(command: Command = MOVE, key: str = "task:1") -> PlannedCommand:
    return PlannedCommand(key, command, "because")


def _waiting(conn: Connection, portal_id: int, **delta: float) -> list[str]:
    found = outbox.waiting(conn, portal_id, "bitrix24", 50, after(**delta))
    return [row.key for row in found]


def test_commands_wait_in_the_order_they_were_decided(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        wanted = {
            TASK_2: [a_command(key="z")],
            TASK_1: [a_command(key="b"), a_command(PLACE, "a")],
        }
        outbox.replace_waiting(conn, p, LANE, wanted, NOW)
        outbox.replace_waiting(conn, p, "other", {("task", "3"): [a_command()]}, NOW)
        assert _waiting(conn, p) == ["z", "b", "a"]
        first = outbox.waiting(conn, p, "bitrix24", 1, NOW)[0]
        assert (first.subject, first.command, first.reason) == (TASK_2, MOVE, "because")
        assert outbox.lanes_with_work(conn, NOW) == ((p, "bitrix24"), (p, "other"))


def test_a_new_decision_replaces_what_waited_and_nothing_else(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        outbox.replace_waiting(conn, p, LANE, {TASK_1: [a_command(key="sent")]}, NOW)
        (sent,) = outbox.waiting(conn, p, "bitrix24", 50, NOW)
        outbox.mark_sending(conn, [sent.id], NOW)
        both = {TASK_1: [a_command(key="old")], TASK_2: [a_command(key="other task")]}
        outbox.replace_waiting(conn, p, LANE, both, NOW)
        outbox.replace_waiting(conn, p, LANE, {TASK_1: [a_command(key="new")]}, NOW)
        outbox.mark_done(conn, {sent.id: {"ok": True}}, NOW)
        assert _waiting(conn, p) == ["other task", "new"]
        outbox.replace_waiting(conn, p, LANE, {TASK_1: [], TASK_2: []}, NOW)
        assert _waiting(conn, p) == []
        (done,) = outbox.by_subject(conn, p, *TASK_1)
        assert (done.key, done.state, done.answer, done.attempts) == (
            "sent",
            "done",
            {"ok": True},
            1,
        )


def test_a_command_decided_again_keeps_its_place_and_its_wait(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        outbox.replace_waiting(conn, p, LANE, {TASK_1: [a_command(CARD)]}, NOW)
        (row,) = outbox.waiting(conn, p, "bitrix24", 50, NOW)
        outbox.mark_sending(conn, [row.id], NOW)
        outbox.postpone(conn, row.id, after(minutes=1), "503")
        outbox.replace_waiting(conn, p, LANE, {TASK_1: [a_command(CARD)]}, NOW)
        assert _waiting(conn, p) == []
        (again,) = outbox.waiting(conn, p, "bitrix24", 50, after(minutes=1))
        assert (again.id, again.attempts, again.error) == (row.id, 1, "503")
        changed = a_command(replace(CARD, text="other"))
        outbox.replace_waiting(conn, p, LANE, {TASK_1: [changed]}, NOW)
        (fresh,) = outbox.waiting(conn, p, "bitrix24", 50, NOW)
        assert (fresh.attempts, fresh.command) == (0, changed.command)


def test_nothing_overtakes_within_a_subject(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        wanted = {TASK_1: [a_command(key="1a"), a_command(key="1b")], TASK_2: [a_command(key="2a")]}
        outbox.replace_waiting(conn, p, LANE, wanted, NOW)
        first = outbox.waiting(conn, p, "bitrix24", 1, NOW)[0]
        outbox.mark_sending(conn, [first.id], NOW)
        assert _waiting(conn, p) == ["2a"]
        assert [row.key for row in outbox.in_flight(conn, p, "bitrix24")] == ["1a"]
        outbox.postpone(conn, first.id, after(minutes=1), "503")
        assert _waiting(conn, p) == ["2a"]
        assert _waiting(conn, p, minutes=1) == ["1a", "1b", "2a"]
        outbox.mark_refused(conn, {first.id: "no such task"}, NOW)
        assert _waiting(conn, p) == ["1b", "2a"]


def test_what_was_refused_is_seen_and_can_be_replayed(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        notes = [a_command(Notify(1, n, "t", "g"), f"n{n}") for n in range(3)]
        outbox.replace_waiting(conn, p, LANE, {TASK_1: notes}, NOW)
        ids = [row.id for row in outbox.waiting(conn, p, "bitrix24", 50, NOW)]
        outbox.mark_refused(conn, {ids[0]: "no rights"}, NOW, answer={"error": "ACCESS_DENIED"})
        outbox.drop(conn, [ids[1]], NOW, "decided anew")
        assert outbox.counts(conn, p) == {"refused": 1, "dropped": 1, "waiting": 1}
        (dead,) = outbox.refused(conn, p)
        assert (dead.error, dead.answer) == ("no rights", {"error": "ACCESS_DENIED"})
        assert outbox.replay(conn, ids) == 1
        assert _waiting(conn, p) == ["n0", "n2"]


def test_commands_refused_in_the_same_words_are_found(engine: Engine) -> None:
    with write(engine) as conn:
        p, q = a_portal(conn), a_portal(conn, "member-2")
        for portal in (p, q):
            wanted = {TASK_1: [a_command(CARD, "a"), a_command(CARD, "b")], TASK_2: [a_command()]}
            outbox.replace_waiting(conn, portal, LANE, wanted, NOW)
        rows = outbox.waiting(conn, p, "bitrix24", 50, NOW)
        why = ("closed", "closed", "closed")
        outbox.mark_refused(conn, dict(zip([row.id for row in rows], why, strict=True)), NOW)
        cards = tuple(row.id for row in rows if row.kind == "put_message")
        assert outbox.refused_messages(conn, p, "task:1", "closed") == cards
        assert outbox.refused_messages(conn, p, "task:1", "open") == ()
        assert outbox.refused_messages(conn, p, "task:2", "closed") == ()
        assert outbox.refused_messages(conn, q, "task:1", "closed") == ()


def test_a_waiting_command_that_records_something_else_is_replaced(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        for step in (Step.REVIEW, Step.APPROVED):
            planned = PlannedCommand("status", MOVE, "because", Records(step=step))
            outbox.replace_waiting(conn, p, LANE, {TASK_1: [planned]}, NOW)
        (row,) = outbox.waiting(conn, p, LANE, 50, NOW)
        assert row.to_record == Records(step=Step.APPROVED)
