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

from sync.core.alerts.model import BRANCH_DELETED, FAILED, PASSED, PipelineResult
from sync.core.model.pipelines import FailedJob, Pipeline
from sync.core.rules.portal import AlertRules, Severity


def pipeline_result(pipeline: Pipeline, jobs: Iterable[FailedJob] = ()) -> PipelineResult:
    """`jobs`: its failed ones as they were read; those that may fail have failed nothing.

    They go before what a hook told, which knows nothing of pipelines that this one started: where
    such a one failed and was not read, nothing is said of any stage.
    """
    status = pipeline.status.value
    read = tuple(job.stage for job in jobs if not job.allow_failure and job.stage)
    failed = tuple(dict.fromkeys(read or pipeline.failed_stages)) if status == FAILED else ()
    told = status not in (PASSED, FAILED) or failed
    passed = tuple(one for one in pipeline.passed_stages if told and one not in failed)
    return PipelineResult(pipeline.id, status, pipeline.updated_at, failed, passed)


def merge_results(endings: Iterable[PipelineResult]) -> list[PipelineResult]:
    """Each way a pipeline ended, at the earliest moment that was told, in order of time."""
    moments: dict[tuple[int, str, datetime], PipelineResult] = {}
    for one in endings:
        key = one.pipeline_id, one.status, one.at
        moments[key] = _merge_same_moment(one, moments.get(key, one))
    told = sorted(moments.values(), key=lambda one: (one.pipeline_id, sort_key(one)))
    runs = groupby(told, key=lambda one: (one.pipeline_id, one.status))
    return sorted((one for _, run in runs for one in _distinct_results(list(run))), key=sort_key)


def sort_key(ending: PipelineResult) -> tuple[datetime, bool, int, str]:
    return ending.at, ending.status == BRANCH_DELETED, ending.pipeline_id, ending.status


def _merge_same_moment(first: PipelineResult, second: PipelineResult) -> PipelineResult:
    """Told twice of one moment: once before the failed jobs were read."""
    failed = {*first.failed_stages, *second.failed_stages}
    passed = {*first.passed_stages, *second.passed_stages} - failed
    return replace(first, failed_stages=tuple(sorted(failed)), passed_stages=tuple(sorted(passed)))


def _distinct_results(results: list[PipelineResult]) -> Iterator[PipelineResult]:
    """Of what was told of one pipeline and status without another between, what differs.

    A retried pipeline that fails again may fail in other stages; what was told without any is the
    same as what was told with them.
    """
    if results[0].status == BRANCH_DELETED:
        yield from results
        return
    known = [one for one in results if one.failed_stages or one.passed_stages] or results[:1]
    yield replace(known[0], at=results[0].at)
    yield from (
        one
        for before, one in pairwise(known)
        if (before.failed_stages, before.passed_stages) != (one.failed_stages, one.passed_stages)
    )


def relevant_results(
    endings: Iterable[PipelineResult], stage: str, rules: AlertRules
) -> Iterator[PipelineResult]:
    """What the line of `stage` ("" for the whole) hears of `endings`, which are in order of time.

    A pipeline that fails in it again has said so. One that failed passes once it fails no more:
    what passed between two of its failures was never well.
    """
    heard = [one for one in _skip_outdated(endings, stage) if _is_relevant(one, stage, rules)]
    last = {one.pipeline_id: at for at, one in enumerate(heard) if _is_failure(one, stage)}
    said: set[tuple[int, str, bool]] = set()
    for at, one in enumerate(heard):
        passing = stage_passed(one, stage)
        broken = passing and (one.pipeline_id, FAILED, False) in said
        way = one.pipeline_id, PASSED if passing else one.status, broken
        if one.status != BRANCH_DELETED and (
            way in said or (broken and at < last[one.pipeline_id])
        ):
            continue
        said.add(way)
        yield one


def _skip_outdated(endings: Iterable[PipelineResult], stage: str) -> Iterator[PipelineResult]:
    newest = 0
    for one in endings:
        if one.status == BRANCH_DELETED or one.pipeline_id >= newest:
            newest = one.pipeline_id if _is_conclusive(one, stage) else newest
            yield one


def _is_relevant(result: PipelineResult, stage: str, rules: AlertRules) -> bool:
    return (
        result.status == BRANCH_DELETED
        or stage_passed(result, stage)
        or failure_severity(result, stage, rules) is not None
    )


def _is_failure(result: PipelineResult, stage: str) -> bool:
    return result.status == FAILED and not stage_passed(result, stage)


def failure_severity(ending: PipelineResult, stage: str, rules: AlertRules) -> Severity | None:
    """How grave it is for the line; None: it says nothing of it.

    By stage, the line "" has what failed in no stage that is known. A stage that did not fail may
    not have been reached.
    """
    if rules.by_stage and not (
        stage in ending.failed_stages if stage else not ending.failed_stages
    ):
        return None
    return rules.severities.get(ending.status)


def stage_passed(ending: PipelineResult, stage: str) -> bool:
    """A stage may pass in a pipeline that fails in another, or that somebody canceled later."""
    return ending.status == PASSED or (stage != "" and stage in ending.passed_stages)


def _is_conclusive(ending: PipelineResult, stage: str) -> bool:
    if ending.status == PASSED or stage_passed(ending, stage):
        return True
    known = ending.failed_stages or ending.passed_stages
    return ending.status == FAILED and (not stage or not known or stage in ending.failed_stages)
