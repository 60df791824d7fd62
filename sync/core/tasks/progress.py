"""Compute a task's step from the set of its merge requests. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sync.core.model.merge_requests import MergeRequest, MergeRequestState, is_open
from sync.core.model.tasks import Step


def step_of(merge_requests: Iterable[MergeRequest]) -> Step | None:
    """Return the step of a task from all merge requests that move it, in any order.

    Finished ones count only while none is open; a draft is never approved. None for no merge
    requests.
    """
    all_requests = tuple(merge_requests)
    opened = [mr for mr in all_requests if is_open(mr)]
    if opened:
        return _step_of_open(opened)
    if any(mr.state is MergeRequestState.MERGED for mr in all_requests):
        return Step.MERGED
    return Step.CLOSED if all_requests else None


def _step_of_open(opened: list[MergeRequest]) -> Step:
    if all(mr.draft for mr in opened):
        return Step.DEVELOPMENT
    if all(mr.approved and not mr.draft for mr in opened):
        return Step.APPROVED
    return Step.REVIEW
