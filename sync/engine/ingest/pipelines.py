"""Takes in pipelines: marks the tasks whose commits they ran for."""

from __future__ import annotations

from collections.abc import Sequence

from sync.core.model.events import PipelineEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.core.model.pipelines import Pipeline
from sync.core.notifications.keys import subject_key_of
from sync.engine.deps import TASK
from sync.engine.ingest import merge_request_events, pushes
from sync.engine.ingest.handler import Batch, Handled, Handler
from sync.engine.ingest.outcome import describe_work
from sync.store import messages
from sync.store import pipelines as store_pipelines
from sync.store.subjects import Mark


def save(batch: Batch, events: Sequence[PipelineEvent]) -> None:
    """Store the pipelines as reported."""
    store_pipelines.save_pipelines(batch.conn, [event.pipeline for event in events])


def relate(batch: Batch, events: Sequence[PipelineEvent]) -> Handled[PipelineEvent]:
    """Mark the tasks of the pipelines' commits, and the chats that show their merge requests."""
    touched = batch.once(merge_request_events.touch)
    tasks_by_commit = batch.once(pushes.save_commit_tasks)
    pipelines = [event.pipeline for event in events]

    by_head: dict[tuple[int, str], list[MergeRequestKey]] = {}
    for key, item in touched.with_pipelines.items():
        by_head.setdefault((item.project.id, item.head_sha), []).append(key)

    def describe(event: PipelineEvent) -> str:
        pipeline = event.pipeline
        keys = by_head.get((pipeline.project.id, pipeline.sha), [])
        place = pipeline.project.connection_id, pipeline.project.id
        own = MergeRequestKey(*place, pipeline.merge_request_iid or 0)
        if own in touched.with_pipelines and own not in keys:
            keys = sorted([*keys, own])
        task_ids = tasks_by_commit.get(pushes.commit_key(pipeline), ())
        work = describe_work(keys, touched.links.tasks_by_key, task_ids)
        return f"pipeline {pipeline.id} {pipeline.status}: {work}"

    return Handled(
        describe,
        marks=[*touched.links.marks, *_find_marks(batch, pipelines)],
        subjects=[*pipelines, *_shown_in_chats(batch)],
        alert_causes=[item for item in pipelines if not batch.late.is_late(item)],
        fetches=touched.fetches,
    )


def _find_marks(batch: Batch, pipelines: Sequence[Pipeline]) -> list[Mark]:
    tasks_by_commit = batch.once(pushes.save_commit_tasks)
    marks = [
        (TASK, str(task_id), f"pipeline of {pipeline.ref} changed")
        for pipeline in pipelines
        for task_id in tasks_by_commit.get(pushes.commit_key(pipeline), ())
    ]
    return marks + [
        (TASK, str(task_id), f"pipeline of {pipeline.ref} speaks for earlier work")
        for pipeline in pushes.speaking_for_branch(batch.conn, pipelines)
        for task_id in store_pipelines.unresolved_tasks(batch.conn, batch.portal_id, pipeline)
    ]


def _shown_in_chats(batch: Batch) -> list[MergeRequest]:
    """Return the merge requests that chats show: a pipeline changes what the message says."""
    folded_batch = batch.once(merge_request_events.fold)
    hidden: set[MergeRequestKey] = {*folded_batch.finished, *folded_batch.folded.merge_requests}
    items = batch.once(merge_request_events.touch).with_pipelines
    sent = messages.by_subjects(batch.conn, batch.portal_id, map(subject_key_of, items.values()))
    return [
        item
        for key, item in items.items()
        if key not in hidden and any(place.dialog for place in sent.get(subject_key_of(item), ()))
    ]


HANDLER = Handler[PipelineEvent](relate, save, subject=lambda event: event.pipeline)
