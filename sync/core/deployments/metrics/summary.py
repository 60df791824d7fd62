"""Measure a period: DORA's four metrics, the parts of the way to production, and each week. Pure.

Every number has the list that it was made of. None stands for "no data" and is never shown as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    return tuple(
        _week(flow, start, now, has_data=since is not None and since < start + WEEK)
        for start in _mondays(flow.period)
    )


def _week(flow: Flow, start: datetime, now: datetime, *, has_data: bool) -> Week:
    if not has_data:
        return Week(start, None, None, None, None, None)
    whole = Period(start, start + WEEK)
    period = Period(max(start, flow.period.start), min(start + WEEK, flow.period.end))
    at = min(whole.end, now)
    lead_times = spans_of(flow.changes, "lead_time", period)
    return Week(
        start,
        deployments=sum(s.deployment.updated_at in period for s in flow.shipments),
        failures=sum(f.failed.updated_at in period for f in flow.failures),
        merged=sum(change.merged_at in period for change in flow.changes),
        in_progress=sum(_is_open_at(change, at) for change in flow.changes),
        lead_time=median_seconds(span for _, span in lead_times),
    )


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


def _mondays(period: Period) -> Sequence[datetime]:
    day = period.start.replace(hour=0, minute=0, second=0, microsecond=0)
    monday, mondays = day - timedelta(days=day.weekday()), []
    while monday < period.end:
        mondays.append(monday)
        monday += WEEK
    return mondays
