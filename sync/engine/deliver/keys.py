"""What the outbox's command keys say beyond naming the command. Pure."""

from __future__ import annotations

import re

from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.smart_commits import CommandKey
from sync.core.plan import Plan

_SMART_COMMIT_PREFIX = "smart_commit:"
STEP_KEYS = ("status", "stage")  # commands that carry the task's step
_NOTIFICATION_KEY = re.compile(r"tell:(\d+):(.*)>([^>]*)", re.DOTALL)
_REVIEW_NOTIFICATION_KEY = re.compile(r"notify:(\d+)/(\d+)!(\d+):.*>(\w+)")


def command_key(key: str, plan: Plan) -> str:
    """The plan's key; a notification's also names the milestone to record when it is done.

    What people are told (reopened) may be another milestone than the one reached (approved).
    """
    for merge_request, milestone in plan.review_events.items():
        if key.startswith(f"notify:{merge_request}:"):
            return f"{key}>{milestone}"
    return key


def review_event_of(key: str) -> tuple[MergeRequestKey, ReviewEvent] | None:
    """The milestone to record when the command of this key is done, None where it has none."""
    found = _REVIEW_NOTIFICATION_KEY.fullmatch(key)
    if found is None:
        return None
    connection_id, project_id, iid = map(int, found.group(1, 2, 3))
    return MergeRequestKey(connection_id, project_id, iid), ReviewEvent(found[4])


def notified_state(key: str) -> tuple[str, str] | None:
    """What people are told by the notification of this key: about what, and its state then."""
    found = _NOTIFICATION_KEY.fullmatch(key)
    return (found[2], found[3]) if found else None


def notified_user(key: str) -> int:
    """Whom the notification of this key is for."""
    found = _NOTIFICATION_KEY.fullmatch(key)
    return int(found[1]) if found else 0


def smart_commit_key(key: str) -> CommandKey | None:
    """The command of a commit that the command of this key carries out."""
    return (
        CommandKey.parse(key.removeprefix(_SMART_COMMIT_PREFIX))
        if key.startswith(_SMART_COMMIT_PREFIX)
        else None
    )
