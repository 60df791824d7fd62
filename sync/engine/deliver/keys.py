"""What the outbox's command keys say beyond naming the command. Pure."""

from __future__ import annotations

import re

from sync.core.model.common import MergeRequestKey, Milestone
from sync.core.model.smart_commits import SpeechKey
from sync.core.plan import Plan

_SPOKEN = "spoken:"
STEP_KEYS = ("status", "stage")  # commands that carry the task's step
_TELL = re.compile(r"tell:(\d+):(.*)>([^>]*)", re.DOTALL)
_NOTIFY = re.compile(r"notify:(\d+)/(\d+)!(\d+):.*>(\w+)")


def command_key(key: str, plan: Plan) -> str:
    """The plan's key; a notification's also names the milestone to record when it is done.

    What people are told (reopened) may be another milestone than the one reached (approved).
    """
    for merge_request, milestone in plan.milestones.items():
        if key.startswith(f"notify:{merge_request}:"):
            return f"{key}>{milestone}"
    return key


def milestone_of(key: str) -> tuple[MergeRequestKey, Milestone] | None:
    """The milestone to record when the command of this key is done, None where it has none."""
    found = _NOTIFY.fullmatch(key)
    if found is None:
        return None
    connection_id, project_id, iid = map(int, found.group(1, 2, 3))
    return MergeRequestKey(connection_id, project_id, iid), Milestone(found[4])


def told_by(key: str) -> tuple[str, str] | None:
    """What people are told by the notification of this key: about what, and its state then."""
    found = _TELL.fullmatch(key)
    return (found[2], found[3]) if found else None


def told_to(key: str) -> int:
    """Whom the notification of this key is for."""
    found = _TELL.fullmatch(key)
    return int(found[1]) if found else 0


def spoken_by(key: str) -> SpeechKey | None:
    """The command of a commit that the command of this key carries out."""
    return SpeechKey.read(key.removeprefix(_SPOKEN)) if key.startswith(_SPOKEN) else None
