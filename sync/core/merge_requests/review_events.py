"""Where the development of a task stands, and what has newly happened to a merge request. Pure."""

from __future__ import annotations

from enum import StrEnum

from sync.core.model.merge_requests import MergeRequest, MergeRequestState, ReviewEvent


class _ReviewState(StrEnum):
    DRAFT = "draft"
    DRAFT_APPROVED = "draft, approved"
    OPEN = "open"
    APPROVED = "approved"
    MERGED = "merged"
    CLOSED = "closed"


_E = ReviewEvent

# Where a merge request stands after what was last recorded (columns: none, then each milestone).
# A draft waits where it was until it is ready, except that a lost approval may be given again.
_NEXT_EVENT: dict[_ReviewState, dict[ReviewEvent | None, ReviewEvent | None]] = {
    _ReviewState.DRAFT: {
        None: None, _E.OPENED: _E.OPENED, _E.APPROVED: _E.OPENED, _E.REOPENED: _E.REOPENED,
        _E.MERGED: _E.MERGED, _E.CLOSED: _E.CLOSED,
    },
    _ReviewState.DRAFT_APPROVED: {
        None: None, _E.OPENED: _E.OPENED, _E.APPROVED: _E.APPROVED, _E.REOPENED: _E.REOPENED,
        _E.MERGED: _E.MERGED, _E.CLOSED: _E.CLOSED,
    },
    _ReviewState.OPEN: {
        None: _E.OPENED, _E.OPENED: _E.OPENED, _E.APPROVED: _E.OPENED, _E.REOPENED: _E.REOPENED,
        _E.MERGED: _E.REOPENED, _E.CLOSED: _E.REOPENED,
    },
    _ReviewState.APPROVED: dict.fromkeys((None, *ReviewEvent), _E.APPROVED),
    _ReviewState.MERGED: dict.fromkeys((None, *ReviewEvent), _E.MERGED),
    _ReviewState.CLOSED: dict.fromkeys((None, *ReviewEvent), _E.CLOSED),
}  # fmt: skip


def next_review_event(
    merge_request: MergeRequest, previous: ReviewEvent | None
) -> ReviewEvent | None:
    """Return the review event to record after the last one; to apply it twice changes nothing."""
    return _NEXT_EVENT[_review_state(merge_request)][previous]


def event_to_notify(
    previous: ReviewEvent | None, recorded: ReviewEvent | None
) -> ReviewEvent | None:
    """Return what people may be told of that change: nothing for a lost approval.

    A merge request that comes back already approved is told as reopened.
    """
    if recorded is previous or (previous, recorded) == (_E.APPROVED, _E.OPENED):
        return None
    if previous in (_E.CLOSED, _E.MERGED) and recorded is _E.APPROVED:
        return _E.REOPENED
    return recorded


def _review_state(merge_request: MergeRequest) -> _ReviewState:
    match merge_request.state:
        case MergeRequestState.MERGED:
            return _ReviewState.MERGED
        case MergeRequestState.CLOSED:
            return _ReviewState.CLOSED
    if merge_request.draft:
        return _ReviewState.DRAFT_APPROVED if merge_request.approved else _ReviewState.DRAFT
    return _ReviewState.APPROVED if merge_request.approved else _ReviewState.OPEN
