"""GitLab webhooks: is the sender ours, was it heard before, and what does it say. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sync.core.model.events import CodeEvent, UnrecognisedEvent
from sync.gitlab.json_fields import UnreadablePayload, text
from sync.gitlab.webhooks.comments import parse_confidential_note, parse_note
from sync.gitlab.webhooks.deployments import parse_deployment
from sync.gitlab.webhooks.jobs import parse_job
from sync.gitlab.webhooks.members import parse_group, parse_member, parse_project
from sync.gitlab.webhooks.merge_requests import parse_merge_request, parse_pipeline
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

TIMESTAMP_TOLERANCE_SECONDS = 300  # the window of the Standard Webhooks specification, both ways
_KEY_LIMIT = 100  # a longer sender's key is kept as its hash

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


class UnverifiedDelivery(Exception):
    """The request is not from the GitLab we know; `reason` is for the log, not for the sender."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def verify_delivery(
    headers: Mapping[str, str],
    body: bytes,
    *,
    token: str,
    signing_token: str | None,
    now: datetime,
) -> None:
    """Returns if the raw `body` came from our hook. Raises Unauthentic.

    With a signing token here, a signature that is present must be right; without a signature (a
    hook from before the signing token was set) X-Gitlab-Token decides. An empty secret proves
    nothing. https://docs.gitlab.com/user/project/integrations/webhooks/#signing-tokens
    """
    given = _lowercase_names(headers)
    if signing_token and "webhook-signature" in given:
        _verify_signature(given, body, _signing_key(signing_token), now)
    elif "x-gitlab-token" not in given:
        raise UnverifiedDelivery("the request has no X-Gitlab-Token")
    elif not token or not _equal_in_constant_time(given["x-gitlab-token"], token):
        raise UnverifiedDelivery("X-Gitlab-Token is not ours")


def dedupe_key(headers: Mapping[str, str], body: bytes) -> str:
    """What a delivery and its resend have in common; at most 100 characters.

    `webhook-id` (19.0) and `Idempotency-Key` (17.4) are the same value; X-Gitlab-Event-UUID and
    X-Gitlab-Webhook-UUID are not usable. Older instances: event and body.
    """
    given = _lowercase_names(headers)
    key = given.get("webhook-id") or given.get("idempotency-key")
    if key and len(key) <= _KEY_LIMIT and key.isprintable():
        return key
    told = key.encode("utf-8", "surrogatepass") if key else event_name(headers).encode() + b"\n"
    return "sha256:" + hashlib.sha256(told + (b"" if key else body)).hexdigest()


def event_name(headers: Mapping[str, str]) -> str:
    """X-Gitlab-Event, "" where it is missing; at most 64 characters."""
    return text(_lowercase_names(headers).get("x-gitlab-event", ""))[:64]


def parse_events(event: str, body: bytes, *, connection_id: int) -> tuple[CodeEvent, ...]:
    """What a stored delivery says. Never raises: what cannot be read is Unrecognised."""
    kind = event or "no X-Gitlab-Event"
    try:
        payload = _payload(body)
        if event == _SYSTEM_HOOK:
            told = text(payload.get("object_kind")) or text(payload.get("event_name"))
            event, kind = _SYSTEM_EVENTS.get(told, ""), f"{_SYSTEM_HOOK}: {told or 'no name'}"
        if event not in PARSERS:
            return (UnrecognisedEvent(kind, _UNSUPPORTED),)
        return (PARSERS[event](payload, connection_id),)
    except UnreadablePayload as unreadable:
        return (UnrecognisedEvent(kind, str(unreadable)),)


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise UnreadablePayload("the body is not UTF-8") from None
    except RecursionError:
        raise UnreadablePayload("the body is nested too deeply") from None
    except ValueError:
        raise UnreadablePayload("the body is not JSON, or is cut off: a custom template?") from None
    if not isinstance(payload, dict):
        raise UnreadablePayload("the body is JSON, but not an object")
    return payload


def _verify_signature(given: Mapping[str, str], body: bytes, key: bytes, now: datetime) -> None:
    """Standard Webhooks: any of the listed `v1` signatures may be the right one."""
    webhook_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    signed = f"{webhook_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    matches = [
        _equal_in_constant_time(one, expected) for one in given["webhook-signature"].split(" ")
    ]
    if not any(matches):
        raise UnverifiedDelivery("webhook-signature does not match")
    if abs(int(now.timestamp()) - _parse_timestamp(timestamp)) > TIMESTAMP_TOLERANCE_SECONDS:
        raise UnverifiedDelivery(
            f"webhook-timestamp is over {TIMESTAMP_TOLERANCE_SECONDS} s off: replay or wrong clock"
        )


def _parse_timestamp(timestamp: str) -> int:
    try:
        return int(timestamp)
    except ValueError:
        raise UnverifiedDelivery("webhook-timestamp is missing or not a number") from None


def _signing_key(signing_token: str) -> bytes:
    """The HMAC key: the decoded bytes after `whsec_`, not the token's own text."""
    try:
        key = base64.b64decode(signing_token.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key or not signing_token.startswith("whsec_"):
        raise UnverifiedDelivery("the signing token kept here is not whsec_ and base64")
    return key


def _equal_in_constant_time(one: str, other: str) -> bool:
    """Equality in constant time, of any text."""
    encoded = (text.encode("utf-8", "surrogatepass") for text in (one, other))
    return hmac.compare_digest(*encoded)


def _lowercase_names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
