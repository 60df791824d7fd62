"""Merge the reported results of pipelines and select those relevant to a stage. Pure.

Invariants: the outcome depends on the reports alone, neither on their order nor on repetition, and
merging it again with the same reports changes nothing. The newest pipeline that passed or failed
decides: an older one that ends after it is ignored.
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
    """Return the result of a pipeline.

    `jobs` are its failed ones as fetched; those that are allowed to fail do not count. They
    outweigh the stages from a hook, which lacks child pipelines. Passed stages are left out where
    the pipeline passed, and where it failed in no known stage.
    """
    status = pipeline.status.value
    read = tuple(job.stage for job in jobs if not job.allow_failure and job.stage)
    failed = tuple(dict.fromkeys(read or pipeline.failed_stages)) if status == FAILED else ()
    told = status not in (PASSED, FAILED) or failed
    passed = tuple(one for one in pipeline.passed_stages if told and one not in failed)
    return PipelineResult(pipeline.id, status, pipeline.updated_at, failed, passed)


def merge_results(endings: Iterable[PipelineResult]) -> list[PipelineResult]:
    """Merge reports into distinct results, each at its earliest moment, in order of time."""
    moments: dict[tuple[int, str, datetime], PipelineResult] = {}
    for one in endings:
        key = one.pipeline_id, one.status, one.at
        moments[key] = _merge_same_moment(one, moments.get(key, one))
    told = sorted(moments.values(), key=lambda one: (one.pipeline_id, sort_key(one)))
    runs = groupby(told, key=lambda one: (one.pipeline_id, one.status))
    return sorted((one for _, run in runs for one in _distinct_results(list(run))), key=sort_key)


def sort_key(ending: PipelineResult) -> tuple[datetime, bool, int, str]:
    """Return the key that orders results by time; a deleted branch comes last."""
    return ending.at, ending.status == BRANCH_DELETED, ending.pipeline_id, ending.status


def _merge_same_moment(first: PipelineResult, second: PipelineResult) -> PipelineResult:
    """Merge two reports of one moment, one of them from before jobs were fetched."""
    failed = {*first.failed_stages, *second.failed_stages}
    passed = {*first.passed_stages, *second.passed_stages} - failed
    return replace(first, failed_stages=tuple(sorted(failed)), passed_stages=tuple(sorted(passed)))


def _distinct_results(results: list[PipelineResult]) -> Iterator[PipelineResult]:
    """Yield the distinct results among reports of one pipeline and status.

    A retried pipeline may fail again in other stages. A report without stages equals one with them.
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
    """Yield the results that matter to `stage` ("" for the whole), in order of time.

    `endings` are in order of time. A pipeline that fails again in the stage is not repeated. One
    that failed passes only after its last failure: passing between two failures does not count.
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
    """Return the severity of a result for a stage; None where it is no failure of it.

    With alerts by stage, "" takes the failures without a known stage. A stage that did not fail may
    not have been reached.
    """
    if rules.by_stage and not (
        stage in ending.failed_stages if stage else not ending.failed_stages
    ):
        return None
    return rules.severities.get(ending.status)


def stage_passed(ending: PipelineResult, stage: str) -> bool:
    """Tell whether a stage passed; it may do so in a pipeline that fails in another one."""
    return ending.status == PASSED or (stage != "" and stage in ending.passed_stages)


def _is_conclusive(ending: PipelineResult, stage: str) -> bool:
    if ending.status == PASSED or stage_passed(ending, stage):
        return True
    known = ending.failed_stages or ending.passed_stages
    return ending.status == FAILED and (not stage or not known or stage in ending.failed_stages)
