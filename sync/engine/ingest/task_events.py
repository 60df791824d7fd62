"""Takes in what the portal reports of tasks: only of those that somebody's work names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from sync.core.model.events import TaskChanged, TaskDeleted
from sync.engine.deps import TASK
from sync.engine.ingest.handler import Batch, Handled, Handler
from sync.engine.load.smart_commits import tasks_waiting
from sync.store import commit_tasks as store_commit_tasks
from sync.store import links, outbox, tasks

TaskEvent = TaskChanged | TaskDeleted


def relate(batch: Batch, events: Sequence[TaskEvent]) -> Handled[TaskEvent]:
    """Note changed and deleted tasks, and mark those whose change may answer something."""
    conn, portal_id, now = batch.conn, batch.portal_id, batch.now
    deleted = {event.task_id for event in events if isinstance(event, TaskDeleted)}
    received = {event.task_id for event in events}
    followed = links.linked_tasks(conn, portal_id, received)
    followed |= store_commit_tasks.tasks_with_commits(conn, portal_id, received)
    followed |= tasks_waiting(conn, portal_id, received)
    read_before = tasks.read_before(conn, portal_id, followed)
    tasks.mark_missing(conn, portal_id, followed & deleted, now)
    changed = followed - deleted
    tasks.mark_stale(conn, portal_id, changed, now)
    moving = _with_unsent_move(conn, portal_id, changed)
    # A task not read yet, or not shown until now: a change may answer something. Otherwise a
    # person's change asks for nothing, as the step of the merge requests is the same.
    again = [t for t in changed if t in moving or t not in read_before]
    marks = [(TASK, str(task_id), "task changed") for task_id in again]
    marks += [(TASK, str(task_id), "task deleted") for task_id in followed & deleted]
    return Handled(lambda event: _describe(event, event.task_id in followed), marks)


def _describe(event: TaskEvent, is_followed: bool) -> str:
    what = "deleted" if isinstance(event, TaskDeleted) else "changed"
    return f"task {event.task_id} {what}" + ("" if is_followed else ": no merge request names it")


def _with_unsent_move(conn: Connection, portal_id: int, task_ids: Iterable[int]) -> set[int]:
    """Return the tasks with a move that was not sent yet: it may not be the right one any more.

    Cards and notifications do not depend on the task; our own writes echo here, too.
    """
    keys = map(str, task_ids)
    return {int(key) for key in outbox.subjects_with_unsent_move(conn, portal_id, TASK, keys)}


HANDLER = Handler[TaskEvent](relate)
