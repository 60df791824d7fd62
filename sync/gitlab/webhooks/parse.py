"""GitLab webhooks: is the sender ours, was it heard before, and what does it say. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json

from sync.core.model.activity import Resource
from sync.core.model.events import CodeEvent, UnrecognisedEvent
from sync.core.model.pipelines import JobRun
from sync.gitlab.json_fields import UnreadablePayload, text
from sync.gitlab.webhooks.comments import parse_confidential_note, parse_note
from sync.gitlab.webhooks.deployments import parse_deployment
from sync.gitlab.webhooks.jobs import parse_job
from sync.gitlab.webhooks.members import parse_group, parse_member, parse_project
from sync.gitlab.webhooks.merge_requests import parse_commented_request, parse_merge_request
from sync.gitlab.webhooks.pipelines import parse_pipeline
from sync.gitlab.webhooks.pushes import parse_push, parse_tag_push
from sync.gitlab.webhooks.releases import parse_release
from sync.gitlab.webhooks.resources import (
    parse_confidential_issue,
    parse_emoji,
    parse_feature_flag,
    parse_issue,
    parse_milestone,
    parse_token,
    parse_vulnerability,
    parse_wiki_page,
)
from sync.gitlab.webhooks.samples import refuse_sample_of_old

# X-Gitlab-Event -> how its body is read. A new event is one more row.
PARSERS: dict[str, Callable[[dict[str, Any], int], CodeEvent]] = {
    "Merge Request Hook": parse_merge_request,
    "Push Hook": parse_push,
    "Tag Push Hook": parse_tag_push,
    "Pipeline Hook": parse_pipeline,
    "Job Hook": parse_job,
    "Deployment Hook": parse_deployment,
    "Note Hook": parse_note,
    "Confidential Note Hook": parse_confidential_note,
    "Release Hook": parse_release,
    "Issue Hook": parse_issue,
    "Confidential Issue Hook": parse_confidential_issue,
    "Milestone Hook": parse_milestone,
    "Wiki Page Hook": parse_wiki_page,
    "Feature Flag Hook": parse_feature_flag,
    "Emoji Hook": parse_emoji,
    "Vulnerability Hook": parse_vulnerability,
    "Resource Access Token Hook": parse_token,
    "Resource Deploy Token Hook": parse_token,
    "Member Hook": parse_member,
    "Project Hook": parse_project,
    "Subgroup Hook": parse_group,
}
# An instance-wide system hook names its event in the body; people, keys and repositories of it are
# not followed. https://docs.gitlab.com/administration/system_hooks/
_SYSTEM_HOOK = "System Hook"
_SYSTEM_EVENT_NAMES = {
    "Merge Request Hook": "merge_request",
    "Push Hook": "push",
    "Tag Push Hook": "tag_push",
    "Project Hook": (
        "project_create project_destroy project_rename project_transfer project_update"
    ),
    "Subgroup Hook": "group_create group_destroy group_rename subgroup_create subgroup_destroy",
    "Member Hook": (
        "user_add_to_group user_update_for_group user_remove_from_group "
        "user_access_request_to_group user_access_request_denied_for_group "
        "user_access_request_revoked_for_group "
        "user_add_to_team user_update_for_team user_remove_from_team "
        "user_access_request_to_project user_access_request_denied_for_project "
        "user_access_request_revoked_for_project"
    ),
}
_SYSTEM_EVENTS = {
    name: event for event, names in _SYSTEM_EVENT_NAMES.items() for name in names.split()
}
_UNSUPPORTED = "recorded, nothing is done with it yet"


def parse_events(
    event: str,
    body: bytes,
    *,
    connection_id: int,
    instance: str = "",
    sent_at: datetime | None = None,
) -> tuple[CodeEvent, ...]:
    """Parse a stored delivery. Never raises: what cannot be read is an UnrecognisedEvent.

    `sent_at`: None where it was sent at an unknown time.
    """
    kind = event or "no X-Gitlab-Event"
    try:
        payload = _payload(body)
        if event == _SYSTEM_HOOK:
            name = text(payload.get("object_kind")) or text(payload.get("event_name"))
            event, kind = _SYSTEM_EVENTS.get(name, ""), f"{_SYSTEM_HOOK}: {name or 'no name'}"
        if event not in PARSERS:
            return (UnrecognisedEvent(kind, _UNSUPPORTED),)
        parsed = PARSERS[event](payload, connection_id)
        if sent_at is not None:
            refuse_sample_of_old(parsed, payload, sent_at)
        beside = parse_commented_request(payload, connection_id) if "Note" in event else None
        return (_below_instance(parsed, instance), *filter(None, [beside]))
    except UnreadablePayload as unreadable:
        return (UnrecognisedEvent(kind, str(unreadable)),)


def _below_instance(event: CodeEvent, instance: str) -> CodeEvent:
    """Leave out the path of an instance (`https://host/gitlab`) that a project's address has.

    `instance`: X-Gitlab-Instance. It concerns hooks that tell a project's address only.
    """
    root = urlsplit(instance).path.strip("/")
    if not root or not isinstance(event, JobRun | Resource):
        return event
    project = event.project
    full = urlsplit(project.url).path.strip("/")
    if project.path != full or not project.path.startswith(f"{root}/"):
        return event
    return replace(event, project=replace(project, path=project.path.removeprefix(f"{root}/")))


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = _decode_json(body)
    except UnicodeDecodeError:
        raise UnreadablePayload("the body is not UTF-8") from None
    except RecursionError:
        raise UnreadablePayload("the body is nested too deeply") from None
    except ValueError:
        raise UnreadablePayload("the body is not JSON, or is cut off: a custom template?") from None
    if not isinstance(payload, dict):
        raise UnreadablePayload("the body is JSON, but not an object")
    return payload


def _decode_json(body: bytes) -> Any:
    """Decode JSON: quickly what nearly all is, tolerantly the rest. Raises as `json.loads`."""
    try:
        return from_json(body)
    except ValueError:  # also for halves of surrogate pairs, which are JSON
        return json.loads(body.decode("utf-8"))
