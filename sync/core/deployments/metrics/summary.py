"""Measure a period: DORA's four metrics, the parts of the way to production, and each week. Pure.

Every number has the list that it was made of. None stands for "no data" and is never shown as 0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sync.core.deployments.metrics.changes import (
    SPANS,
    Change,
    Period,
    median_seconds,
    spans_of,
)
from sync.core.deployments.metrics.failures import Failure, Shipment, find_failures

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Measure:
    """A number and of how much it was made: deployments, failures or merge requests.

    `unit`: `seconds` (a median), `per_week`, `ratio` (0 to 1), or `count`.
    """

    name: str
    unit: str
    value: float | None
    size: int


@dataclass(frozen=True, slots=True)
class Week:
    """What happened from `start` (Monday, 0:00 UTC) on; counts of before anything is known: None.

    `in_progress`: merge requests that were open at the end of the week, or are now.
    """

    start: datetime
    deployments: int | None
    failures: int | None
    merged: int | None
    in_progress: int | None
    lead_time: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """All that is known of the chosen projects, around the period and in it."""

    changes: tuple[Change, ...]
    shipments: tuple[Shipment, ...]
    failures: tuple[Failure, ...]
    period: Period

    def deployments(self) -> tuple[Shipment, ...]:
        """Return the finished production deployments of the period."""
        return tuple(s for s in self.shipments if s.deployment.updated_at in self.period)

    def failed(self) -> tuple[Failure, ...]:
        """Return the failures whose failed deployment is of the period."""
        return tuple(f for f in self.failures if f.failed.updated_at in self.period)

    def restored(self) -> tuple[Failure, ...]:
        """Return the failures that were remedied in the period."""
        return tuple(f for f in self.failures if f.remedy.updated_at in self.period)

    def merged(self) -> tuple[Change, ...]:
        """Return the merge requests that were merged in the period."""
        return tuple(change for change in self.changes if change.merged_at in self.period)

    def in_progress(self) -> tuple[Change, ...]:
        """Return the merge requests that are open at the end of the period."""
        return tuple(c for c in self.changes if _is_open_at(c, self.period.end))


def measure_flow(changes: Iterable[Change], shipments: Iterable[Shipment], period: Period) -> Flow:
    """Find the failures among the shipments of any time, and keep what the metrics are made of."""
    of = tuple(shipments)
    return Flow(tuple(changes), of, find_failures(of), period)


def measures(flow: Flow) -> tuple[Measure, ...]:
    """Return DORA's four metrics, then those of the flow."""
    deployments, failed = flow.deployments(), flow.failed()
    restored, merged = flow.restored(), flow.merged()
    in_progress = flow.in_progress()
    weeks = flow.period.weeks
    return (
        Measure(
            "deployment_frequency", "per_week", _ratio(len(deployments), weeks), len(deployments)
        ),
        _span_measure(flow, "lead_time"),
        Measure(
            "change_failure_rate",
            "ratio",
            len(failed) / len(deployments) if deployments else None,
            len(failed),
        ),
        Measure(
            "time_to_restore",
            "seconds",
            median_seconds(failure.restored_after for failure in restored),
            len(restored),
        ),
        *(_span_measure(flow, name) for name in SPANS if name != "lead_time"),
        Measure("throughput", "per_week", _ratio(len(merged), weeks), len(merged)),
        Measure(
            "work_in_progress", "count", len(in_progress) if in_progress else None, len(in_progress)
        ),
    )


def weekly(flow: Flow, now: datetime) -> tuple[Week, ...]:
    """Return the weeks that the period touches, oldest first; a week may begin before it."""
    since = min(_moments(flow), default=None)
    deployments = _by_week(s.deployment.updated_at for s in flow.deployments())
    failures = _by_week(f.failed.updated_at for f in flow.failed())
    merged = _by_week(change.merged_at for change in flow.merged() if change.merged_at)
    lead_times: dict[datetime, list[timedelta]] = {}
    for change, span in spans_of(flow.changes, "lead_time", flow.period):
        if change.deployed_at:
            lead_times.setdefault(_monday(change.deployed_at), []).append(span)
    count_open = _open_counter(flow.changes)

    def week(start: datetime) -> Week:
        if since is None or since >= start + WEEK:
            return Week(start, None, None, None, None, None)
        return Week(
            start,
            deployments=deployments[start],
            failures=failures[start],
            merged=merged[start],
            in_progress=count_open(min(start + WEEK, now)),
            lead_time=median_seconds(lead_times.get(start, ())),
        )

    return tuple(map(week, _mondays(flow.period)))


def _by_week(moments: Iterable[datetime]) -> Counter[datetime]:
    return Counter(map(_monday, moments))


def _open_counter(changes: Iterable[Change]) -> Callable[[datetime], int]:
    """Return a function that counts the merge requests that are open at a moment."""
    spans = [(c.opened_at, c.ended_at) for c in changes if c.opened_at]
    opened = sorted(start for start, _ in spans)
    ended = sorted(max(start, end) for start, end in spans if end)
    return lambda moment: bisect_right(opened, moment) - bisect_right(ended, moment)


def _span_measure(flow: Flow, name: str) -> Measure:
    measured = spans_of(flow.changes, name, flow.period)
    return Measure(name, "seconds", median_seconds(span for _, span in measured), len(measured))


def _ratio(count: int, weeks: float) -> float | None:
    return count / weeks if count and weeks > 0 else None


def _is_open_at(change: Change, moment: datetime) -> bool:
    opened, ended = change.opened_at, change.ended_at
    return opened is not None and opened <= moment and (ended is None or ended > moment)


def _moments(flow: Flow) -> Iterator[datetime]:
    for change in flow.changes:
        yield from (moment for moment in (change.opened_at, change.merged_at) if moment)
    yield from (shipment.deployment.updated_at for shipment in flow.shipments)


def _monday(moment: datetime) -> datetime:
    """Return the beginning of the moment's week, in UTC."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _mondays(period: Period) -> Sequence[datetime]:
    monday, mondays = _monday(period.start), []
    while monday < period.end:
        mondays.append(monday)
        monday += WEEK
    return mondays
