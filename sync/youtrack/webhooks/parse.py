"""Reads the issue that a hint is about, whoever sent it. Pure; never raises.

What a hint says of values is not believed: the Webhook Triggers app leaves out a change of a field
that comes with a comment, and knows nothing of tags, links and sprints. The issue is read instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sync.core.model.events import IssueHint, TrackerEvent, UnrecognisedEvent
from sync.youtrack.json_fields import mapping, text

EVENT = "hint"
_READABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]{1,9}")  # a project's short name and a number
_NAMES = ("issue", "id", "idReadable", "issueId", "issue_id")  # in which senders put it
_MOST_KINDS = 20
_DELETED = frozenset({"removed", "issueDeleted"})


def app_version(body: bytes) -> str:
    """Return the version of our app that sent a stored hint; "" where somebody else did."""
    try:
        payload = mapping(json.loads(body))
    except (ValueError, RecursionError):
        return ""
    return text(payload.get("app"))[:20] if "kinds" in payload else ""


def parse_events(body: bytes, connection_id: int) -> tuple[TrackerEvent, ...]:
    """Return what a stored hint is about: one issue, or nothing that is understood."""
    try:
        payload = mapping(json.loads(body))
    except (ValueError, RecursionError):
        return (UnrecognisedEvent(EVENT, "the body is not JSON"),)
    number = _number(payload)
    if not number:
        return (UnrecognisedEvent(EVENT, "no issue's readable id is in it"),)
    kinds = _kinds(payload)
    is_deleted = not _DELETED.isdisjoint(kinds)
    return (IssueHint(connection_id, number, is_deleted, kinds),)


def _number(payload: Mapping[str, Any]) -> str:
    for name in _NAMES:
        value = payload.get(name)
        held = mapping(value)
        for candidate in (value, held.get("idReadable"), held.get("id")):
            if _READABLE.fullmatch(text(candidate)):
                return text(candidate)
    return ""


def _kinds(payload: Mapping[str, Any]) -> tuple[str, ...]:
    listed = payload.get("kinds")
    kinds = listed if isinstance(listed, list) else [payload.get("event")]
    return tuple(text(kind)[:40] for kind in kinds[:_MOST_KINDS] if text(kind))
