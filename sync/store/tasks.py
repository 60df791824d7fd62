"""Store tasks as last read, what was last written to them, and kanban columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, case, cast, exists, literal_column, select

from sync.core.model.tasks import KanbanStage, Step, Task
from sync.store.db.codec import encode, from_json, to_json
from sync.store.db.upsert import chunks, in_key_parameters, key_parameters, upsert
from sync.store.rows import StagesRow, TaskRow
from sync.store.tables import command, in_literals, task, workgroup

_KEYS = ("portal_id", "task_id")
# Commands that record a step of the task that is written, and have not ended. Within an INSERT,
# SQLAlchemy would take a column of its table for another table to select from.
_MOVES_ON = exists().where(
    command.c.portal_id == literal_column("task.portal_id"),
    command.c.subject_kind == "task",
    command.c.subject_key == cast(literal_column("task.task_id"), Text),
    in_literals(command.c.state, "waiting", "sending"),
    command.c.records["step"].as_string().is_not(None),
)
_TASKS = select(task).where(in_key_parameters(task.c.portal_id, task.c.task_id))

_SHOWN = select(task.c.task_id).where(
    in_key_parameters(task.c.portal_id, task.c.task_id),
    task.c.state != "missing",
    task.c.body.is_not(None),
)

_FIELDS = select(task.c.task_id, task.c.fields).where(
    in_key_parameters(task.c.portal_id, task.c.task_id)
)


def get(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> dict[int, TaskRow]:
    """Return the stored tasks by id; unknown ones are left out."""
    by_key = {}
    for key_parameter in key_parameters((portal_id, task_id) for task_id in task_ids):
        for row in conn.execute(_TASKS, key_parameter):
            by_key[row.task_id] = _record(row)
    return by_key


def read_before(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> frozenset[int]:
    """Return those of the tasks that the portal showed when they were last read."""
    return frozenset(
        task_id
        for key_parameter in key_parameters((portal_id, task_id) for task_id in task_ids)
        for task_id in conn.scalars(_SHOWN, key_parameter)
    )


def written_fields(
    conn: Connection, portal_id: int, task_ids: Iterable[int]
) -> dict[int, dict[str, str]]:
    """Return what was last written into each task's own fields; unknown tasks are left out."""
    return {
        task_id: fields
        for key_parameter in key_parameters((portal_id, task_id) for task_id in task_ids)
        for task_id, fields in conn.execute(_FIELDS, key_parameter)
    }


def of_responsible(conn: Connection, portal_id: int, user_id: int) -> tuple[int, ...]:
    """Return the ids of the tasks that a user of the portal is responsible for."""
    responsible = task.c.body["responsible_id"].as_integer()
    query = select(task.c.task_id).where(task.c.portal_id == portal_id, responsible == user_id)
    return tuple(conn.scalars(query))


def newest_present(conn: Connection, portal_id: int, limit: int) -> tuple[int, ...]:
    """Return the ids of tasks that the portal had when they were last read, the newest first."""
    query = (
        select(task.c.task_id)
        .where(task.c.portal_id == portal_id, task.c.state == "present")
        .order_by(task.c.task_id.desc())
        .limit(limit)
    )
    return tuple(conn.scalars(query))


def chats(conn: Connection, portal_id: int | None) -> dict[int, int]:
    """Return the stored tasks by the chats of their discussions; of every portal for None."""
    query = select(task.c.task_id, task.c.body).where(task.c.body.is_not(None))
    if portal_id is not None:
        query = query.where(task.c.portal_id == portal_id)
    rows = ((task_id, body.get("chat_id")) for task_id, body in conn.execute(query) if body)
    return {int(chat_id): task_id for task_id, chat_id in rows if chat_id}


def save_read(
    conn: Connection, portal_id: int, answers: Mapping[int, Task | None], began_at: datetime
) -> None:
    """Store the result of a read that began at `began_at`.

    None: the portal shows no such task. A task that changed while it was being read stays stale.
    """
    rows = [
        {
            "portal_id": portal_id,
            "task_id": task_id,
            "state": "missing" if answer is None else "present",
            "body": None if answer is None else encode(answer),
            "read_at": began_at,
        }
        for task_id, answer in sorted(answers.items())
    ]
    upsert(conn, task, rows, keys=_KEYS, update=("state", "body", "read_at"))


def save_answers(conn: Connection, portal_id: int, tasks: Iterable[Task]) -> None:
    """Store tasks from the answers to our own writes; stale ones stay stale."""
    rows = [_written_row(portal_id, item) for item in tasks]
    upsert(conn, task, rows, keys=_KEYS, update=("state", "body"))


def save_written(
    conn: Connection, portal_id: int, bodies: Mapping[int, Task], steps: Mapping[int, Step]
) -> None:
    """Store tasks from the answers to our own writes, and the steps to which they moved.

    A stale task stays stale. A step is kept back while another command of the task that records
    one is on its way: the move is not complete.
    """
    moved = {task_id: body for task_id, body in bodies.items() if task_id in steps}
    save_answers(conn, portal_id, [body for key, body in bodies.items() if key not in moved])
    rows = [
        {"portal_id": portal_id, "task_id": task_id, "step": step.value}
        for task_id, step in sorted(steps.items())
        if task_id not in moved
    ]
    upsert(conn, task, rows, keys=_KEYS, update=_complete_move)
    rows = [
        _written_row(portal_id, body) | {"step": steps[task_id].value}
        for task_id, body in sorted(moved.items())
    ]
    upsert(conn, task, rows, keys=_KEYS, update=_complete_written_move)


def _complete_move(new: Any) -> dict[str, Any]:
    return {"step": case((_MOVES_ON, task.c.step), else_=new.step)}


def _complete_written_move(new: Any) -> dict[str, Any]:
    return {"state": new.state, "body": new.body, **_complete_move(new)}


def mark_stale(conn: Connection, portal_id: int, task_ids: Iterable[int], now: datetime) -> None:
    """Record that the tasks may have changed, so that they are read before the next plan.

    A reading in the future was dated by a clock that was put back: it was before.
    """
    rows = [
        {"portal_id": portal_id, "task_id": task_id, "changed_at": now}
        for task_id in sorted(set(task_ids))
    ]
    upsert(conn, task, rows, keys=_KEYS, update=_mark_changed)


def _mark_changed(new: Any) -> dict[str, Any]:
    earlier = case((task.c.read_at > new.changed_at, new.changed_at), else_=task.c.read_at)
    return {"changed_at": new.changed_at, "read_at": earlier}


def mark_missing(conn: Connection, portal_id: int, task_ids: Iterable[int], now: datetime) -> None:
    """Record that the portal shows no such tasks."""
    save_read(conn, portal_id, dict.fromkeys(task_ids), now)


def set_steps(conn: Connection, portal_id: int, steps: Mapping[int, Step | None]) -> None:
    """Record the step to which each task was last moved."""
    rows = [
        {"portal_id": portal_id, "task_id": task_id, "step": _step_value(step)}
        for task_id, step in sorted(steps.items())
    ]
    upsert(conn, task, rows, keys=_KEYS, update=("step",))


def set_fields(conn: Connection, portal_id: int, fields: Mapping[int, Mapping[str, str]]) -> None:
    """Record what was last written into each task's own fields, all of them together."""
    rows = [
        {"portal_id": portal_id, "task_id": task_id, "fields": dict(values)}
        for task_id, values in sorted(fields.items())
    ]
    upsert(conn, task, rows, keys=_KEYS, update=("fields",))


def stages(conn: Connection, portal_id: int, group_ids: Iterable[int]) -> dict[int, StagesRow]:
    """Return the stored columns by workgroup; unknown ones are left out."""
    by_key = {}
    for piece in chunks(set(group_ids)):
        query = select(workgroup).where(
            workgroup.c.portal_id == portal_id, workgroup.c.group_id.in_(piece)
        )
        for row in conn.execute(query):
            columns = from_json(tuple[KanbanStage, ...], row.stages)
            by_key[row.group_id] = StagesRow(row.group_id, columns, row.read_at)
    return by_key


def save_stages(
    conn: Connection, portal_id: int, group_id: int, columns: Sequence[KanbanStage], now: datetime
) -> None:
    """Store the columns of a workgroup."""
    row = {
        "portal_id": portal_id,
        "group_id": group_id,
        "stages": [to_json(stage) for stage in columns],
        "read_at": now,
    }
    upsert(conn, workgroup, [row], keys=("portal_id", "group_id"), update=("stages", "read_at"))


def _record(row: Row[Any]) -> TaskRow:
    return TaskRow(
        task_id=row.task_id,
        missing=row.state == "missing",
        body=None if row.body is None else from_json(Task, row.body),
        read_at=row.read_at,
        changed_at=row.changed_at,
        step=row.step and Step(row.step),
        fields=row.fields,
    )


def _written_row(portal_id: int, body: Task) -> dict[str, Any]:
    return {"portal_id": portal_id, "task_id": body.id, "state": "present", "body": encode(body)}


def _step_value(step: Step | None) -> str | None:
    return step.value if step else None
