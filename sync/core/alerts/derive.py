"""Derive the alerts of a ref from the results of its pipelines. Pure.

Invariants: the outcome depends on the results alone, neither on their order of arrival nor on
repetition. A stored alert keeps its key whatever arrives later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sync.core.alerts.model import BRANCH_DELETED, Alert, AlertState, PipelineResult
from sync.core.alerts.results import (
    failure_severity,
    merge_results,
    relevant_results,
    sort_key,
    stage_passed,
)
from sync.core.rules.portal import AlertRules, Severity


def derive_alerts(
    endings: Iterable[PipelineResult],
    rules: AlertRules,
    now: datetime,
    stored_alerts: Iterable[Alert] = (),
    *,
    deleted_at: datetime | None = None,
) -> tuple[Alert, ...]:
    """Derive the alerts of one ref, oldest first.

    `stored_alerts` are all kept. `deleted_at` is when the branch was deleted, if it has not come
    back; later results of its pipelines are ignored. `now` ends the unstable state of a ref that
    has been quiet for long enough.
    """
    stored = tuple(stored_alerts)
    pipeline_results = merge_results(
        (*endings, *(pipeline_result for alert in stored for pipeline_result in alert.results))
    )
    if deleted_at is not None:
        pipeline_results.append(
            PipelineResult(
                0,
                BRANCH_DELETED,
                max([deleted_at, *(pipeline_result.at for pipeline_result in pipeline_results)]),
            )
        )
        pipeline_results.sort(key=sort_key)
    alerts = [
        alert
        for stage in _stages(pipeline_results, rules)
        for alert in derive_stage_alerts(
            stage, relevant_results(pipeline_results, stage, rules), rules, now
        )
    ]
    return _keep_stored_keys(alerts, stored, now)


def close_all(alerts: Iterable[Alert], now: datetime) -> tuple[Alert, ...]:
    """Close the alerts of a ref that is not watched any more."""
    return tuple(_close(alert, now) for alert in alerts)


def _close(alert: Alert, at: datetime) -> Alert:
    if alert.state.ended:
        return alert
    ended_at = max(at, alert.failed_at)
    return replace(alert, state=AlertState.CLOSED, ended_at=ended_at, quiet_at=None)


def _stages(endings: Iterable[PipelineResult], rules: AlertRules) -> tuple[str, ...]:
    stages = (
        {stage for pipeline_result in endings for stage in pipeline_result.failed_stages}
        if rules.by_stage
        else set()
    )
    return ("", *sorted(stages))


def _keep_stored_keys(
    derived_alerts: Sequence[Alert], stored: Sequence[Alert], now: datetime
) -> tuple[Alert, ...]:
    """Give derived alerts their stored keys, so that late failures rename nothing.

    Where one pipeline opened two alerts, the second is named after its next own failed pipeline.
    """
    remaining = {(entry.stage, entry.first_pipeline_id): entry for entry in stored}
    own = {(entry.stage, entry.first_pipeline_id) for entry in derived_alerts}
    tasks_by_key: dict[tuple[str, int], Alert] = {}
    for alert in sorted(
        derived_alerts, key=lambda alert: (alert.stage, alert.first_pipeline_id) not in remaining
    ):
        name = alert.stage, alert.first_pipeline_id
        if name not in remaining:
            free = _possible_keys(alert) - (own - {name}) - tasks_by_key.keys()
            fresh = min(free, default=name) if name in tasks_by_key else name
            name = min(free & remaining.keys(), default=fresh)
        remaining.pop(name, None)
        tasks_by_key.setdefault(name, replace(alert, first_pipeline_id=name[1]))
    lost = {name: _close(entry, now) for name, entry in remaining.items()}
    every = {**lost, **tasks_by_key}
    return tuple(
        sorted(
            every.values(),
            key=lambda alert: (alert.opened_at, alert.first_pipeline_id, alert.stage),
        )
    )


def _possible_keys(alert: Alert) -> set[tuple[str, int]]:
    """Return the keys that an alert may have: those of pipelines that failed in it."""
    failed = (
        pipeline_result
        for pipeline_result in alert.results
        if pipeline_result.status != BRANCH_DELETED
        and not stage_passed(pipeline_result, alert.stage)
    )
    return {(alert.stage, pipeline_result.pipeline_id) for pipeline_result in failed}


FLAPPING_WINDOW = timedelta(hours=1)


MAX_RESULTS = 200  # remembered of one alert: the first, and the last ones


_SEVERITY_RANKS = {Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 3}


@dataclass
class _Timeline:
    """The state of one stage while its results are processed in order of time."""

    stage: str
    flapping_threshold: int
    ended_alerts: list[Alert] = field(default_factory=list)
    open_alert: Alert | None = None
    failing: bool = False
    in_a_row: int = 0
    last_pass: PipelineResult | None = None
    change_times: list[datetime] = field(default_factory=list)

    def add_change(self, at: datetime) -> None:
        """Record a change between passing and failing; forget those out of the window."""
        self.change_times = [
            *(
                change_time
                for change_time in self.change_times
                if at - change_time <= FLAPPING_WINDOW
            ),
            at,
        ]

    @property
    def is_flapping(self) -> bool:
        """Tell whether the changes within the window reach the threshold."""
        return 0 < self.flapping_threshold <= len(self.change_times)


def derive_stage_alerts(
    stage: str, endings: Iterable[PipelineResult], rules: AlertRules, now: datetime
) -> list[Alert]:
    """Derive the alerts of one stage, oldest first, from its relevant results."""
    line = _Timeline(stage, rules.flapping)
    for ending in endings:
        _end_quiet_period(line, ending.at)
        if ending.status == BRANCH_DELETED:
            _end_alert(line, AlertState.CLOSED, ending)
            line.change_times = []
        elif stage_passed(ending, stage):
            _apply_pass(line, ending)
        elif severity := failure_severity(ending, stage, rules):
            _apply_failure(line, ending, severity)
    _end_quiet_period(line, now)
    return [*line.ended_alerts, *([line.open_alert] if line.open_alert else [])]


def _apply_failure(line: _Timeline, ending: PipelineResult, severity: Severity) -> None:
    """Open or update the alert; ignore a milder failure while the stage fails."""
    alert = line.open_alert
    if alert and line.failing and _SEVERITY_RANKS[severity] < _SEVERITY_RANKS[alert.severity]:
        return
    if not line.failing:
        line.add_change(ending.at)
        line.failing, line.in_a_row = True, 0
    another = (
        alert is None or ending.pipeline_id != alert.last_failed_pipeline_id
    )  # it may end in several ways
    line.in_a_row += another
    if alert is None:
        alert = Alert(
            line.stage, ending.pipeline_id, AlertState.OPEN, severity, ending.status, 0, 0,
            ending.at, ending.at, ending.pipeline_id,
        )  # fmt: skip
    graver = _SEVERITY_RANKS[severity] > _SEVERITY_RANKS[alert.severity]
    line.open_alert = replace(
        alert,
        severity=severity if graver else alert.severity,
        status=ending.status if graver else alert.status,
        failures=alert.failures + another,
        in_a_row=max(alert.in_a_row, line.in_a_row),
        failed_at=ending.at,
        last_failed_pipeline_id=ending.pipeline_id,
        results=_append_result(alert.results, ending),
    )
    _mark_unstable(line)


def _apply_pass(line: _Timeline, ending: PipelineResult) -> None:
    if line.open_alert is None or not line.failing:
        return
    line.failing, line.last_pass = False, ending
    line.open_alert = replace(
        line.open_alert, results=_append_result(line.open_alert.results, ending)
    )
    line.add_change(ending.at)
    _mark_unstable(line)
    if line.open_alert.state is not AlertState.UNSTABLE:
        _end_alert(line, AlertState.RESOLVED, ending)


def _mark_unstable(line: _Timeline) -> None:
    """Mark the alert as unstable from the threshold on, until an hour without changes."""
    alert = line.open_alert
    if alert and (line.is_flapping or alert.state is AlertState.UNSTABLE):
        quiet_at = line.change_times[-1] + FLAPPING_WINDOW
        line.open_alert = replace(alert, state=AlertState.UNSTABLE, quiet_at=quiet_at)


def _end_quiet_period(line: _Timeline, at: datetime) -> None:
    alert = line.open_alert
    if alert is None or alert.quiet_at is None or at < alert.quiet_at:
        return
    line.open_alert = replace(alert, state=AlertState.OPEN, quiet_at=None)
    if not line.failing and line.last_pass:
        _end_alert(line, AlertState.RESOLVED, line.last_pass)


def _end_alert(line: _Timeline, state: AlertState, ending: PipelineResult) -> None:
    if line.open_alert is not None:
        remembered = line.open_alert.results
        if ending.status == BRANCH_DELETED:  # the mirror forgets it when the branch is made again
            remembered = _append_result(remembered, ending)
        line.ended_alerts.append(
            replace(
                line.open_alert,
                state=state,
                ended_at=ending.at,
                fixed_by_pipeline_id=ending.pipeline_id,
                quiet_at=None,
                results=remembered,
            )
        )
    line.open_alert, line.failing = None, False


def _append_result(
    results: tuple[PipelineResult, ...], ending: PipelineResult
) -> tuple[PipelineResult, ...]:
    return (*results[:1], *results[1:][2 - MAX_RESULTS :], ending)
