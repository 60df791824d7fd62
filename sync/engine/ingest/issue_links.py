"""Marks links dirty whose task or issue something was heard of; hooks are hints, and no more.

Of an item without a link the lists of its side are read soon: it may be one to link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from sync.core.issue_sync.model import SideName
from sync.core.model.activity import Comment, Resource
from sync.core.model.events import IssueHint, TaskChanged, TaskCommented, TaskDeleted
from sync.core.model.kinds import Kind
from sync.engine.issue_sync.echoes import due_at, is_our_change
from sync.store import issue_link_queue, issue_link_rows, issue_lists
from sync.store.issue_link_rows import IssueLinkRow

_TASK_EVENTS = (TaskChanged, TaskDeleted, TaskCommented)
_KINDS = (Kind.ISSUE, Kind.WORK_ITEM)
_ISSUES = ("issue", "work_item")  # what a comment is about


def mark(
    conn: Connection, portal_id: int, events: Mapping[type, Sequence[Any]], now: datetime
) -> int:
    """Mark what the events concern, and return how many links that are.

    Without such events nothing is asked of the database.
    """
    tasks = {str(event.task_id) for kind in _TASK_EVENTS for event in events.get(kind, ())}
    issues = set(_issues(events))
    hinted = _mark_hinted(conn, events.get(IssueHint, ()), now)
    if not tasks and not issues:
        return hinted
    numbers = [f"{project_id}/{number}" for _, project_id, number in issues]
    rows = issue_link_rows.by_ends(conn, portal_id, task_ids=tasks, tracker_numbers=numbers)
    connection_ids = {connection_id for connection_id, _, _ in issues}
    chosen = [row for row in rows if row.task_id in tasks or row.connection_id in connection_ids]
    _mark_rows(conn, chosen, tasks, _moments(events), now)
    deleted = {str(event.task_id) for event in events.get(TaskDeleted, ())}
    gone = [row for row in chosen if row.task_id in deleted]
    _report_deletions(conn, gone, SideName.PORTAL)
    linked_numbers = {row.tracker_number for row in chosen}
    for connection_id in sorted(connection_ids):
        of_it = {f"{p}/{n}" for c, p, n in issues if c == connection_id}
        if of_it - linked_numbers:
            issue_lists.wake(conn, connection_id, SideName.TRACKER, now)
    if tasks - {row.task_id for row in chosen}:
        issue_lists.wake_portal(conn, portal_id, now)
    return len(chosen) + hinted


def _mark_hinted(conn: Connection, hints: Sequence[IssueHint], now: datetime) -> int:
    """Mark the links of issues that a tracker hints at; of others its lists are read soon."""
    marked = 0
    for connection_id in sorted({hint.connection_id for hint in hints}):
        own = [hint for hint in hints if hint.connection_id == connection_id]
        numbers = {hint.number for hint in own}
        rows = issue_link_rows.by_readable_numbers(conn, connection_id, sorted(numbers))
        marked += _mark_side(conn, rows, SideName.TRACKER, now)
        linked = {row.tracker_number.rpartition("/")[2] for row in rows}
        deleted = {hint.number for hint in own if hint.deleted}
        gone = [row for row in rows if row.tracker_number.rpartition("/")[2] in deleted]
        _report_deletions(conn, gone, SideName.TRACKER)
        if numbers - deleted - linked:
            issue_lists.wake(conn, connection_id, SideName.TRACKER, now)
    return marked


def _mark_rows(
    conn: Connection,
    rows: Sequence[IssueLinkRow],
    tasks: set[str],
    moments: Mapping[tuple[int, str], set[datetime | None]],
    now: datetime,
) -> None:
    """Mark links by the side that may have changed; a hook of our own write is left out."""
    rows_by_hooks = [
        row
        for row in rows
        for at in moments.get((row.connection_id, row.tracker_number), ())
        if not is_our_change(row, at)
    ]
    _mark_side(conn, rows_by_hooks, SideName.TRACKER, now)
    _mark_side(conn, [row for row in rows if row.task_id in tasks], SideName.PORTAL, now)


def _mark_side(
    conn: Connection, rows: Sequence[IssueLinkRow], side: SideName, now: datetime
) -> int:
    """Mark links whose end on a side may have changed, each once."""
    ids: dict[datetime, set[int]] = {}
    for row in rows:
        ids.setdefault(due_at(row, now), set()).add(row.id)
    return sum(
        issue_link_queue.mark_dirty(conn, sorted(same), side, now, moment)
        for moment, same in ids.items()
    )


def _moments(
    events: Mapping[type, Sequence[Any]],
) -> dict[tuple[int, str], set[datetime | None]]:
    """Return when issues were changed, by connection and number; None where an event is silent."""
    moments: dict[tuple[int, str], set[datetime | None]] = {}
    for item in events.get(Resource, ()):
        if item.kind in _KINDS:
            number = f"{item.project.id}/{item.id}"
            moments.setdefault((item.project.connection_id, number), set()).add(item.at)
    for item in events.get(Comment, ()):
        number = f"{item.project.id}/{item.target.key}"
        moments.setdefault((item.project.connection_id, number), set()).add(None)
    return moments


def _issues(events: Mapping[type, Sequence[Any]]) -> Iterable[tuple[int, int, str]]:
    """Yield connection, project and number of the issues that events are about."""
    for item in events.get(Resource, ()):
        if item.kind in _KINDS and item.project.id:
            yield item.project.connection_id, item.project.id, item.id
    for item in events.get(Comment, ()):
        if item.target.kind in _ISSUES and item.project.id:
            yield item.project.connection_id, item.project.id, item.target.key


def _report_deletions(conn: Connection, rows: Sequence[IssueLinkRow], side: SideName) -> None:
    """Keep a side's own word that its end of these links was deleted."""
    if not rows:
        return
    from sync.core.issue_sync.acts import report_deletion  # large, as is what states consist of
    from sync.store import issue_links

    for link in issue_links.load(conn, [row.key for row in rows]).values():
        issue_links.save(conn, report_deletion(link, side), link)
