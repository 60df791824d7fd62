"""What came of a delivery, in words: the outcome that is kept with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sync.core.model.activity import Item, JobRun, Note, Push, Release, TagPush, Thing
from sync.core.model.common import MergeRequest, MergeRequestKey, Pipeline
from sync.core.model.events import (
    DeploymentHeard,
    MergeRequestHeard,
    PipelineHeard,
    TaskChanged,
    TaskCommented,
    TaskDeleted,
    Unrecognised,
)
from sync.store.merge_requests import Branch

ItemId = tuple[int, int, str, str]  # connection, project, kind, key
_NOBODY = "no merge request"


@dataclass(frozen=True)
class Seen:
    """What came of a batch: whom each event touched, and the tasks they name."""

    tasks_of: Mapping[MergeRequestKey, tuple[int, ...]]
    of_branch: Mapping[Branch, tuple[MergeRequestKey, ...]]
    piped: Mapping[MergeRequestKey, MergeRequest]
    followed: frozenset[int]
    named: Mapping[tuple[int, int, str, str], Sequence[int]] = field(default_factory=dict)
    deployed: Mapping[DeploymentHeard, Sequence[int]] = field(default_factory=dict)
    concerned: Mapping[ItemId, Sequence[int]] = field(default_factory=dict)


def outcome(event: object, seen: Seen) -> str:
    match event:
        case MergeRequestHeard(merge_request):
            return _told_of([merge_request.key], seen)
        case Push():
            told = _told_of(seen.of_branch.get(branch_of(event)), seen)
            named = () if event.deleted else seen.named.get((*branch_of(event), event.after), ())
            return f"push to {event.branch}: " + _or_tasks(told, named)
        case PipelineHeard(pipeline):
            keys = [key for key, mr in seen.piped.items() if _runs_for(pipeline, mr)]
            where = pipeline.project.connection_id, pipeline.project.id, pipeline.ref, pipeline.sha
            told = _or_tasks(_told_of(keys, seen), seen.named.get(where, ()))
            return f"pipeline {pipeline.id} {pipeline.status}: {told}"
        case DeploymentHeard(one):
            said = f"deployment {one.id} to {one.environment} {one.status}: "
            return said + _or_tasks(_NOBODY, seen.deployed.get(event, ()))
        case TagPush() | Note() | Release() | JobRun() | Thing():
            return f"{event.kind} {event.key}: " + _or_tasks(_NOBODY, _of_item(event, seen))
        case TaskChanged(task_id):
            return f"task {task_id} changed" + _unless_followed(task_id, seen)
        case TaskDeleted(task_id):
            return f"task {task_id} deleted" + _unless_followed(task_id, seen)
        case TaskCommented(task_id):
            return f"recorded: a comment on task {task_id}"
        case Unrecognised(kind, why):
            return f"recorded: {kind}: {why}"
    return f"recorded: {type(event).__name__}"


def _of_item(one: Item, seen: Seen) -> Sequence[int]:
    key = one.project.connection_id, one.project.id, one.kind.value, one.key
    return seen.concerned.get(key, ())


def _told_of(keys: Iterable[MergeRequestKey] | None, seen: Seen) -> str:
    return ", ".join(_named(key, seen) for key in keys or ()) or _NOBODY


def _or_tasks(told: str, named: Sequence[int]) -> str:
    """The tasks that the commits name, where there is no merge request to say so."""
    return "tasks " + ", ".join(map(str, named)) if told == _NOBODY and named else told


def _named(key: MergeRequestKey, seen: Seen) -> str:
    found = seen.tasks_of.get(key, ())
    listed = "tasks " + ", ".join(map(str, found)) if found else "no task"
    return f"merge request !{key.iid} → {listed}"


def _unless_followed(task_id: int, seen: Seen) -> str:
    return "" if task_id in seen.followed else ": no merge request names it"


def _runs_for(pipeline: Pipeline, merge_request: MergeRequest) -> bool:
    if merge_request.project.id != pipeline.project.id:
        return False
    return merge_request.iid == pipeline.merge_request_iid or (
        merge_request.head_sha == pipeline.sha
    )


def branch_of(push: Push) -> Branch:
    return push.project.connection_id, push.project.id, push.branch
