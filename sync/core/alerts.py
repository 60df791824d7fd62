"""Alerts: failing lines of a ref, derived from how its pipelines ended. Pure.

Invariants. What is derived depends on the endings alone: neither on the order in which they were
heard nor on how often. Of the pipelines the newest that passed or failed speaks for the ref: an
older one that ends after it says nothing. A stored alert keeps its name whatever is heard later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from sync.core.model import Job, Pipeline
from sync.core.rules import AlertRules, Severity

FLAPPING_WITHIN = timedelta(hours=1)
PASSED, FAILED, GONE = "success", "failed", "deleted"
FINISHED = frozenset({PASSED, FAILED, "canceled", "skipped"})
MOST_ENDINGS = 200  # remembered of one alert: the first, and the last ones
_REQUESTS = "refs/merge-requests/"
_RANKS = {Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 3}


class AlertState(StrEnum):
    """`closed`: its branch is gone, or it is watched no more."""

    OPEN = "open"
    UNSTABLE = "unstable"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def over(self) -> bool:
        return self in (AlertState.RESOLVED, AlertState.CLOSED)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a pipeline ended: once in each of the ways it did, as a retried one ends again.

    `status`: of the pipeline, or GONE for the branch itself (then `pipeline` is 0). `stages`: of
    the jobs that failed, where those are known.
    """

    pipeline: int
    status: str
    at: datetime
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A line from its first failure to its end. `stage`: "" for the whole.

    `opened_by`: a pipeline, the alert's name for good. `status`: the gravest. `failures`: how many
    pipelines; `in_a_row`: the most without one that passed. `failed_by`, `failed_at`: the newest
    failure. `ended_by`: the pipeline that passed, 0 for none. `quiet_at`: when an unstable one is
    stable again if nothing changes. `endings`: what it was derived from; a retried pipeline's
    failure is remembered here alone.
    """

    stage: str
    opened_by: int
    state: AlertState
    severity: Severity
    status: str
    failures: int
    in_a_row: int
    opened_at: datetime
    failed_at: datetime
    failed_by: int
    ended_at: datetime | None = None
    ended_by: int = 0
    quiet_at: datetime | None = None
    endings: tuple[Ending, ...] = ()


def counts(pipeline: Pipeline) -> bool:
    """Whether it speaks for its ref: a child's result is its parent's, a request's its own."""
    named = pipeline.ref and ":" not in pipeline.ref  # no ref has one, and names are parted by it
    if pipeline.source == "parent_pipeline" or not named:
        return False
    return pipeline.source != "merge_request_event" or pipeline.ref.startswith(_REQUESTS)


def watched(ref: str, rules: AlertRules, *, default: bool, protected: bool) -> bool:
    """The refs of merge requests only by a pattern that names them."""
    wanted = rules.branches
    if ref.startswith(_REQUESTS):
        wanted = tuple(one for one in wanted if one.startswith(_REQUESTS))
    words = {"all": True, "default": default, "protected": protected}
    return any(
        words[one] if one in words else fnmatchcase(ref.casefold(), one.casefold())
        for one in wanted
    )


def ending_of(pipeline: Pipeline, jobs: Iterable[Job] = ()) -> Ending:
    """`jobs`: its failed ones; those that are allowed to fail have failed nothing."""
    stages = tuple(dict.fromkeys(job.stage for job in jobs if not job.allowed and job.stage))
    status = pipeline.status.value
    return Ending(pipeline.id, status, pipeline.updated_at, stages if status == FAILED else ())


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
    told = _together((*endings, *(one for alert in stored for one in alert.endings)))
    if gone is not None:
        told.append(Ending(0, GONE, max([gone, *(one.at for one in told)])))
        told.sort(key=_moment)
    counting = tuple(_counting(told))
    found = [
        alert
        for stage in _lines(counting, rules)
        for alert in _derived(stage, counting, rules, now)
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


def _together(endings: Iterable[Ending]) -> list[Ending]:
    """Each way a pipeline ended once, at the earliest moment that was told, in order of time."""
    found: dict[tuple[int, str, datetime | None], Ending] = {}
    for one in endings:
        key = one.pipeline, one.status, one.at if one.status == GONE else None
        other = found.get(key, one)
        stages = tuple(sorted({*one.stages, *other.stages}))
        found[key] = replace(one, at=min(one.at, other.at), stages=stages)
    return sorted(found.values(), key=_moment)


def _moment(ending: Ending) -> tuple[datetime, bool, int, str]:
    return ending.at, ending.status == GONE, ending.pipeline, ending.status


def _counting(endings: Iterable[Ending]) -> Iterator[Ending]:
    newest = 0
    for one in endings:
        if one.status != GONE and one.pipeline < newest:
            continue
        if one.status in (PASSED, FAILED):
            newest = one.pipeline
        yield one


def _lines(endings: Iterable[Ending], rules: AlertRules) -> tuple[str, ...]:
    stages = {stage for one in endings for stage in one.stages} if rules.by_stage else set()
    return ("", *sorted(stages))


def _fails(ending: Ending, stage: str, rules: AlertRules) -> Severity | None:
    """How grave it is for the line; None: it says nothing of it.

    By stage, the line "" has what failed in no stage that is known. A stage that did not fail may
    not have been reached: only a pipeline that passed tells that it is well.
    """
    if rules.by_stage and not (stage in ending.stages if stage else not ending.stages):
        return None
    return rules.severities.get(ending.status)


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


def _derived(
    stage: str, endings: Sequence[Ending], rules: AlertRules, now: datetime
) -> list[Alert]:
    line = _Line(stage, rules.flapping)
    for ending in endings:
        _calm(line, ending.at)
        if ending.status == GONE:
            _end(line, AlertState.CLOSED, ending)
            line.changes = []
        elif ending.status == PASSED:
            _pass(line, ending)
        elif severity := _fails(ending, stage, rules):
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
    line.in_a_row += 1
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
        failures=alert.failures + 1,
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


def _named(found: Iterable[Alert], stored: Sequence[Alert], now: datetime) -> tuple[Alert, ...]:
    """Under the names that are stored: an older failure that is heard of late renames nothing."""
    left = {(one.stage, one.opened_by): one for one in stored}
    named: dict[tuple[str, int], Alert] = {}
    for alert in found:
        mine = {(alert.stage, one.pipeline) for one in alert.endings if one.status != GONE}
        name = min(mine & left.keys(), default=(alert.stage, alert.opened_by))
        left.pop(name, None)
        named.setdefault(name, replace(alert, opened_by=name[1]))
    lost = {name: _closed(one, now) for name, one in left.items()}
    every = {**lost, **named}
    return tuple(sorted(every.values(), key=lambda one: (one.opened_at, one.opened_by, one.stage)))
