"""How pipelines ended: what was told in any order and as often, as one line hears of it. Pure.

Invariants. The result depends on what was told alone, neither on its order nor on repetition, and
taken together again with what was told it is the same. Of the pipelines the newest that passed or
failed speaks for a line: an older one that ends after it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby, pairwise

from sync.core.alerts.model import FAILED, GONE, PASSED, Ending
from sync.core.model.common import Job, Pipeline
from sync.core.rules.portal import AlertRules, Severity


def ending_of(pipeline: Pipeline, jobs: Iterable[Job] = ()) -> Ending:
    """`jobs`: its failed ones as they were read; those that may fail have failed nothing.

    They go before what a hook told, which knows nothing of pipelines that this one started: where
    such a one failed and was not read, nothing is said of any stage.
    """
    status = pipeline.status.value
    read = tuple(job.stage for job in jobs if not job.allowed and job.stage)
    failed = tuple(dict.fromkeys(read or pipeline.failed_stages)) if status == FAILED else ()
    told = status not in (PASSED, FAILED) or failed
    passed = tuple(one for one in pipeline.passed_stages if told and one not in failed)
    return Ending(pipeline.id, status, pipeline.updated_at, failed, passed)


def together(endings: Iterable[Ending]) -> list[Ending]:
    """Each way a pipeline ended, at the earliest moment that was told, in order of time."""
    moments: dict[tuple[int, str, datetime], Ending] = {}
    for one in endings:
        key = one.pipeline, one.status, one.at
        moments[key] = _both(one, moments.get(key, one))
    told = sorted(moments.values(), key=lambda one: (one.pipeline, moment(one)))
    runs = groupby(told, key=lambda one: (one.pipeline, one.status))
    return sorted((one for _, run in runs for one in _ways(list(run))), key=moment)


def moment(ending: Ending) -> tuple[datetime, bool, int, str]:
    return ending.at, ending.status == GONE, ending.pipeline, ending.status


def _both(one: Ending, other: Ending) -> Ending:
    """Told twice of one moment: once before the failed jobs were read."""
    failed = {*one.stages, *other.stages}
    passed = {*one.passed, *other.passed} - failed
    return replace(one, stages=tuple(sorted(failed)), passed=tuple(sorted(passed)))


def _ways(told: list[Ending]) -> Iterator[Ending]:
    """Of what was told of one pipeline and status without another between, what differs.

    A retried pipeline that fails again may fail in other stages; what was told without any is the
    same as what was told with them.
    """
    if told[0].status == GONE:
        yield from told
        return
    known = [one for one in told if one.stages or one.passed] or told[:1]
    yield replace(known[0], at=told[0].at)
    yield from (
        one
        for before, one in pairwise(known)
        if (before.stages, before.passed) != (one.stages, one.passed)
    )


def of_line(endings: Iterable[Ending], stage: str, rules: AlertRules) -> Iterator[Ending]:
    """What the line of `stage` ("" for the whole) hears of `endings`, which are in order of time.

    A pipeline that fails in it again has said so. One that failed passes once it fails no more:
    what passed between two of its failures was never well.
    """
    heard = [one for one in _newest(endings, stage) if _concerns(one, stage, rules)]
    last = {one.pipeline: at for at, one in enumerate(heard) if _failed(one, stage)}
    said: set[tuple[int, str, bool]] = set()
    for at, one in enumerate(heard):
        passing = passes(one, stage)
        broken = passing and (one.pipeline, FAILED, False) in said
        way = one.pipeline, PASSED if passing else one.status, broken
        if one.status != GONE and (way in said or (broken and at < last[one.pipeline])):
            continue
        said.add(way)
        yield one


def _newest(endings: Iterable[Ending], stage: str) -> Iterator[Ending]:
    newest = 0
    for one in endings:
        if one.status == GONE or one.pipeline >= newest:
            newest = one.pipeline if _speaks(one, stage) else newest
            yield one


def _concerns(one: Ending, stage: str, rules: AlertRules) -> bool:
    return one.status == GONE or passes(one, stage) or fails(one, stage, rules) is not None


def _failed(one: Ending, stage: str) -> bool:
    return one.status == FAILED and not passes(one, stage)


def fails(ending: Ending, stage: str, rules: AlertRules) -> Severity | None:
    """How grave it is for the line; None: it says nothing of it.

    By stage, the line "" has what failed in no stage that is known. A stage that did not fail may
    not have been reached.
    """
    if rules.by_stage and not (stage in ending.stages if stage else not ending.stages):
        return None
    return rules.severities.get(ending.status)


def passes(ending: Ending, stage: str) -> bool:
    """A stage may pass in a pipeline that fails in another, or that somebody canceled later."""
    return ending.status == PASSED or (stage != "" and stage in ending.passed)


def _speaks(ending: Ending, stage: str) -> bool:
    if ending.status == PASSED or passes(ending, stage):
        return True
    known = ending.stages or ending.passed
    return ending.status == FAILED and (not stage or not known or stage in ending.stages)
