"""Items as they were last told, the tasks they concern, and what chats were told of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, and_, select, update

from sync.core.model.activity import ActivityItem, Comment, Push, Release, Resource, TagPush
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import JobRun
from sync.core.model.replaced import missed_values, was_before
from sync.store import protected_branches
from sync.store.db.codec import encode, from_json
from sync.store.db.upsert import chunks, in_keys, upsert
from sync.store.tables import activity, activity_task, in_literals

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


@dataclass(frozen=True, slots=True)
class TaskActivity:
    """What concerns a task: deployments by their ids, comments each with whether it is silent."""

    deployments: tuple[ActivityId, ...] = ()
    comments: tuple[tuple[Comment, bool], ...] = ()


def activity_id(activity_item: ActivityItem) -> ActivityId:
    """Return the key under which an item is stored."""
    return (
        activity_item.project.connection_id,
        activity_item.project.id,
        activity_item.kind.value,
        activity_item.key,
    )


def save(
    conn: Connection, activity_items: Iterable[ActivityItem], now: datetime, *, silent: bool = False
) -> None:
    """Store the items, each as it was last: an older account changes nothing.

    One that was silent stays so, and one that was not is not silenced. What tells no time is taken
    to be of the moment it is heard.
    """
    activity_items = list(activity_items)
    before = get(
        conn,
        [
            activity_id(activity_item)
            for activity_item in activity_items
            if _has_no_author(activity_item) or _replaces(activity_item)
        ],
    )
    newest: dict[ActivityId, ActivityItem] = {}
    for activity_item in activity_items:
        earlier = (
            newest.get(activity_id(activity_item))
            or before.get(activity_id(activity_item), (None, False))[0]
        )
        if isinstance(activity_item, Comment) and activity_item.author is None:
            author = earlier.author if isinstance(earlier, Comment) else None
            activity_item = replace(activity_item, author=author)
        if isinstance(activity_item, Resource) and isinstance(earlier, Resource):
            missed = missed_values(earlier, activity_item.replaced)
            activity_item = replace(activity_item, missed=missed)
        existing = newest.get(activity_id(activity_item))
        if _was_before(activity_item, earlier):
            continue
        if existing is None or (existing.at or now) <= (activity_item.at or now):
            newest[activity_id(activity_item)] = _with_time(activity_item, now)
    rows = [
        dict(zip(_KEYS, key, strict=True))
        | {
            "updated_at": activity_item.at,
            "received_at": now,
            "silent": silent,
            "body": encode(activity_item),
        }
        for key, activity_item in sorted(newest.items())
    ]
    upsert(
        conn,
        activity,
        rows,
        keys=_KEYS,
        update=("updated_at", "received_at", "body"),
        where=_is_newer,
    )
    protected_branches.save_pushes(
        conn,
        [activity_item for activity_item in newest.values() if isinstance(activity_item, Push)],
    )


def _with_time(activity_item: ActivityItem, now: datetime) -> ActivityItem:
    """Return the item with a time: what tells none is taken to be of now."""
    changed: Any = activity_item if activity_item.at else replace(cast(Any, activity_item), at=now)
    return cast(ActivityItem, changed)


def _has_no_author(activity_item: ActivityItem) -> bool:
    """Tell whether a comment does not say whose it is, as when somebody else edited it."""
    return isinstance(activity_item, Comment) and activity_item.author is None


def _replaces(activity_item: ActivityItem) -> bool:
    return isinstance(activity_item, Resource) and bool(activity_item.replaced)


def _was_before(activity_item: ActivityItem, other: ActivityItem | None) -> bool:
    """Tell whether another account of the same moment is the later one."""
    return (
        isinstance(activity_item, Resource)
        and isinstance(other, Resource)
        and activity_item.at == other.at
        and was_before(activity_item, activity_item.replaced, other, other.replaced, other.missed)
    )


def _is_newer(new: Any) -> Any:
    return new.updated_at >= activity.c.updated_at


def get(
    conn: Connection, activity_ids: Iterable[ActivityId]
) -> dict[ActivityId, tuple[ActivityItem, bool]]:
    """Return the items, and whether each is silent; an unknown one is left out."""
    by_key: dict[ActivityId, tuple[ActivityItem, bool]] = {}
    for condition in in_keys([activity.c[name] for name in _KEYS], activity_ids):
        for row in conn.execute(select(activity).where(condition)):
            kind = Kind(row.kind)
            body = from_json(_TYPES.get(kind, Resource), row.body)
            by_key[row.connection_id, row.project_id, row.kind, row.key] = body, row.silent
    return by_key


def end_silence(conn: Connection, activity_items: Iterable[ActivityItem]) -> None:
    """Let people know of the items from now on."""
    for condition in in_keys(
        [activity.c[name] for name in _KEYS], map(activity_id, activity_items)
    ):
        conn.execute(update(activity).where(condition, activity.c.silent).values(silent=False))


def save_tasks(conn: Connection, portal_id: int, pairs: Iterable[tuple[ActivityId, int]]) -> None:
    """Remembers that the items concern the tasks."""
    rows = [
        dict(zip(_KEYS, key, strict=True)) | {"task_id": task_id, "portal_id": portal_id}
        for key, task_id in sorted(set(pairs))
    ]
    upsert(conn, activity_task, rows, keys=(*_KEYS, "task_id"))


def tasks_of(
    conn: Connection, activity_ids: Iterable[ActivityId]
) -> dict[ActivityId, tuple[int, ...]]:
    """Return the tasks that the items concern; an item that concerns none is left out."""
    by_key: dict[ActivityId, tuple[int, ...]] = {}
    columns = [activity_task.c[name] for name in _KEYS]
    for condition in in_keys(columns, activity_ids):
        for *key, task_id in sorted(
            conn.execute(select(*columns, activity_task.c.task_id).where(condition))
        ):
            place = tuple(key)
            by_key[place] = (*by_key.get(place, ()), task_id)
    return by_key


def of_tasks(
    conn: Connection, portal_id: int, task_ids: Iterable[int], comments_since: datetime
) -> dict[int, TaskActivity]:
    """Return the deployments and the comments that concern each task, in one query.

    Of comments those heard of since the moment, the oldest first. A task that nothing concerns
    is not in the answer.
    """
    kinds = Kind.DEPLOYMENT.value, Kind.COMMENT.value
    columns = [activity_task.c[name] for name in _KEYS]
    recent = and_(
        *(activity_task.c[name] == activity.c[name] for name in _KEYS),
        activity.c.kind == Kind.COMMENT.value,
        activity.c.received_at >= comments_since,
    )
    by_key: dict[int, TaskActivity] = {}
    for piece in chunks(set(task_ids)):
        query = (
            select(activity_task.c.task_id, activity.c.body, activity.c.silent, *columns)
            .outerjoin(activity, recent)
            .where(activity_task.c.portal_id == portal_id, activity_task.c.task_id.in_(piece))
            .where(in_literals(activity_task.c.kind, *kinds))
            .order_by(activity.c.updated_at, *columns)
        )
        for task_id, body, silent, *key in conn.execute(query):
            task_activity = by_key.get(task_id, TaskActivity())
            if key[2] == Kind.DEPLOYMENT.value:
                by_key[task_id] = replace(
                    task_activity, deployments=(*task_activity.deployments, tuple(key))
                )
            elif body is not None:
                comment = from_json(Comment, body), silent
                by_key[task_id] = replace(
                    task_activity, comments=(*task_activity.comments, comment)
                )
    return by_key
