"""Takes in tags, comments, releases, jobs, and whatever else people may be notified of."""

from __future__ import annotations

from collections.abc import Sequence

from sync.core.model.activity import ActivityItem, Comment, TagPush
from sync.core.model.events import MergeRequestEvent
from sync.engine.deps import TASK
from sync.engine.ingest import comments, lateness, merge_request_events
from sync.engine.ingest.handler import Batch, Handled, Handler
from sync.engine.ingest.outcome import describe_work
from sync.store import activity as store_activity
from sync.store import people


def save(batch: Batch, items: Sequence[ActivityItem]) -> None:
    """Store the items and the authors of comments whose e-mail is told."""
    save_by_lateness(batch, items)
    for item in items:
        if isinstance(item, Comment) and item.author is not None and item.author.email:
            people.save_host_people(batch.conn, item.project.connection_id, [item.author])


def save_by_lateness(batch: Batch, items: Sequence[ActivityItem]) -> None:
    """Store the items; nobody is ever notified of those that are late, or were over before.

    What is opened again, or ends now, is news from then on.
    """
    over = _over_before(batch, items)
    late = {id(item) for item in items if item in over or batch.late.is_late(item)}
    for silent in (False, True):
        chosen = [item for item in items if (id(item) in late) is silent]
        store_activity.save(batch.conn, chosen, batch.now, silent=silent)
    turned = [item for item in items if lateness.is_turned(item) and id(item) not in late]
    store_activity.end_silence(batch.conn, turned)


def _over_before(batch: Batch, items: Sequence[ActivityItem]) -> Sequence[ActivityItem]:
    """Return those that were over before anything was heard of them."""
    over = [item for item in items if lateness.is_over(item, batch.now)]
    ids = map(store_activity.activity_id, over)
    stored = store_activity.get(batch.conn, ids) if over else {}
    return [item for item in over if store_activity.activity_id(item) not in stored]


def relate(batch: Batch, items: Sequence[ActivityItem]) -> Handled[ActivityItem]:
    """Find the tasks that the items concern; those of comments may have to be looked at."""
    rules = batch.rules.references
    if batch.of(MergeRequestEvent) and any(isinstance(item, Comment) for item in items):
        batch.once(merge_request_events.touch)  # comments are told in the tasks of these
    acts = [item for item in items if not batch.late.is_late(item)]
    tasks_by_id = comments.save_tasks(batch.conn, batch.portal_id, items, rules, acts)

    def describe(item: ActivityItem) -> str:
        task_ids = tasks_by_id.get(store_activity.activity_id(item), ())
        return f"{item.kind} {item.key}: " + describe_work((), {}, task_ids)

    return Handled(
        describe,
        marks=[
            (TASK, str(task_id), f"comment {item.key} changed")
            for item in items
            if isinstance(item, Comment)
            for task_id in tasks_by_id[store_activity.activity_id(item)]
        ],
        subjects=items,
        alert_causes=[item for item in items if isinstance(item, TagPush)],
    )


HANDLER = Handler[ActivityItem](relate, save, subject=lambda item: item)
