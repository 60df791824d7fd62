"""The alerts of a ref, derived from how its pipelines ended. Pure.

Invariants. What is derived depends on the endings alone: neither on the order in which they were
heard nor on how often. A stored alert keeps its name whatever is heard later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sync.core.alert_lines import derive_stage_alerts
from sync.core.alerts.model import BRANCH_DELETED, Alert, AlertState, PipelineResult
from sync.core.alerts.results import merge_results, relevant_results, sort_key, stage_passed
from sync.core.rules.portal import AlertRules


def derive_alerts(
    endings: Iterable[PipelineResult],
    rules: AlertRules,
    now: datetime,
    stored_alerts: Iterable[Alert] = (),
    *,
    deleted_at: datetime | None = None,
) -> tuple[Alert, ...]:
    """The alerts of one ref, the oldest first.

    `known`: those stored, of which none is lost. `gone`: the branch was deleted then and has not
    come back; what its last pipelines do afterwards concerns nobody. `now`: a line that is quiet
    long enough is not unstable any more.
    """
    stored = tuple(stored_alerts)
    told = merge_results((*endings, *(one for alert in stored for one in alert.results)))
    if deleted_at is not None:
        told.append(PipelineResult(0, BRANCH_DELETED, max([deleted_at, *(one.at for one in told)])))
        told.sort(key=sort_key)
    found = [
        alert
        for stage in _stages(told, rules)
        for alert in derive_stage_alerts(stage, relevant_results(told, stage, rules), rules, now)
    ]
    return _keep_stored_keys(found, stored, now)


def close_all(alerts: Iterable[Alert], now: datetime) -> tuple[Alert, ...]:
    """What is left of alerts whose ref is watched no more."""
    return tuple(_close(one, now) for one in alerts)


def _close(alert: Alert, at: datetime) -> Alert:
    if alert.state.ended:
        return alert
    ended_at = max(at, alert.failed_at)
    return replace(alert, state=AlertState.CLOSED, ended_at=ended_at, quiet_at=None)


def _stages(endings: Iterable[PipelineResult], rules: AlertRules) -> tuple[str, ...]:
    stages = {stage for one in endings for stage in one.failed_stages} if rules.by_stage else set()
    return ("", *sorted(stages))


def _keep_stored_keys(
    derived_alerts: Sequence[Alert], stored: Sequence[Alert], now: datetime
) -> tuple[Alert, ...]:
    """Under the names that are stored: an older failure that is heard of late renames nothing.

    Where one pipeline opened two, the second is named after the next that failed in it alone.
    """
    left = {(one.stage, one.first_pipeline_id): one for one in stored}
    own = {(one.stage, one.first_pipeline_id) for one in derived_alerts}
    named: dict[tuple[str, int], Alert] = {}
    for alert in sorted(
        derived_alerts, key=lambda one: (one.stage, one.first_pipeline_id) not in left
    ):
        name = alert.stage, alert.first_pipeline_id
        if name not in left:
            free = _possible_keys(alert) - (own - {name}) - named.keys()
            fresh = min(free, default=name) if name in named else name
            name = min(free & left.keys(), default=fresh)
        left.pop(name, None)
        named.setdefault(name, replace(alert, first_pipeline_id=name[1]))
    lost = {name: _close(one, now) for name, one in left.items()}
    every = {**lost, **named}
    return tuple(
        sorted(every.values(), key=lambda one: (one.opened_at, one.first_pipeline_id, one.stage))
    )


def _possible_keys(alert: Alert) -> set[tuple[str, int]]:
    """Those it may have: of the pipelines that failed in it."""
    failed = (
        one
        for one in alert.results
        if one.status != BRANCH_DELETED and not stage_passed(one, alert.stage)
    )
    return {(alert.stage, one.pipeline_id) for one in failed}
