"""The alerts of a ref, derived from how its pipelines ended. Pure.

Invariants. What is derived depends on the endings alone: neither on the order in which they were
heard nor on how often. A stored alert keeps its name whatever is heard later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sync.core.alert_lines import derived
from sync.core.alerts.model import GONE, Alert, AlertState, Ending
from sync.core.alerts.results import moment, of_line, passes, together
from sync.core.rules.portal import AlertRules


def alerts_of(
    endings: Iterable[Ending],
    rules: AlertRules,
    now: datetime,
    known: Iterable[Alert] = (),
    *,
    gone: datetime | None = None,
) -> tuple[Alert, ...]:
    """The alerts of one ref, the oldest first.

    `known`: those stored, of which none is lost. `gone`: the branch was deleted then and has not
    come back; what its last pipelines do afterwards concerns nobody. `now`: a line that is quiet
    long enough is not unstable any more.
    """
    stored = tuple(known)
    told = together((*endings, *(one for alert in stored for one in alert.endings)))
    if gone is not None:
        told.append(Ending(0, GONE, max([gone, *(one.at for one in told)])))
        told.sort(key=moment)
    found = [
        alert
        for stage in _lines(told, rules)
        for alert in derived(stage, of_line(told, stage, rules), rules, now)
    ]
    return _named(found, stored, now)


def closed(known: Iterable[Alert], now: datetime) -> tuple[Alert, ...]:
    """What is left of alerts whose ref is watched no more."""
    return tuple(_closed(one, now) for one in known)


def _closed(alert: Alert, at: datetime) -> Alert:
    if alert.state.over:
        return alert
    ended_at = max(at, alert.failed_at)
    return replace(alert, state=AlertState.CLOSED, ended_at=ended_at, quiet_at=None)


def _lines(endings: Iterable[Ending], rules: AlertRules) -> tuple[str, ...]:
    stages = {stage for one in endings for stage in one.stages} if rules.by_stage else set()
    return ("", *sorted(stages))


def _named(found: Sequence[Alert], stored: Sequence[Alert], now: datetime) -> tuple[Alert, ...]:
    """Under the names that are stored: an older failure that is heard of late renames nothing.

    Where one pipeline opened two, the second is named after the next that failed in it alone.
    """
    left = {(one.stage, one.opened_by): one for one in stored}
    own = {(one.stage, one.opened_by) for one in found}
    named: dict[tuple[str, int], Alert] = {}
    for alert in sorted(found, key=lambda one: (one.stage, one.opened_by) not in left):
        name = alert.stage, alert.opened_by
        if name not in left:
            free = _names(alert) - (own - {name}) - named.keys()
            fresh = min(free, default=name) if name in named else name
            name = min(free & left.keys(), default=fresh)
        left.pop(name, None)
        named.setdefault(name, replace(alert, opened_by=name[1]))
    lost = {name: _closed(one, now) for name, one in left.items()}
    every = {**lost, **named}
    return tuple(sorted(every.values(), key=lambda one: (one.opened_at, one.opened_by, one.stage)))


def _names(alert: Alert) -> set[tuple[str, int]]:
    """Those it may have: of the pipelines that failed in it."""
    failed = (one for one in alert.endings if one.status != GONE and not passes(one, alert.stage))
    return {(alert.stage, one.pipeline) for one in failed}
