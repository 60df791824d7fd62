"""Branches of which the code host is to be asked what commits they still have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, select

from sync.store.db.upsert import in_keys, upsert
from sync.store.merge_requests import BranchKey
from sync.store.tables import branch_check, commit, commit_task, connection

_KEYS = ("connection_id", "project_id", "branch")
_COLUMNS = tuple(branch_check.c[name] for name in _KEYS)


def mark_due(conn: Connection, branches: Iterable[BranchKey], at: datetime) -> None:
    """Have the code host asked for the branches' commits from `at` on."""
    rows = [dict(zip(_KEYS, key, strict=True)) | {"due_at": at} for key in sorted(set(branches))]
    upsert(conn, branch_check, rows, keys=_KEYS, update=("due_at",))


def due(conn: Connection, portal_id: int, now: datetime, limit: int) -> tuple[BranchKey, ...]:
    """Return the branches to be asked for, the longest waiting first."""
    query = (
        select(*_COLUMNS)
        .join(connection, connection.c.id == branch_check.c.connection_id)
        .where(connection.c.portal_id == portal_id, branch_check.c.due_at <= now)
        .order_by(branch_check.c.due_at, *_COLUMNS)
        .limit(limit)
    )
    return tuple((row[0], row[1], row[2]) for row in conn.execute(query))


def portals_due(conn: Connection, now: datetime) -> tuple[int, ...]:
    """Return the portals that have branches to be asked for."""
    query = (
        select(connection.c.portal_id)
        .join(branch_check, connection.c.id == branch_check.c.connection_id)
        .where(branch_check.c.due_at <= now)
    )
    return tuple(conn.scalars(query.distinct().order_by(connection.c.portal_id)))


def remove(conn: Connection, branch: BranchKey) -> None:
    """Ask for the branch no more."""
    conn.execute(delete(branch_check).where(*_same(branch_check, branch)))


def remove_commits(conn: Connection, branch: BranchKey, shas: Iterable[str]) -> None:
    """Forget that the commits were pushed to the branch."""
    of = commit.c.connection_id, commit.c.project_id, commit.c.branch, commit.c.sha
    for condition in in_keys(of, [(*branch, sha) for sha in shas]):
        conn.execute(delete(commit).where(condition))


def tasks_of_branch(conn: Connection, portal_id: int, branch: BranchKey) -> frozenset[int]:
    """Return the tasks that commits pushed to the branch name."""
    query = select(commit_task.c.task_id).where(
        *_same(commit_task, branch), commit_task.c.portal_id == portal_id
    )
    return frozenset(conn.scalars(query.distinct()))


def remove_tasks(
    conn: Connection, portal_id: int, branch: BranchKey, task_ids: Iterable[int]
) -> None:
    """Forget that commits of the branch name the tasks."""
    own = commit_task.c.portal_id == portal_id
    conn.execute(
        delete(commit_task).where(
            and_(*_same(commit_task, branch), own, commit_task.c.task_id.in_(sorted(task_ids)))
        )
    )


def _same(table: Table, branch: BranchKey) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in zip(_KEYS, branch, strict=True)]
