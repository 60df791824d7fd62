"""Which pushed commits named a task, and whether they are on their branch still."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, or_, select

from sync.core.model.common import Commit
from sync.store.db.codec import from_json
from sync.store.db.upsert import chunks, in_keys, upsert
from sync.store.tables import (
    commit,
    commit_task,
    connection,
)

CommitKey = tuple[int, int, str, str]  # connection, project, branch, sha
_COMMIT_COLUMNS = ("connection_id", "project_id", "branch", "sha")


def save_commit_tasks(
    conn: Connection,
    portal_id: int,
    pairs: Iterable[tuple[CommitKey, int]],
    *,
    pushed: bool = False,
) -> None:
    """Remember that the commits, last ones of a push, name the tasks.

    `pushed`: they are on their branch now, if they had left it or not.
    """
    rows = [
        dict(zip(_COMMIT_COLUMNS, place, strict=True))
        | {"task_id": task_id, "portal_id": portal_id, "gone": False}
        for place, task_id in sorted(set(pairs))
    ]
    update = ("gone",) if pushed else ()
    upsert(conn, commit_task, rows, keys=(*_COMMIT_COLUMNS, "task_id"), update=update)


def mark_gone(conn: Connection, portal_id: int, head: CommitKey) -> tuple[int, ...]:
    """Mark what came to a branch after its new head, an older commit; return the tasks.

    A head that was never heard of is from before the connection, and so is what was made before.
    """
    place = list(zip(_COMMIT_COLUMNS[:3], head[:3], strict=True))
    on_branch = [commit.c[name] == value for name, value in place]
    own = [commit_task.c[name] == value for name, value in place]
    own.append(commit_task.c.portal_id == portal_id)
    named = select(commit_task.c.sha).where(*own)
    query = select(commit.c.sha, commit.c.received_at, commit.c.body).where(
        *on_branch, or_(commit.c.sha == head[3], commit.c.sha.in_(named))
    )
    moments = {
        sha: (received_at, from_json(Commit, body).at or received_at)
        for sha, received_at, body in conn.execute(query)
    }
    since = moments.pop(head[3], None)
    if since is None:
        connected = select(connection.c.created_at).where(connection.c.id == head[0])
        floor = conn.execute(connected).scalar_one()
        later = [sha for sha, (_, at) in moments.items() if at >= floor]
    else:
        later = [sha for sha, moment in moments.items() if moment > since]
    condition = (*own, commit_task.c.sha.in_(later))
    tasks = conn.scalars(select(commit_task.c.task_id).where(*condition).distinct())
    task_ids = tuple(sorted(tasks))
    conn.execute(commit_task.update().where(*condition).values(gone=True))
    return task_ids


def tasks_of(conn: Connection, places: Iterable[CommitKey]) -> dict[CommitKey, tuple[int, ...]]:
    """Return the tasks each commit names on its branch; one that names none is left out."""
    commit_keys = set(places)
    by_key: dict[CommitKey, tuple[int, ...]] = {}
    columns = [commit_task.c[name] for name in _COMMIT_COLUMNS]
    # By commit alone, which is on few branches: a branch has ever more commits.
    by_sha = columns[0], columns[1], columns[3]
    for condition in in_keys(by_sha, {(c, p, sha) for c, p, _, sha in commit_keys}):
        query = select(*columns, commit_task.c.task_id).where(condition)
        for *key, task_id in sorted(conn.execute(query)):
            if (place := tuple(key)) in commit_keys:
                by_key[place] = (*by_key.get(place, ()), task_id)
    return by_key


def tasks_with_commits(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> frozenset[int]:
    """Those of the tasks that some pushed commit names."""
    keys: set[int] = set()
    for piece in chunks(set(task_ids)):
        query = select(commit_task.c.task_id).where(
            commit_task.c.portal_id == portal_id, commit_task.c.task_id.in_(piece)
        )
        keys.update(conn.scalars(query))
    return frozenset(keys)
