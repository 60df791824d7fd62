"""Moments that a code host's clock set ahead of ours: they count as now. Pure.

Of two accounts of a thing the one with the later moment counts. Where the host's clock was ahead
and is put back, everything after that would be older than what is stored, and never be taken in.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sync.core.clock import TOLERANCE
from sync.core.model.activity import Comment
from sync.core.model.deployments import Deployment
from sync.core.model.events import DeploymentEvent, MergeRequestEvent, PipelineEvent
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import Pipeline


def event_until(event: object, now: datetime) -> object:
    """Return the event with what it tells changed at most now."""
    match event:
        case MergeRequestEvent():
            item = merge_request_until(event.merge_request, now)
            return event if item is event.merge_request else replace(event, merge_request=item)
        case PipelineEvent():
            pipeline = pipeline_until(event.pipeline, now)
            return event if pipeline is event.pipeline else replace(event, pipeline=pipeline)
        case DeploymentEvent():
            deployment = deployment_until(event.deployment, now)
            is_same = deployment is event.deployment
            return event if is_same else replace(event, deployment=deployment)
        case Comment() if _is_ahead(event.updated_at, now):
            return replace(event, updated_at=now)
        case _:
            return event


def merge_request_until(item: MergeRequest, now: datetime) -> MergeRequest:
    """Return the merge request, and its pipeline, with what changed at most now."""
    if item.pipeline is not None and _is_ahead(item.pipeline.updated_at, now):
        item = replace(item, pipeline=pipeline_until(item.pipeline, now))
    return replace(item, updated_at=now) if _is_ahead(item.updated_at, now) else item


def pipeline_until(item: Pipeline, now: datetime) -> Pipeline:
    """Return the pipeline with its change at most now."""
    return replace(item, updated_at=now) if _is_ahead(item.updated_at, now) else item


def deployment_until(item: Deployment, now: datetime) -> Deployment:
    """Return the deployment with its change at most now."""
    return replace(item, updated_at=now) if _is_ahead(item.updated_at, now) else item


def _is_ahead(moment: datetime, now: datetime) -> bool:
    return moment > now + TOLERANCE
