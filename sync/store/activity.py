"""Items as they were last told, the tasks they concern, and what chats were told of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from sync.core.model.activity import ActivityItem, Comment, Push, Release, Resource, TagPush
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import JobRun
from sync.store import protected_branches
from sync.store.db.codec import from_json, to_json
from sync.store.db.upsert import chunks, in_keys, upsert
from sync.store.tables import activity, activity_task

ActivityId = tuple[int, int, str, str]  # connection, project, kind, key

_KEYS = ("connection_id", "project_id", "kind", "key")
_TYPES: dict[Kind, Any] = {
    Kind.PUSH: Push,
    Kind.BRANCH: Push,
    Kind.TAG: TagPush,
    Kind.COMMENT: Comment,
    Kind.RELEASE: Release,
    Kind.JOB: JobRun,
}


def activity_id(one: ActivityItem) -> ActivityId:
    return one.project.connection_id, one.project.id, one.kind.value, one.key


def save(
    conn: Connection, told: Iterable[ActivityItem], now: datetime, *, silent: bool = False
) -> None:
    """Stores the items, each as it was last: an older account changes nothing.

    One that was silent stays so, and one that was not is not silenced. What tells no time is taken
    to be of the moment it is heard.
    """
    told = list(told)
    before = get(conn, [activity_id(one) for one in told if _has_no_author(one)])
    newest: dict[ActivityId, ActivityItem] = {}
    for one in told:
        earlier = newest.get(activity_id(one)) or before.get(activity_id(one), (None, False))[0]
        if isinstance(earlier, Comment) and _has_no_author(one):
            one = replace(one, author=earlier.author)
        one = one if one.at else replace(one, at=now)
        known = newest.get(activity_id(one))
        if known is None or known.at <= one.at:
            newest[activity_id(one)] = one
    rows = [
        dict(zip(_KEYS, key, strict=True))
        | {"updated_at": one.at, "received_at": now, "silent": silent, "body": to_json(one)}
        for key, one in sorted(newest.items())
    ]
    upsert(
        conn,
        activity,
        rows,
        keys=_KEYS,
        update=("updated_at", "received_at", "body"),
        where=_is_newer,
    )
    protected_branches.save_pushes(conn, [one for one in newest.values() if isinstance(one, Push)])


def _has_no_author(one: ActivityItem) -> bool:
    """A comment that somebody else edited does not say whose it is."""
    return isinstance(one, Comment) and one.author is None


def _is_newer(new: Any) -> Any:
    return new.updated_at >= activity.c.updated_at


def get(
    conn: Connection, wanted: Iterable[ActivityId]
) -> dict[ActivityId, tuple[ActivityItem, bool]]:
    """The items, and whether each is silent; one that is not known is not in the answer."""
    found: dict[ActivityId, tuple[ActivityItem, bool]] = {}
    for condition in in_keys([activity.c[name] for name in _KEYS], wanted):
        for row in conn.execute(select(activity).where(condition)):
            kind = Kind(row.kind)
            body = from_json(_TYPES.get(kind, Resource), row.body)
            found[row.connection_id, row.project_id, row.kind, row.key] = body, row.silent
    return found


def save_tasks(conn: Connection, portal_id: int, named: Iterable[tuple[ActivityId, int]]) -> None:
    """Remembers that the items concern the tasks."""
    rows = [
        dict(zip(_KEYS, key, strict=True)) | {"task_id": task_id, "portal_id": portal_id}
        for key, task_id in sorted(set(named))
    ]
    upsert(conn, activity_task, rows, keys=(*_KEYS, "task_id"))


def tasks_of(conn: Connection, wanted: Iterable[ActivityId]) -> dict[ActivityId, tuple[int, ...]]:
    """The tasks that the items concern; one that concerns none is not in the answer."""
    found: dict[ActivityId, tuple[int, ...]] = {}
    columns = [activity_task.c[name] for name in _KEYS]
    for condition in in_keys(columns, wanted):
        for *key, task_id in sorted(
            conn.execute(select(*columns, activity_task.c.task_id).where(condition))
        ):
            place = tuple(key)
            found[place] = (*found.get(place, ()), task_id)
    return found


def ids_of_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int], kind: Kind
) -> dict[int, tuple[ActivityId, ...]]:
    """What of a kind concerns each task; a task that nothing concerns is not in the answer."""
    found: dict[int, tuple[ActivityId, ...]] = {}
    columns = [activity_task.c[name] for name in _KEYS]
    for piece in chunks(set(task_ids)):
        query = select(activity_task.c.task_id, *columns).where(
            activity_task.c.portal_id == portal_id,
            activity_task.c.task_id.in_(piece),
            activity_task.c.kind == kind.value,
        )
        for task_id, *key in sorted(conn.execute(query)):
            found[task_id] = (*found.get(task_id, ()), tuple(key))
    return found


def of_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int], kind: Kind, since: datetime
) -> dict[int, tuple[tuple[ActivityItem, bool], ...]]:
    """The items of a kind that concern each task, heard of `since`, and whether each is silent."""
    found: dict[int, tuple[tuple[ActivityItem, bool], ...]] = {}
    same = and_(*(activity_task.c[name] == activity.c[name] for name in _KEYS))
    for piece in chunks(set(task_ids)):
        query = (
            select(activity_task.c.task_id, activity.c.body, activity.c.silent)
            .join(activity, same)
            .where(activity_task.c.portal_id == portal_id, activity_task.c.kind == kind.value)
            .where(activity_task.c.task_id.in_(piece), activity.c.received_at >= since)
            .order_by(activity.c.updated_at, activity.c.key)
        )
        for task_id, body, silent in conn.execute(query):
            one = from_json(_TYPES.get(kind, Resource), body), silent
            found[task_id] = (*found.get(task_id, ()), one)
    return found
