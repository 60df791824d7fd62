"""What came of a delivery, in words: the outcome that is kept with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sync.core.model.activity import ActivityItem, Comment, Push, Release, Resource, TagPush
from sync.core.model.events import (
    DeploymentEvent,
    MergeRequestEvent,
    PipelineEvent,
    TaskChanged,
    TaskCommented,
    TaskDeleted,
    UnrecognisedEvent,
)
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.core.model.pipelines import JobRun, Pipeline
from sync.store.merge_requests import BranchKey

ActivityId = tuple[int, int, str, str]  # connection, project, kind, key
_NO_MERGE_REQUEST = "no merge request"


@dataclass(frozen=True)
class BatchResult:
    """What came of a batch: whom each event touched, and the tasks they name."""

    tasks_by_merge_request: Mapping[MergeRequestKey, tuple[int, ...]]
    merge_requests_by_branch: Mapping[BranchKey, tuple[MergeRequestKey, ...]]
    merge_requests_with_pipelines: Mapping[MergeRequestKey, MergeRequest]
    tasks_with_work: frozenset[int]
    tasks_by_commit: Mapping[tuple[int, int, str, str], Sequence[int]] = field(default_factory=dict)
    tasks_by_deployment: Mapping[DeploymentEvent, Sequence[int]] = field(default_factory=dict)
    tasks_by_activity: Mapping[ActivityId, Sequence[int]] = field(default_factory=dict)


def describe_outcome(event: object, batch_result: BatchResult) -> str:
    match event:
        case MergeRequestEvent(merge_request):
            return _describe_merge_requests([merge_request.key], batch_result)
        case Push():
            text = _describe_merge_requests(
                batch_result.merge_requests_by_branch.get(branch_key(event)), batch_result
            )
            task_ids = (
                ()
                if event.deleted
                else batch_result.tasks_by_commit.get((*branch_key(event), event.after), ())
            )
            return f"push to {event.branch}: " + _append_tasks(text, task_ids)
        case PipelineEvent(pipeline):
            keys = [
                key
                for key, mr in batch_result.merge_requests_with_pipelines.items()
                if _runs_for(pipeline, mr)
            ]
            where = pipeline.project.connection_id, pipeline.project.id, pipeline.ref, pipeline.sha
            text = _append_tasks(
                _describe_merge_requests(keys, batch_result),
                batch_result.tasks_by_commit.get(where, ()),
            )
            return f"pipeline {pipeline.id} {pipeline.status}: {text}"
        case DeploymentEvent(one):
            heading = f"deployment {one.id} to {one.environment} {one.status}: "
            return heading + _append_tasks(
                _NO_MERGE_REQUEST, batch_result.tasks_by_deployment.get(event, ())
            )
        case TagPush() | Comment() | Release() | JobRun() | Resource():
            return f"{event.kind} {event.key}: " + _append_tasks(
                _NO_MERGE_REQUEST, _tasks_of_activity(event, batch_result)
            )
        case TaskChanged(task_id):
            return f"task {task_id} changed" + _describe_task(task_id, batch_result)
        case TaskDeleted(task_id):
            return f"task {task_id} deleted" + _describe_task(task_id, batch_result)
        case TaskCommented(task_id):
            return f"recorded: a comment on task {task_id}"
        case UnrecognisedEvent(kind, why):
            return f"recorded: {kind}: {why}"
    return f"recorded: {type(event).__name__}"


def _tasks_of_activity(activity_item: ActivityItem, batch_result: BatchResult) -> Sequence[int]:
    key = (
        activity_item.project.connection_id,
        activity_item.project.id,
        activity_item.kind.value,
        activity_item.key,
    )
    return batch_result.tasks_by_activity.get(key, ())


def _describe_merge_requests(
    keys: Iterable[MergeRequestKey] | None, batch_result: BatchResult
) -> str:
    return ", ".join(_describe_tasks(key, batch_result) for key in keys or ()) or _NO_MERGE_REQUEST


def _append_tasks(text: str, task_ids: Sequence[int]) -> str:
    """The tasks that the commits name, where there is no merge request to say so."""
    return (
        "tasks " + ", ".join(map(str, task_ids)) if text == _NO_MERGE_REQUEST and task_ids else text
    )


def _describe_tasks(key: MergeRequestKey, batch_result: BatchResult) -> str:
    answer = batch_result.tasks_by_merge_request.get(key, ())
    listed = "tasks " + ", ".join(map(str, answer)) if answer else "no task"
    return f"merge request !{key.iid} → {listed}"


def _describe_task(task_id: int, batch_result: BatchResult) -> str:
    return "" if task_id in batch_result.tasks_with_work else ": no merge request names it"


def _runs_for(pipeline: Pipeline, merge_request: MergeRequest) -> bool:
    if merge_request.project.id != pipeline.project.id:
        return False
    return merge_request.iid == pipeline.merge_request_iid or (
        merge_request.head_sha == pipeline.sha
    )


def branch_key(push: Push) -> BranchKey:
    return push.project.connection_id, push.project.id, push.branch
