"""Which refs' alerts may be others now that pipelines ended, or branches went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from sync.core.alerts import model as core
from sync.core.alerts.model import FINISHED_STATUSES, PASSED, RefKey
from sync.core.model.activity import Push, TagPush
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import Pipeline
from sync.core.rules.portal import Rules
from sync.engine.deps import ALERT
from sync.store import alerts, protected_branches, subjects
from sync.store import merge_requests as store_merge_requests


def mark_dirty(
    conn: Connection,
    portal_id: int,
    pipelines: Iterable[Pipeline],
    pushes: Iterable[Push | TagPush],
    over: Iterable[MergeRequest],
    rules: Rules,
    now: datetime,
) -> None:
    """Marks the refs whose alerts may be others now.

    `over`: merge requests that were merged or closed. One opens only by what did not pass on a
    watched ref; everything else concerns open ones.
    """
    ended = [
        pipeline
        for pipeline in pipelines
        if pipeline.status.value in FINISHED_STATUSES and core.alert_ref(pipeline)
    ]
    bad = {
        _pipeline_ref(pipeline): pipeline for pipeline in ended if pipeline.status.value != PASSED
    }
    ref_keys = {_deleted_ref(pushe) for pushe in pushes if pushe.deleted} | set(
        map(_merge_request_ref, over)
    )
    lines = {_pipeline_ref(pipeline) for pipeline in ended} | ref_keys
    if not lines:
        return
    subject_keys = alerts.open_refs(conn, lines) | watched_refs(conn, bad, rules)
    # What is being decided right now is to be decided with this, too.
    tasks_by_key = {str(line): line for line in lines}
    subject_keys |= {
        tasks_by_key[key] for key in subjects.dirty_keys(conn, portal_id, ALERT, tasks_by_key)
    }
    marks = [(ALERT, str(line), "a pipeline ended") for line in sorted(subject_keys)]
    subjects.mark_dirty_many(conn, portal_id, marks, now)


def _pipeline_ref(pipeline: Pipeline) -> RefKey:
    return RefKey(pipeline.project.connection_id, pipeline.project.id, core.alert_ref(pipeline))


def _deleted_ref(push: Push | TagPush) -> RefKey:
    ref = push.branch if isinstance(push, Push) else core.tag_ref(push.tag)
    return RefKey(push.project.connection_id, push.project.id, ref)


def _merge_request_ref(request: MergeRequest) -> RefKey:
    ref = core.merge_request_ref(request.iid)
    return RefKey(request.project.connection_id, request.project.id, ref)


def watched_refs(conn: Connection, of: Mapping[RefKey, Pipeline], rules: Rules) -> set[RefKey]:
    """Those of the lines that the settings of their projects name; each with a pipeline of it."""
    places = {line: (line.connection_id, line.project_id) for line in of}
    defaults = store_merge_requests.default_branches(conn, places.values())
    ref_keys = {
        line
        for line, pipeline in of.items()
        if core.is_watched(
            line.ref,
            rules.alerts_of(pipeline.project.path),
            default=line.ref == defaults.get(places[line]),
            protected=False,
        )
    }
    remaining = {
        line for line in of if "protected" in rules.alerts_of(of[line].project.path).branches
    } - ref_keys
    protected = (
        protected_branches.protected_branches(conn, {places[line] for line in remaining})
        if remaining
        else {}
    )
    return ref_keys | {line for line in remaining if line.ref in protected.get(places[line], ())}
