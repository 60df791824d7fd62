"""Where the development of a task stands, and what has newly happened to a merge request. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sync.core.model.common import MergeRequest, MergeRequestState, Milestone, Step

_OPEN = {MergeRequestState.OPENED, MergeRequestState.LOCKED}


def is_open(merge_request: MergeRequest) -> bool:
    """Open, or being merged at this moment."""
    return merge_request.state in _OPEN


def step_of(merge_requests: Iterable[MergeRequest]) -> Step | None:
    """The step of a task from the whole set of merge requests that move it, in any order.

    While one is open the finished ones say nothing; a draft is never approved.
    """
    known = tuple(merge_requests)
    opened = [mr for mr in known if is_open(mr)]
    if opened:
        return _step_of_open(opened)
    if any(mr.state is MergeRequestState.MERGED for mr in known):
        return Step.MERGED
    return Step.CLOSED if known else None


def _step_of_open(opened: list[MergeRequest]) -> Step:
    if all(mr.draft for mr in opened):
        return Step.DEVELOPMENT
    if all(mr.approved and not mr.draft for mr in opened):
        return Step.APPROVED
    return Step.REVIEW


class _Now(StrEnum):
    DRAFT = "draft"
    DRAFT_APPROVED = "draft, approved"
    OPEN = "open"
    APPROVED = "approved"
    MERGED = "merged"
    CLOSED = "closed"


_M = Milestone

# Where a merge request stands after what was last recorded (columns: none, then each milestone).
# A draft waits where it was until it is ready, except that a lost approval may be given again.
_RECORDED: dict[_Now, dict[Milestone | None, Milestone | None]] = {
    _Now.DRAFT: {
        None: None, _M.OPENED: _M.OPENED, _M.APPROVED: _M.OPENED, _M.REOPENED: _M.REOPENED,
        _M.MERGED: _M.MERGED, _M.CLOSED: _M.CLOSED,
    },
    _Now.DRAFT_APPROVED: {
        None: None, _M.OPENED: _M.OPENED, _M.APPROVED: _M.APPROVED, _M.REOPENED: _M.REOPENED,
        _M.MERGED: _M.MERGED, _M.CLOSED: _M.CLOSED,
    },
    _Now.OPEN: {
        None: _M.OPENED, _M.OPENED: _M.OPENED, _M.APPROVED: _M.OPENED, _M.REOPENED: _M.REOPENED,
        _M.MERGED: _M.REOPENED, _M.CLOSED: _M.REOPENED,
    },
    _Now.APPROVED: dict.fromkeys((None, *Milestone), _M.APPROVED),
    _Now.MERGED: dict.fromkeys((None, *Milestone), _M.MERGED),
    _Now.CLOSED: dict.fromkeys((None, *Milestone), _M.CLOSED),
}  # fmt: skip


def milestone_of(merge_request: MergeRequest, previous: Milestone | None) -> Milestone | None:
    """The milestone to record, given the one recorded last; applying it twice changes nothing."""
    return _RECORDED[_now(merge_request)][previous]


def news(previous: Milestone | None, recorded: Milestone | None) -> Milestone | None:
    """What people may be told of that change: nothing for a lost approval.

    A merge request that comes back already approved is told as reopened.
    """
    if recorded is previous or (previous, recorded) == (_M.APPROVED, _M.OPENED):
        return None
    if previous in (_M.CLOSED, _M.MERGED) and recorded is _M.APPROVED:
        return _M.REOPENED
    return recorded


def _now(merge_request: MergeRequest) -> _Now:
    match merge_request.state:
        case MergeRequestState.MERGED:
            return _Now.MERGED
        case MergeRequestState.CLOSED:
            return _Now.CLOSED
    if merge_request.draft:
        return _Now.DRAFT_APPROVED if merge_request.approved else _Now.DRAFT
    return _Now.APPROVED if merge_request.approved else _Now.OPEN
