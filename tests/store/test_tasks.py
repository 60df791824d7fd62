"""Tasks as last read and what was last agreed about them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from sync.core.model.commands import MoveTask
from sync.core.model.plans import PlannedCommand, Records
from sync.core.model.tasks import KanbanStage, Step, Task, TaskStatus
from sync.store import outbox, tasks
from sync.store.db.database import write
from sync.store.rows import StagesRow, TaskRow
from tests.store.factories import NOW, a_portal, after

TASK = Task(10, "Checkout", TaskStatus.WAITING, chat_id=900, actions=frozenset({"start"}))


def test_a_task_is_known_once_it_was_read(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        tasks.save_read(conn, p, {10: TASK, 11: None}, NOW)
        found = tasks.get(conn, p, [10, 11, 12])
        assert found == {
            10: TaskRow(10, False, TASK, NOW, None, None, {}),
            11: TaskRow(11, True, None, NOW, None, None, {}),
        }
        assert not found[10].stale
        assert found[11].missing
        tasks.save_read(conn, p, {11: TASK}, after(hours=1))
        tasks.mark_missing(conn, p, [10], after(hours=1))
        found = tasks.get(conn, p, [10, 11])
        assert (found[10].missing, found[11].missing) == (True, False)


def test_a_task_that_changed_while_it_was_read_is_read_again(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        tasks.mark_stale(conn, p, [10, 10], after(seconds=5))
        assert tasks.get(conn, p, [10])[10].stale
        tasks.save_read(conn, p, {10: TASK}, NOW)
        assert tasks.get(conn, p, [10])[10].stale
        tasks.save_read(conn, p, {10: TASK}, after(seconds=6))
        assert not tasks.get(conn, p, [10])[10].stale


def test_what_was_agreed_stays_when_the_task_is_read_or_written(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        tasks.set_steps(conn, p, {10: Step.REVIEW})
        tasks.set_fields(conn, p, {10: {"UF_CI_STATUS": "running"}})
        tasks.save_read(conn, p, {10: TASK}, NOW)
        tasks.mark_stale(conn, p, [10], after(minutes=1))
        moved = Task(10, "Checkout", TaskStatus.IN_PROGRESS)
        tasks.save_answers(conn, p, [moved])
        row = tasks.get(conn, p, [10])[10]
        assert (row.step, row.fields) == (Step.REVIEW, {"UF_CI_STATUS": "running"})
        assert (row.body, row.stale) == (moved, True)
        tasks.set_steps(conn, p, {10: None})
        assert tasks.get(conn, p, [10])[10].step is None


def test_the_columns_of_a_workgroup_are_kept_in_order(engine: Engine) -> None:
    columns = (KanbanStage(2, "Новая", "NEW", 100), KanbanStage(1, "Review", sort=200))
    with write(engine) as conn:
        p = a_portal(conn)
        tasks.save_stages(conn, p, 4, [], NOW)
        tasks.save_stages(conn, p, 4, columns, after(hours=1))
        assert tasks.stages(conn, p, [4, 5]) == {4: StagesRow(4, columns, after(hours=1))}


def test_a_step_is_reached_when_no_part_of_the_move_is_left(engine: Engine) -> None:
    with write(engine) as conn:
        p, other = a_portal(conn), a_portal(conn, "member-2")
        tasks.save_read(conn, p, {10: TASK, 11: TASK, 12: TASK}, NOW)
        move = MoveTask(10, TaskStatus.IN_PROGRESS)
        part = PlannedCommand("stage", move, "because", Records(step=Step.REVIEW))
        idle = PlannedCommand("card", move, "because")
        commands = {("task", "10"): [part], ("task", "11"): [idle]}
        outbox.replace_waiting(conn, p, "bitrix24", commands, NOW)
        outbox.replace_waiting(conn, other, "bitrix24", {("task", "12"): [part]}, NOW)
        steps = {10: Step.REVIEW, 11: Step.REVIEW, 12: Step.REVIEW}
        written = {10: replace(TASK, title="Written"), 11: replace(TASK, id=11, title="Written")}
        tasks.save_written(conn, p, written, steps)
        rows = tasks.get(conn, p, steps)
        assert {key: row.step for key, row in rows.items()} == {**steps, 10: None}
        assert {row.body.title for row in rows.values() if row.body} == {"Written", TASK.title}
        (sent, _) = outbox.waiting(conn, p, "bitrix24", 50, NOW)
        outbox.mark_done(conn, {sent.id: None}, NOW)
        tasks.save_written(conn, p, {}, steps)
        assert tasks.get(conn, p, [10])[10].step is Step.REVIEW
