"""Finds which tasks comments, issues and other resources concern."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from sync.core.model.activity import ActivityItem, Comment, Resource
from sync.core.model.merge_requests import MergeRequestKey, is_open
from sync.core.model.tasks import Reference
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules
from sync.engine.ingest.merge_requests import forget_silent_steps
from sync.store import activity as store_activity
from sync.store import commits, links
from sync.store import merge_request_commits as store_commits
from sync.store import merge_requests as store_merge_requests
from sync.store.activity import ActivityId
from sync.store.rows import LinkRow


def save_tasks(
    conn: Connection,
    portal_id: int,
    activity_items: Sequence[ActivityItem],
    rules: ReferenceRules,
    acts: Collection[ActivityItem] = (),
) -> Mapping[ActivityId, tuple[int, ...]]:
    """Store which tasks the items concern, and return them by item.

    `acts`: what happens now. An open merge request that was read in silence is shown from the
    first comment on it.
    """
    on_commits = _branches_of_commits(conn, activity_items)
    requests = {
        store_activity.activity_id(activity_item): {key}
        if (key := _commented_merge_request(activity_item))
        else _merge_requests_of(conn, activity_item, on_commits)
        for activity_item in activity_items
    }
    of_requests = links.by_merge_requests(conn, set().union(*requests.values()))
    _show_silent(conn, portal_id, filter(None, map(_commented_merge_request, acts)), of_requests)
    by_key: dict[ActivityId, set[int]] = {}
    for activity_item in activity_items:
        task_ids = by_key.setdefault(store_activity.activity_id(activity_item), set())
        task_ids |= {ref.task_id for ref in _find_references(activity_item, rules)}
        for branch in on_commits.get(_commented_commit(activity_item), ()):
            task_ids |= {
                ref.task_id for ref in references_find.find_references(branch, "branch", rules)
            }
        rows = [
            row
            for key in requests[store_activity.activity_id(activity_item)]
            for row in of_requests.get(key, ())
        ]
        task_ids |= {row.task_id for row in rows if _is_counted(row, portal_id)}
    store_activity.save_tasks(
        conn, portal_id, [(key, t) for key, task_ids in by_key.items() for t in task_ids]
    )
    return {key: tuple(sorted(task_ids)) for key, task_ids in by_key.items()}


def _show_silent(
    conn: Connection,
    portal_id: int,
    keys: Iterable[MergeRequestKey],
    rows: Mapping[MergeRequestKey, Sequence[LinkRow]],
) -> None:
    silent = {key for key in keys if any(row.silent and row.live for row in rows.get(key, ()))}
    items = store_merge_requests.without_pipelines(conn, silent) if silent else {}
    shown = [key for key, item in items.items() if is_open(item)]
    changed = [replace(row, silent=False) for key in shown for row in rows[key]]
    forget_silent_steps(conn, portal_id, changed)
    links.save(conn, changed)
    store_commits.set_silent(conn, shown, silent=False)


def _is_counted(row: LinkRow, portal_id: int) -> bool:
    """Tell whether comments concern the linked task: a mere mention has its own talk."""
    return row.live and row.portal_id == portal_id and row.kind.is_work


def _find_references(activity_item: ActivityItem, rules: ReferenceRules) -> Iterable[Reference]:
    match activity_item:
        case Comment() if (
            activity_item.target.kind == "merge_request"
        ):  # which has links of its own
            texts = [(activity_item.text, "description")]
        case Comment():
            texts = [
                (activity_item.text, "description"),
                (activity_item.target.title, "title"),
                (activity_item.target.text, "description"),
            ]
        case Resource():
            texts = [(activity_item.title, "title"), (activity_item.text, "description")]
        case _:
            texts = []
    return [
        ref for text, where in texts for ref in references_find.find_references(text, where, rules)
    ]


def _commented_commit(activity_item: ActivityItem) -> tuple[int, int, str] | None:
    """Return the commit that a comment is about."""
    if not isinstance(activity_item, Comment) or activity_item.target.kind != "commit":
        return None
    return activity_item.project.connection_id, activity_item.project.id, activity_item.target.key


def _branches_of_commits(
    conn: Connection, activity_items: Iterable[ActivityItem]
) -> Mapping[tuple[int, int, str] | None, frozenset[str]]:
    """Return the branches of the commits that comments are about."""
    commit_ids = set(filter(None, map(_commented_commit, activity_items)))
    by_commit: dict[tuple[int, int, str] | None, frozenset[str]] = {}
    by_commit.update(commits.branches(conn, commit_ids).items())
    return by_commit


def _merge_requests_of(
    conn: Connection,
    activity_item: ActivityItem,
    branches: Mapping[tuple[int, int, str] | None, frozenset[str]],
) -> set[MergeRequestKey]:
    """Return the merge requests that the commit of a comment belongs to."""
    commit = _commented_commit(activity_item)
    if commit is None:
        return set()
    place, sha = commit[:2], commit[2]
    of_branches = store_merge_requests.by_branches(
        conn, {(*place, name) for name in branches.get(commit, ())}
    )
    merge_request_keys = {key for keys in of_branches.values() for key in keys}
    return merge_request_keys | store_merge_requests.by_commits(conn, place, [sha])


def _commented_merge_request(activity_item: ActivityItem) -> MergeRequestKey | None:
    """Return the merge request that a comment is about."""
    if (
        not isinstance(activity_item, Comment)
        or activity_item.target.kind != "merge_request"
        or not activity_item.target.key.isdecimal()
    ):
        return None
    return MergeRequestKey(
        activity_item.project.connection_id, activity_item.project.id, int(activity_item.target.key)
    )
