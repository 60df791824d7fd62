"""Tell the samples that GitLab's Test buttons send of old things by their times. Pure.

A button sends the newest thing of its kind as if it happened now. No header says so; but what
really happened now was made, or changed, a moment before it is sent. See
app/services/concerns/integrations/project_test_data.rb in GitLab's source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sync.core.model.activity import Comment, Release, Resource
from sync.core.model.events import CodeEvent, MergeRequestEvent, PipelineEvent
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import JobRun
from sync.gitlab.json_fields import UnreadablePayload, mapping, text, timestamp

SAMPLE_AGE = timedelta(minutes=30)  # GitLab sends hooks within seconds, in bad hours within minutes
_CREATIONS = frozenset({"", "open", "create"})
_NOT_BEGUN = frozenset(
    {
        "created",
        "waiting_for_resource",
        "preparing",
        "waiting_for_callback",
        "pending",
        "scheduled",
    }
)
# One that GitLab makes up, in versions whose project has none: `id: 1`.
_MADE_UP_VULNERABILITY = ("1", "REXML DoS vulnerability", "confirmed")


def refuse_sample_of_old(event: CodeEvent, payload: dict[str, Any], sent_at: datetime) -> None:
    """Refuse a sample of a thing older than `SAMPLE_AGE` when it was sent.

    What tells no time (wiki pages, feature flags, which have no button) cannot be told from it.
    """
    time_of = _TIMES.get(type(event))
    at = time_of(event, payload) if time_of else None
    if at is not None and at < sent_at - SAMPLE_AGE:
        raise UnreadablePayload("a sample of the webhook's Test button: it is of long before")


def refuse_made_up_vulnerability(number: str, row: dict[str, Any]) -> None:
    """Refuse the vulnerability that GitLab makes up for its Test button."""
    if (number, text(row.get("title")), text(row.get("state"))) == _MADE_UP_VULNERABILITY:
        raise UnreadablePayload("a sample of the webhook's Test button: there is no such finding")


def _made_at(event: object, payload: dict[str, Any]) -> datetime | None:
    """Return when a thing was made, if its making is what the hook tells."""
    row = mapping(payload.get("object_attributes")) or payload
    action = text(row.get("action")) or text(payload.get("action"))
    return timestamp(row.get("created_at")) if action in _CREATIONS else None


def _resource_time(event: Any, payload: dict[str, Any]) -> datetime | None:
    """Return the time of the last change where every hook follows one, else of the making."""
    if event.kind is Kind.ACCESS_TOKEN:
        return None  # it is told when it will expire, however long ago it was made
    if event.kind in (Kind.VULNERABILITY, Kind.MEMBER, Kind.PROJECT):
        row = mapping(payload.get("object_attributes")) or payload
        return event.at or timestamp(row.get("created_at"))
    return _made_at(event, payload)


def _run_time(event: Any, payload: dict[str, Any]) -> datetime | None:
    """Return the last moment of a pipeline; what waits to begin tells no moment of that."""
    run = event.pipeline
    return None if run.status.value in _NOT_BEGUN else run.updated_at


def _job_time(event: Any, payload: dict[str, Any]) -> datetime | None:
    return None if event.status in (*_NOT_BEGUN, "manual") else event.at


_TIMES: Mapping[type, Callable[[Any, dict[str, Any]], datetime | None]] = {
    MergeRequestEvent: _made_at,
    Comment: _made_at,
    Release: _made_at,
    Resource: _resource_time,
    PipelineEvent: _run_time,
    JobRun: _job_time,
}
