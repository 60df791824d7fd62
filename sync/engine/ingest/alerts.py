"""Which refs' alerts may be others now that pipelines ended, or branches went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from sync.core.alerts import model as core
from sync.core.alerts.model import FINISHED_STATUSES, PASSED, RefKey
from sync.core.model.activity import Push, TagPush
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import Pipeline
from sync.core.rules.portal import Rules
from sync.engine.deps import ALERT
from sync.engine.ingest.handler import AlertCause
from sync.store import alerts, protected_branches, subjects
from sync.store import projects as store_projects
from sync.store.subjects import Mark


def find_marks(
    conn: Connection, portal_id: int, causes: Iterable[AlertCause], rules: Rules
) -> list[Mark]:
    """Mark the refs whose alerts may be others now.

    An alert opens only by what did not pass on a watched ref; everything else concerns open ones.
    """
    ended: list[Pipeline] = []
    ref_keys: set[RefKey] = set()
    for cause in causes:
        match cause:
            case Pipeline():
                if cause.status.value in FINISHED_STATUSES and core.alert_ref(cause):
                    ended.append(cause)
            case MergeRequest():
                ref_keys.add(_merge_request_ref(cause))
            case _ if cause.deleted:
                ref_keys.add(_deleted_ref(cause))
    failed = {_pipeline_ref(item): item for item in ended if item.status.value != PASSED}
    ref_keys |= {_pipeline_ref(item) for item in ended}
    if not ref_keys:
        return []
    chosen = alerts.open_refs(conn, ref_keys) | watched_refs(conn, failed, rules)
    # What is being decided right now is to be decided with this, too.
    refs_by_key = {str(ref_key): ref_key for ref_key in ref_keys}
    chosen |= {refs_by_key[key] for key in subjects.dirty_keys(conn, portal_id, ALERT, refs_by_key)}
    return [(ALERT, str(ref_key), "a pipeline ended") for ref_key in sorted(chosen)]


def _pipeline_ref(pipeline: Pipeline) -> RefKey:
    return RefKey(pipeline.project.connection_id, pipeline.project.id, core.alert_ref(pipeline))


def _deleted_ref(push: Push | TagPush) -> RefKey:
    ref = push.branch if isinstance(push, Push) else core.tag_ref(push.tag)
    return RefKey(push.project.connection_id, push.project.id, ref)


def _merge_request_ref(request: MergeRequest) -> RefKey:
    ref = core.merge_request_ref(request.iid)
    return RefKey(request.project.connection_id, request.project.id, ref)


def watched_refs(conn: Connection, of: Mapping[RefKey, Pipeline], rules: Rules) -> set[RefKey]:
    """Return the refs that the settings of their projects name; each comes with a pipeline."""
    places = {line: (line.connection_id, line.project_id) for line in of}
    defaults = store_projects.default_branches(conn, places.values())
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
