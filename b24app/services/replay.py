"""Replay of what was given up, as far as it is still wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, select

from sync.core.model.plans import decode_records
from sync.core.model.smart_commits import CommandKey
from sync.engine.deliver import smart_commits as deliver_smart_commits
from sync.store import inbox, outbox, subjects, tasks
from sync.store.tables import command, delivery

_NOT_REPEATED = "not repeated: the task has moved on since"
_REPEATED = "repeated: decided anew"


def replay(
    conn: Connection, portal_id: int, items: Sequence[tuple[str, str]], now: datetime
) -> int:
    """Repeat failures of this portal by kind and id (see `failures.Failure`); return how many."""
    count = 0
    for kind, key in items:
        match kind:
            case "delivery":
                count += inbox.replay(conn, _own_ids(conn, portal_id, delivery, key))
            case "subject":
                subject_kind, _, subject_key = key.partition(":")
                count += subjects.replay(conn, portal_id, now, subject_kind, subject_key)
            case "smart-commit":
                command_key = CommandKey.parse(key)
                count += deliver_smart_commits.replay(
                    conn, portal_id, [command_key] if command_key else [], now
                )
            case "command":
                count += sum(
                    _repeat_command(conn, portal_id, own_id, now)
                    for own_id in _own_ids(conn, portal_id, command, key)
                )
    return count


def _repeat_command(conn: Connection, portal_id: int, command_id: int, now: datetime) -> int:
    """Repeat a refused command in the way its kind allows; return how many.

    A transition is sent again while its step is still the task's. A text is never sent again as it
    was, as a newer one may stand there: its subject is decided anew. So is a smart commit.
    """
    query = select(command).where(command.c.id == command_id, command.c.state == "refused")
    row = conn.execute(query).one_or_none()
    if row is None:
        return 0
    if command_key := decode_records(row.records).smart_commit:
        outbox.drop(conn, [row.id], now, _REPEATED)
        return deliver_smart_commits.replay(conn, portal_id, [command_key], now)
    match row.kind:
        case "put_message" | "set_fields":
            outbox.drop(conn, [row.id], now, _REPEATED)
            mark = (row.subject_kind, row.subject_key, "replayed")
            subjects.mark_dirty_many(conn, portal_id, [mark], now)
            return 1
        case "move_task" | "set_stage":
            task_id = row.payload["task_id"]
            task = tasks.get(conn, portal_id, [task_id]).get(task_id)
            if task is not None and task.step is not None and task.step != row.records.get("step"):
                outbox.drop(conn, [row.id], now, _NOT_REPEATED)
                return 0
    return outbox.replay(conn, [row.id])


def _own_ids(conn: Connection, portal_id: int, table: Table, key: str) -> list[int]:
    """Return the id in a list, if it is one of this portal's."""
    if not (key.isascii() and key.isdigit()) or len(key) > 18:
        return []
    of = (table.c.id == int(key), table.c.portal_id == portal_id)
    return list(conn.scalars(select(table.c.id).where(*of)))
