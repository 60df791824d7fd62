"""What came of a delivery, in words: the outcome that is kept with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sync.core.model.activity import Push
from sync.core.model.events import IssueHint, TaskCommented, UnrecognisedEvent
from sync.core.model.merge_requests import MergeRequestKey
from sync.engine.ingest.handler import Batch, Handled, Handler
from sync.store.merge_requests import BranchKey

_NO_MERGE_REQUEST = "no merge request"
TasksByMergeRequest = Mapping[MergeRequestKey, Sequence[int]]


def describe_work(
    keys: Iterable[MergeRequestKey], tasks_by_key: TasksByMergeRequest, task_ids: Sequence[int] = ()
) -> str:
    """Describe merge requests with the tasks they name, or the tasks where there are none."""
    requests = ", ".join(_describe_merge_request(key, tasks_by_key.get(key, ())) for key in keys)
    if requests or not task_ids:
        return requests or _NO_MERGE_REQUEST
    return "tasks " + ", ".join(map(str, task_ids))


def _describe_merge_request(key: MergeRequestKey, task_ids: Sequence[int]) -> str:
    listed = "tasks " + ", ".join(map(str, task_ids)) if task_ids else "no task"
    return f"merge request !{key.iid} → {listed}"


def branch_key(push: Push) -> BranchKey:
    """Return the branch of a push: its connection, project and name."""
    return push.project.connection_id, push.project.id, push.branch


def _record(batch: Batch, events: Sequence[Any]) -> Handled[Any]:
    return Handled(_describe_recorded)


def _describe_recorded(event: object) -> str:
    match event:
        case TaskCommented(task_id):
            return f"recorded: a comment on task {task_id}"
        case IssueHint(_, number, deleted, kinds):
            what = "deleted" if deleted else "changed"
            return f"issue {number} {what}" + (f": {', '.join(kinds)}" if kinds else "")
        case UnrecognisedEvent(kind, reason):
            return f"recorded: {kind}: {reason}"
    return f"recorded: {type(event).__name__}"


RECORD = Handler[Any](_record)  # of events that are kept, and change nothing
