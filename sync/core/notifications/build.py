"""Build the message of a subject of any kind. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from sync.core.activity import push_messages, resource_messages
from sync.core.activity.resource_messages import build_emoji_message, build_release_message
from sync.core.alerts import messages as alerts_messages
from sync.core.alerts.messages import AlertContext
from sync.core.comments import messages as comments_messages
from sync.core.deployments.messages import build_deployment_message
from sync.core.merge_requests.messages import build_merge_request_message
from sync.core.messages.message import Message
from sync.core.messages.parts import PortalUserIds
from sync.core.model.activity import Comment, Push, Release, Resource, TagPush
from sync.core.model.deployments import Deployment
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import FailedJob, JobRun, Pipeline
from sync.core.notifications.facts import FactsContext, build_facts
from sync.core.notifications.keys import NotificationSubject
from sync.core.pipelines.notifications import build_job_message, build_pipeline_message
from sync.text.bidi import upright, upright_run
from sync.text.tree import Document


def build_message(
    subject: NotificationSubject,
    language: str,
    users: PortalUserIds,
    *,
    state: str | None = None,
    jobs: Sequence[FailedJob] = (),
    tasks: Sequence[str] = (),
    undone: Sequence[Deployment] = (),
) -> Message:
    """Build the message of a subject.

    `state` is that of its facts, where it depends on the moment. `jobs` are a pipeline's failed
    ones, where known. `tasks` are the titles of the tasks whose work a deployment contains.
    """
    now = build_facts(subject, FactsContext()).state if state is None else state
    return _upright(_build_by_type(subject, now, language, users, jobs, tasks, undone))


def _build_by_type(
    subject: NotificationSubject,
    state: str,
    language: str,
    users: PortalUserIds,
    jobs: Sequence[FailedJob],
    tasks: Sequence[str],
    undone: Sequence[Deployment],
) -> Message:
    match subject:
        case Push():
            return push_messages.build_push_message(subject, language, users)
        case TagPush():
            return push_messages.build_tag_message(subject, language, users)
        case MergeRequest():
            return build_merge_request_message(subject, language, users)
        case Pipeline():
            return build_pipeline_message(subject, language, users, jobs)
        case JobRun():
            return build_job_message(subject, language, users)
        case Deployment():
            return build_deployment_message(subject, language, users, tasks, undone)
        case Comment():
            return comments_messages.build_comment_message(subject, language, users)
        case Release():
            return build_release_message(subject, language, users)
        case Resource(kind=Kind.EMOJI):
            return build_emoji_message(subject, state, language, users)
        case Resource():
            return resource_messages.build_resource_message(subject, state, language, users)
        case AlertContext():
            return alerts_messages.build_alert_message(subject, language)
        case _:
            assert_never(subject)


def _upright(message: Message) -> Message:
    """Remove controls with which somebody's text would reverse the rest of the message."""
    return replace(
        message,
        title=upright_run(message.title),
        details=tuple(map(upright_run, message.details)),
        summary=tuple(map(upright_run, message.summary)),
        body=upright(Document(message.body)).blocks,
        values={
            name: upright(value) if isinstance(value, Document) else upright_run(value)
            for name, value in message.values.items()
        },
    )
