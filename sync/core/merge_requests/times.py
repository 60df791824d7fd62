"""Fold the moments at which a merge request was opened, approved, merged and closed. Pure.

Whatever the order of the reports, the result is the same: each moment is the earliest or the latest
of those reported, and approvals are a set.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequest, MergeRequestState, ReviewTimes

MAX_APPROVALS = 20  # moments that are kept: the first one, and the latest


def add_event_times(times: ReviewTimes, event: MergeRequestEvent) -> ReviewTimes:
    """Add what a hook reports. An approval counts where its author is known to be another person.

    GitLab's hooks have no moment of merging of their own; the change that they report is of
    `updated_at`.
    https://docs.gitlab.com/user/project/integrations/webhook_events/#merge-request-events
    """
    at, action = event.merge_request.updated_at, event.action
    author_id = event.author_id or (event.merge_request.author and event.merge_request.author.id)
    by_other = event.actor is not None and author_id is not None and event.actor.id != author_id
    return replace(
        times,
        opened_at=_earliest(times.opened_at, event.merge_request.created_at),
        merged_at=_earliest(times.merged_at, at) if action == "merge" else times.merged_at,
        closed_at=_latest(times.closed_at, at) if action == "close" else times.closed_at,
        approvals=_with_approval(times.approvals, at)
        if event.actor_approved and by_other
        else times.approvals,
    )


def add_snapshot_times(times: ReviewTimes, merge_request: MergeRequest) -> ReviewTimes:
    """Add what the host's own answer reports: it has the moments of opening and of the end."""
    ended, state = merge_request.ended_at, merge_request.state
    return replace(
        times,
        opened_at=_earliest(times.opened_at, merge_request.created_at),
        merged_at=_earliest(times.merged_at, ended if state is MergeRequestState.MERGED else None),
        closed_at=_latest(times.closed_at, ended if state is MergeRequestState.CLOSED else None),
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _with_approval(approvals: tuple[datetime, ...], at: datetime) -> tuple[datetime, ...]:
    every = sorted({*approvals, at})
    return (*every[:1], *every[1:][-(MAX_APPROVALS - 1) :])
