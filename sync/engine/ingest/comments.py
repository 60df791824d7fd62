"""Which tasks comments, issues and other things concern: kept beside them, their tasks marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from sync.core.model.activity import ActivityItem, Comment, Resource
from sync.core.model.merge_requests import MergeRequestKey
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.engine.deps import TASK
from sync.store import activity as store_activity
from sync.store import commits, links, subjects
from sync.store import merge_requests as store_merge_requests
from sync.store.activity import ActivityId
from sync.store.rows import LinkRow


def ingest(
    conn: Connection,
    portal_id: int,
    heard: Sequence[ActivityItem],
    rules: ReferenceRules,
    now: datetime,
) -> Mapping[ActivityId, tuple[int, ...]]:
    """Remembers the tasks and marks those of comments dirty; by item."""
    found = save_tasks(conn, portal_id, heard, rules)
    _mark_dirty(conn, portal_id, heard, found, now)
    return found


def save_tasks(
    conn: Connection, portal_id: int, heard: Sequence[ActivityItem], rules: ReferenceRules
) -> Mapping[ActivityId, tuple[int, ...]]:
    """Keeps which tasks the items concern; by item."""
    on_commits = _branches_of_commits(conn, heard)
    requests = {
        store_activity.activity_id(one): {key}
        if (key := _commented_merge_request(one))
        else _merge_requests_of(conn, one, on_commits)
        for one in heard
    }
    of_requests = links.by_merge_requests(conn, set().union(*requests.values()))
    found: dict[ActivityId, set[int]] = {}
    for one in heard:
        named = found.setdefault(store_activity.activity_id(one), set())
        named |= {ref.task_id for ref in _find_references(one, rules)}
        for branch in on_commits.get(_commented_commit(one), ()):
            named |= {
                ref.task_id for ref in references_find.find_references(branch, "branch", rules)
            }
        rows = [
            row
            for key in requests[store_activity.activity_id(one)]
            for row in of_requests.get(key, ())
        ]
        named |= {row.task_id for row in rows if _is_counted(row, portal_id)}
    store_activity.save_tasks(
        conn, portal_id, [(key, t) for key, named in found.items() for t in named]
    )
    return {key: tuple(sorted(named)) for key, named in found.items()}


def _is_counted(row: LinkRow, portal_id: int) -> bool:
    """A merge request that only mentions a task has its own talk."""
    return row.live and row.portal_id == portal_id and row.kind.is_work


def _find_references(
    one: ActivityItem, rules: ReferenceRules
) -> Iterable[references_find.Reference]:
    match one:
        case Comment() if one.target.kind == "merge_request":  # which has links of its own
            texts = [(one.text, "description")]
        case Comment():
            texts = [
                (one.text, "description"),
                (one.target.title, "title"),
                (one.target.text, "description"),
            ]
        case Resource():
            texts = [(one.title, "title"), (one.text, "description")]
        case _:
            texts = []
    return [
        ref for text, where in texts for ref in references_find.find_references(text, where, rules)
    ]


def _commented_commit(one: ActivityItem) -> tuple[int, int, str] | None:
    """The commit that a comment is about."""
    if not isinstance(one, Comment) or one.target.kind != "commit":
        return None
    return one.project.connection_id, one.project.id, one.target.key


def _branches_of_commits(
    conn: Connection, heard: Iterable[ActivityItem]
) -> Mapping[tuple[int, int, str] | None, frozenset[str]]:
    """The branches of the commits that comments are about."""
    return commits.branches(conn, set(filter(None, map(_commented_commit, heard))))


def _merge_requests_of(
    conn: Connection,
    one: ActivityItem,
    branches: Mapping[tuple[int, int, str] | None, frozenset[str]],
) -> set[MergeRequestKey]:
    """The merge requests that the commit of a comment belongs to."""
    commit = _commented_commit(one)
    if commit is None:
        return set()
    place, sha = commit[:2], commit[2]
    of_branches = store_merge_requests.by_branches(
        conn, {(*place, name) for name in branches.get(commit, ())}
    )
    found = {key for keys in of_branches.values() for key in keys}
    return found | store_merge_requests.by_commits(conn, place, [sha])


def _commented_merge_request(one: ActivityItem) -> MergeRequestKey | None:
    """The merge request that a comment is about."""
    if (
        not isinstance(one, Comment)
        or one.target.kind != "merge_request"
        or not one.target.key.isdecimal()
    ):
        return None
    return MergeRequestKey(one.project.connection_id, one.project.id, int(one.target.key))


def _mark_dirty(
    conn: Connection,
    portal_id: int,
    heard: Iterable[ActivityItem],
    found: Mapping[ActivityId, Iterable[int]],
    now: datetime,
) -> None:
    marks = [
        (TASK, str(task_id), f"comment {one.key} changed")
        for one in heard
        if isinstance(one, Comment)
        for task_id in found[store_activity.activity_id(one)]
    ]
    subjects.mark_dirty_many(conn, portal_id, marks, now)
