"""The two lines every act on a merge request ends with: touch it, fire its hook."""

from __future__ import annotations

from datetime import datetime

from tests.emulators.gitlab import ancestry, payloads
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


def reload_diff(state: State, mr: MergeRequest) -> None:
    """Compare the branches again, as after a push to either of them or another target."""
    place, source_place = state.projects[mr.project_id], state.projects[mr.source_id]
    target, source = (
        place.branches.get(mr.target_branch),
        source_place.branches.get(mr.source_branch),
    )
    if target and source:
        place.commits.update(source_place.commits)
        mr.base_sha, mr.shas = ancestry.compare(place, target.head, source.head)
        mr.diff_head = source.head


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
