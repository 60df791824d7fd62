"""The two lines every act on a merge request ends with: touch it, fire its hook."""

from __future__ import annotations

from datetime import datetime

from tests.emulators.gitlab import payloads
from tests.emulators.gitlab.deliveries import Deliveries
from tests.emulators.gitlab.entities import MergeRequest, User
from tests.emulators.gitlab.parts import hook_time
from tests.emulators.gitlab.state import State


def touch(state: State, mr: MergeRequest, actor: User) -> dict:
    """Move `updated_at` and `updated_by_id`; what that adds to the hook's `changes`."""
    before, mr.updated_at = mr.updated_at, state.now()
    who, mr.updated_by_id = mr.updated_by_id, actor.id
    changes = {"updated_at": payloads.change(hook_time(before), hook_time(mr.updated_at))}
    if who != actor.id:
        changes["updated_by_id"] = payloads.change(who, actor.id)
    return changes


def fire(
    deliveries: Deliveries,
    mr: MergeRequest,
    actor: User,
    action: str,
    *,
    changes: dict | None = None,
    at: datetime | None = None,
    oldrev: str = "",
    system_action: str = "",
) -> None:
    state = deliveries.state
    with state.lock:
        body = payloads.merge_request(
            state,
            mr,
            actor,
            action,
            changes=changes,
            at=at,
            oldrev=oldrev,
            system_action=system_action,
        )
    deliveries.fire(state.projects[mr.project_id], "merge_requests_events", body)
