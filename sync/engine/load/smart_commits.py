"""Reads the smart commits that wait for tasks."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from sync.core.model.smart_commits import PendingSmartCommit
from sync.engine.load import people as load_people
from sync.engine.load.people import AuthoredCommit
from sync.engine.load.scope import Scope
from sync.store import smart_commits as store_smart_commits


def load(
    conn: Connection, scope: Scope, task_ids: Iterable[int]
) -> dict[int, tuple[PendingSmartCommit, ...]]:
    """Load what is to be done yet, by task, with the authors as users of the portal."""
    waiting = store_smart_commits.waiting(conn, scope.portal_id, task_ids)
    outcome = {row.key: row.smart_commit for rows in waiting.values() for row in rows}
    signed = {
        key: AuthoredCommit(key.connection_id, speech.commit, speech.actor)
        for key, speech in outcome.items()
    }
    users = load_people.portal_authors(conn, scope, signed)
    return {
        task_id: tuple(
            PendingSmartCommit(row.key, row.smart_commit, users.get(row.key)) for row in rows
        )
        for task_id, rows in waiting.items()
    }


tasks_waiting = store_smart_commits.tasks_waiting  # those of the tasks that are told something yet
