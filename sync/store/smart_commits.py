"""The commands that commits spoke, each once, and how they ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from sync.core.model.smart_commits import CommandKey, SmartCommit, SmartCommitState
from sync.store.db.codec import encode, from_json
from sync.store.db.upsert import chunks, in_keys, upsert
from sync.store.tables import smart_commit

ShaKey = tuple[int, int, str]  # connection, project, commit

_KEYS = ("connection_id", "project_id", "sha", "number")
_COLUMNS = [smart_commit.c[name] for name in _KEYS]


@dataclass(frozen=True, slots=True)
class SmartCommitRow:
    """A smart commit and what became of it."""

    key: CommandKey
    smart_commit: SmartCommit
    state: SmartCommitState
    reason: str
    received_at: datetime


def existing_keys(conn: Connection, keys: Iterable[CommandKey]) -> frozenset[CommandKey]:
    """Return those of the keys that are stored."""
    command_keys = set(keys)
    matching: set[CommandKey] = set()
    # By commit: every number of it, as `among` asks once for each beginning.
    commits = {(key.connection_id, key.project_id, key.sha) for key in command_keys}
    for condition in in_keys(_COLUMNS[:3], commits):
        matching.update(
            CommandKey(*row) for row in conn.execute(select(*_COLUMNS).where(condition))
        )
    return frozenset(matching & command_keys)


def save_new(
    conn: Connection, portal_id: int, speeches: Mapping[CommandKey, SmartCommit], now: datetime
) -> None:
    """Store smart commits that are new; others stay as they are."""
    rows = [
        _key_columns(key)
        | {
            "portal_id": portal_id,
            "task_id": speech.command.task_id,
            "received_at": now,
            "body": encode(speech),
        }
        for key, speech in sorted(speeches.items(), key=lambda item: item[0])
    ]
    upsert(conn, smart_commit, rows, keys=_KEYS)


def waiting(
    conn: Connection, portal_id: int, task_ids: Iterable[int]
) -> dict[int, tuple[SmartCommitRow, ...]]:
    """Return what is to be done yet, by task, in the order received."""
    by_key: dict[int, tuple[SmartCommitRow, ...]] = {}
    rows = _rows(conn, portal_id, task_ids, smart_commit.c.state == SmartCommitState.NEW.value)
    for row in sorted(rows, key=lambda row: (row.received_at, row.smart_commit.position, row.key)):
        task_id = row.smart_commit.command.task_id
        by_key[task_id] = (*by_key.get(task_id, ()), row)
    return by_key


def of_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int]
) -> tuple[SmartCommitRow, ...]:
    """Everything the tasks were told, the first first."""
    rows = _rows(conn, portal_id, task_ids)
    return tuple(
        sorted(rows, key=lambda row: (row.received_at, row.smart_commit.position, row.key))
    )


def get(conn: Connection, keys: Iterable[CommandKey]) -> dict[CommandKey, SmartCommitRow]:
    """Return the smart commits by key; unknown ones are left out."""
    by_key = {}
    chosen = [(key.connection_id, key.project_id, key.sha, key.number) for key in set(keys)]
    for condition in in_keys(_COLUMNS, chosen):
        for row in conn.execute(select(smart_commit).where(condition)):
            smart_commit_row = _record(row)
            by_key[smart_commit_row.key] = smart_commit_row
    return by_key


def repeated(conn: Connection, commits: Iterable[ShaKey]) -> dict[ShaKey, str]:
    """Return those of the commits that were taken for a repetition, and of which other."""
    return {
        (row.key.connection_id, row.key.project_id, row.key.sha): row.smart_commit.repeats
        for row in of_commits(conn, commits)
        if row.smart_commit.repeats not in ("", row.key.sha)
    }


def of_commits(conn: Connection, commits: Iterable[ShaKey]) -> tuple[SmartCommitRow, ...]:
    """Return everything that the commits say."""
    return tuple(
        _record(row)
        for condition in in_keys(_COLUMNS[:3], set(commits))
        for row in conn.execute(select(smart_commit).where(condition))
    )


def tasks_waiting(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> frozenset[int]:
    """Those of the tasks that some command of a commit waits for."""
    keys: set[int] = set()
    for piece in chunks(set(task_ids)):
        query = select(smart_commit.c.task_id).where(
            smart_commit.c.portal_id == portal_id,
            smart_commit.c.task_id.in_(piece),
            smart_commit.c.state == SmartCommitState.NEW.value,
        )
        keys.update(conn.scalars(query))
    return frozenset(keys)


def set_states(conn: Connection, states: Mapping[CommandKey, tuple[SmartCommitState, str]]) -> None:
    """Record what became of commands, and why."""
    for key, (state, reason) in states.items():
        where = [smart_commit.c[name] == value for name, value in _key_columns(key).items()]
        conn.execute(smart_commit.update().where(*where).values(state=state.value, reason=reason))


def save_changed(conn: Connection, speeches: Mapping[CommandKey, SmartCommit]) -> None:
    """Store what has changed of smart commits that are stored."""
    for key, speech in speeches.items():
        where = [smart_commit.c[name] == value for name, value in _key_columns(key).items()]
        conn.execute(smart_commit.update().where(*where).values(body=encode(speech)))


def refused(conn: Connection, portal_id: int, limit: int = 200) -> tuple[SmartCommitRow, ...]:
    """Return what was refused, the newest first."""
    query = select(smart_commit).where(
        smart_commit.c.portal_id == portal_id,
        smart_commit.c.state == SmartCommitState.REFUSED.value,
    )
    rows = conn.execute(query.order_by(smart_commit.c.received_at.desc(), *_COLUMNS).limit(limit))
    return tuple(map(_record, rows))


def keys_of_portal(
    conn: Connection, portal_id: int, keys: Iterable[CommandKey]
) -> list[CommandKey]:
    """Those that the portal's tasks were told."""
    command_keys: set[CommandKey] = set()
    chosen = {(key.connection_id, key.project_id, key.sha) for key in keys}
    for condition in in_keys(_COLUMNS[:3], chosen):
        query = select(*_COLUMNS).where(condition, smart_commit.c.portal_id == portal_id)
        command_keys.update(CommandKey(*row) for row in conn.execute(query))
    return sorted(command_keys & set(keys))


def _rows(
    conn: Connection, portal_id: int, task_ids: Iterable[int], *where: ColumnElement[bool]
) -> list[SmartCommitRow]:
    smart_commit_rows: list[SmartCommitRow] = []
    for piece in chunks(set(task_ids)):
        query = select(smart_commit).where(
            smart_commit.c.portal_id == portal_id, smart_commit.c.task_id.in_(piece), *where
        )
        smart_commit_rows.extend(map(_record, conn.execute(query)))
    return smart_commit_rows


def _key_columns(key: CommandKey) -> dict[str, int | str]:
    return {name: getattr(key, name) for name in _KEYS}


def _record(row: Row[Any]) -> SmartCommitRow:
    key = CommandKey(row.connection_id, row.project_id, row.sha, row.number)
    speech = from_json(SmartCommit, row.body)
    return SmartCommitRow(key, speech, SmartCommitState(row.state), row.reason, row.received_at)
