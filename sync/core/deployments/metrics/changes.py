"""Changes: merge requests with the moments of their way to production, and the spans between. Pure.

A span is None, "no data", where one of its ends is unknown, and where it would be negative: a
branch that is rebased after it was proposed has commits younger than the merge request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from statistics import median

from sync.core.model.merge_requests import MergeRequestKey


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` on, before `end`."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime | None) -> bool:
        return moment is not None and self.start <= moment < self.end

    @property
    def weeks(self) -> float:
        """Return the length in weeks."""
        return (self.end - self.start) / timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A merge request and when it came how far; None: not yet, or not reported.

    `first_review_at`: the first comment or approval by another person than the author.
    `approved_at`: the last approval before the merge. `deployed_at`: the first finished production
    deployment that carries it. `closed_at`: closed without a merge, and not open again.
    """

    key: MergeRequestKey
    title: str = ""
    branch: str = ""
    first_commit_at: datetime | None = None
    opened_at: datetime | None = None
    first_review_at: datetime | None = None
    approved_at: datetime | None = None
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    deployed_at: datetime | None = None

    @property
    def ended_at(self) -> datetime | None:
        """Return when the merge request was merged or closed."""
        return self.merged_at or self.closed_at

    @property
    def reviewed_at(self) -> datetime | None:
        """Return the end of the review: the last approval, else the merge."""
        return (self.approved_at or self.merged_at) if self.first_review_at else None


# Span → its two ends, and the moment that decides in which period it counts.
SPANS: dict[str, tuple[str, str, str]] = {
    "lead_time": ("first_commit_at", "deployed_at", "deployed_at"),
    "cycle_time": ("first_commit_at", "merged_at", "merged_at"),
    "time_to_first_review": ("opened_at", "first_review_at", "first_review_at"),
    "coding": ("first_commit_at", "opened_at", "merged_at"),
    "waiting": ("opened_at", "first_review_at", "merged_at"),
    "review": ("first_review_at", "reviewed_at", "merged_at"),
    "merge": ("approved_at", "merged_at", "merged_at"),
    "deploy": ("merged_at", "deployed_at", "deployed_at"),
}
PARTS = ("coding", "waiting", "review", "merge", "deploy")  # of the lead time, in their order


_ENDS = {name: attrgetter(start, end) for name, (start, end, _) in SPANS.items()}


def span_of(change: Change, name: str) -> timedelta | None:
    """Return one of SPANS, None for no data."""
    start, end = _ENDS[name](change)
    if start is None or end is None or end < start:
        return None
    return timedelta(seconds=(end - start).total_seconds())


def spans_of(
    changes: Iterable[Change], name: str, period: Period
) -> tuple[tuple[Change, timedelta], ...]:
    """Return the changes that have the span and reached its deciding moment in the period."""
    moment_of = attrgetter(SPANS[name][2])
    start, end = period.start, period.end
    measured = (
        (change, span_of(change, name))
        for change in changes
        if (moment := moment_of(change)) is not None and start <= moment < end
    )
    return tuple((change, span) for change, span in measured if span is not None)


def median_seconds(spans: Iterable[timedelta]) -> float | None:
    """Return the median in seconds; of an even number the mean of the middle two. None: no data."""
    seconds = [span.total_seconds() for span in spans]
    return median(seconds) if seconds else None
