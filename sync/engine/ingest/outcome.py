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


def describe_outcome(event: object, seen: BatchResult) -> str:
    match event:
        case MergeRequestEvent(merge_request):
            return _describe_merge_requests([merge_request.key], seen)
        case Push():
            told = _describe_merge_requests(
                seen.merge_requests_by_branch.get(branch_key(event)), seen
            )
            named = (
                ()
                if event.deleted
                else seen.tasks_by_commit.get((*branch_key(event), event.after), ())
            )
            return f"push to {event.branch}: " + _append_tasks(told, named)
        case PipelineEvent(pipeline):
            keys = [
                key
                for key, mr in seen.merge_requests_with_pipelines.items()
                if _runs_for(pipeline, mr)
            ]
            where = pipeline.project.connection_id, pipeline.project.id, pipeline.ref, pipeline.sha
            told = _append_tasks(
                _describe_merge_requests(keys, seen), seen.tasks_by_commit.get(where, ())
            )
            return f"pipeline {pipeline.id} {pipeline.status}: {told}"
        case DeploymentEvent(one):
            said = f"deployment {one.id} to {one.environment} {one.status}: "
            return said + _append_tasks(_NO_MERGE_REQUEST, seen.tasks_by_deployment.get(event, ()))
        case TagPush() | Comment() | Release() | JobRun() | Resource():
            return f"{event.kind} {event.key}: " + _append_tasks(
                _NO_MERGE_REQUEST, _tasks_of_activity(event, seen)
            )
        case TaskChanged(task_id):
            return f"task {task_id} changed" + _describe_task(task_id, seen)
        case TaskDeleted(task_id):
            return f"task {task_id} deleted" + _describe_task(task_id, seen)
        case TaskCommented(task_id):
            return f"recorded: a comment on task {task_id}"
        case UnrecognisedEvent(kind, why):
            return f"recorded: {kind}: {why}"
    return f"recorded: {type(event).__name__}"


def _tasks_of_activity(one: ActivityItem, seen: BatchResult) -> Sequence[int]:
    key = one.project.connection_id, one.project.id, one.kind.value, one.key
    return seen.tasks_by_activity.get(key, ())


def _describe_merge_requests(keys: Iterable[MergeRequestKey] | None, seen: BatchResult) -> str:
    return ", ".join(_describe_tasks(key, seen) for key in keys or ()) or _NO_MERGE_REQUEST


def _append_tasks(told: str, named: Sequence[int]) -> str:
    """The tasks that the commits name, where there is no merge request to say so."""
    return "tasks " + ", ".join(map(str, named)) if told == _NO_MERGE_REQUEST and named else told


def _describe_tasks(key: MergeRequestKey, seen: BatchResult) -> str:
    found = seen.tasks_by_merge_request.get(key, ())
    listed = "tasks " + ", ".join(map(str, found)) if found else "no task"
    return f"merge request !{key.iid} → {listed}"


def _describe_task(task_id: int, seen: BatchResult) -> str:
    return "" if task_id in seen.tasks_with_work else ": no merge request names it"


def _runs_for(pipeline: Pipeline, merge_request: MergeRequest) -> bool:
    if merge_request.project.id != pipeline.project.id:
        return False
    return merge_request.iid == pipeline.merge_request_iid or (
        merge_request.head_sha == pipeline.sha
    )


def branch_key(push: Push) -> BranchKey:
    return push.project.connection_id, push.project.id, push.branch
