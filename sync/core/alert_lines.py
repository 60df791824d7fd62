"""One line gone through: what its endings, in order of time, make of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sync.core.alerts.model import GONE, Alert, AlertState, Ending
from sync.core.alerts.results import fails, passes
from sync.core.rules.portal import AlertRules, Severity

FLAPPING_WITHIN = timedelta(hours=1)
MOST_ENDINGS = 200  # remembered of one alert: the first, and the last ones
_RANKS = {Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 3}


@dataclass
class _Line:
    """One line while its endings are gone through."""

    stage: str
    flapping: int
    done: list[Alert] = field(default_factory=list)
    current: Alert | None = None
    failing: bool = False
    in_a_row: int = 0
    passed: Ending | None = None
    changes: list[datetime] = field(default_factory=list)

    def changed(self, at: datetime) -> None:
        self.changes = [*(one for one in self.changes if at - one <= FLAPPING_WITHIN), at]

    @property
    def flaps(self) -> bool:
        return 0 < self.flapping <= len(self.changes)


def derived(stage: str, endings: Iterable[Ending], rules: AlertRules, now: datetime) -> list[Alert]:
    """The alerts of the line, the oldest first. `endings`: what the line hears of."""
    line = _Line(stage, rules.flapping)
    for ending in endings:
        _calm(line, ending.at)
        if ending.status == GONE:
            _end(line, AlertState.CLOSED, ending)
            line.changes = []
        elif passes(ending, stage):
            _pass(line, ending)
        elif severity := fails(ending, stage, rules):
            _fail(line, ending, severity)
    _calm(line, now)
    return [*line.done, *([line.current] if line.current else [])]


def _fail(line: _Line, ending: Ending, severity: Severity) -> None:
    """A milder one while the line fails says nothing new: somebody canceled, the fault is there."""
    alert = line.current
    if alert and line.failing and _RANKS[severity] < _RANKS[alert.severity]:
        return
    if not line.failing:
        line.changed(ending.at)
        line.failing, line.in_a_row = True, 0
    another = alert is None or ending.pipeline != alert.failed_by  # it may end in several ways
    line.in_a_row += another
    if alert is None:
        alert = Alert(
            line.stage, ending.pipeline, AlertState.OPEN, severity, ending.status, 0, 0,
            ending.at, ending.at, ending.pipeline,
        )  # fmt: skip
    graver = _RANKS[severity] > _RANKS[alert.severity]
    line.current = replace(
        alert,
        severity=severity if graver else alert.severity,
        status=ending.status if graver else alert.status,
        failures=alert.failures + another,
        in_a_row=max(alert.in_a_row, line.in_a_row),
        failed_at=ending.at,
        failed_by=ending.pipeline,
        endings=_remembered(alert.endings, ending),
    )
    _shake(line)


def _pass(line: _Line, ending: Ending) -> None:
    if line.current is None or not line.failing:
        return
    line.failing, line.passed = False, ending
    line.current = replace(line.current, endings=_remembered(line.current.endings, ending))
    line.changed(ending.at)
    _shake(line)
    if line.current.state is not AlertState.UNSTABLE:
        _end(line, AlertState.RESOLVED, ending)


def _shake(line: _Line) -> None:
    """From its fourth change within the hour a line is unstable, until it is quiet for an hour."""
    alert = line.current
    if alert and (line.flaps or alert.state is AlertState.UNSTABLE):
        quiet_at = line.changes[-1] + FLAPPING_WITHIN
        line.current = replace(alert, state=AlertState.UNSTABLE, quiet_at=quiet_at)


def _calm(line: _Line, at: datetime) -> None:
    alert = line.current
    if alert is None or alert.quiet_at is None or at < alert.quiet_at:
        return
    line.current = replace(alert, state=AlertState.OPEN, quiet_at=None)
    if not line.failing and line.passed:
        _end(line, AlertState.RESOLVED, line.passed)


def _end(line: _Line, state: AlertState, ending: Ending) -> None:
    if line.current is not None:
        remembered = line.current.endings
        if ending.status == GONE:  # the mirror forgets it when the branch is made again
            remembered = _remembered(remembered, ending)
        line.done.append(
            replace(
                line.current,
                state=state,
                ended_at=ending.at,
                ended_by=ending.pipeline,
                quiet_at=None,
                endings=remembered,
            )
        )
    line.current, line.failing = None, False


def _remembered(known: tuple[Ending, ...], ending: Ending) -> tuple[Ending, ...]:
    return (*known[:1], *known[1:][2 - MOST_ENDINGS :], ending)
