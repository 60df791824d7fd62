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
    details = status not in (PASSED, FAILED) or failed
    passed = tuple(
        passed_stage
        for passed_stage in pipeline.passed_stages
        if details and passed_stage not in failed
    )
    return PipelineResult(pipeline.id, status, pipeline.updated_at, failed, passed)


def merge_results(endings: Iterable[PipelineResult]) -> list[PipelineResult]:
    """Merge reports into distinct results, each at its earliest moment, in order of time."""
    moments: dict[tuple[int, str, datetime], PipelineResult] = {}
    for pipeline_result in endings:
        key = pipeline_result.pipeline_id, pipeline_result.status, pipeline_result.at
        moments[key] = _merge_same_moment(pipeline_result, moments.get(key, pipeline_result))
    pipeline_results = sorted(
        moments.values(),
        key=lambda pipeline_result: (pipeline_result.pipeline_id, sort_key(pipeline_result)),
    )
    runs = groupby(
        pipeline_results,
        key=lambda pipeline_result: (pipeline_result.pipeline_id, pipeline_result.status),
    )
    return sorted(
        (pipeline_result for _, run in runs for pipeline_result in _distinct_results(list(run))),
        key=sort_key,
    )


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
    pipeline_results = [
        pipeline_result
        for pipeline_result in results
        if pipeline_result.failed_stages or pipeline_result.passed_stages
    ] or results[:1]
    yield replace(pipeline_results[0], at=results[0].at)
    yield from (
        pipeline_result
        for before, pipeline_result in pairwise(pipeline_results)
        if (before.failed_stages, before.passed_stages)
        != (pipeline_result.failed_stages, pipeline_result.passed_stages)
    )


def relevant_results(
    endings: Iterable[PipelineResult], stage: str, rules: AlertRules
) -> Iterator[PipelineResult]:
    """Yield the results that matter to `stage` ("" for the whole), in order of time.

    `endings` are in order of time. A pipeline that fails again in the stage is not repeated. One
    that failed passes only after its last failure: passing between two failures does not count.
    """
    pipeline_results = [
        pipeline_result
        for pipeline_result in _skip_outdated(endings, stage)
        if _is_relevant(pipeline_result, stage, rules)
    ]
    last = {
        pipeline_result.pipeline_id: at
        for at, pipeline_result in enumerate(pipeline_results)
        if _is_failure(pipeline_result, stage)
    }
    outcome: set[tuple[int, str, bool]] = set()
    for at, pipeline_result in enumerate(pipeline_results):
        passing = stage_passed(pipeline_result, stage)
        broken = passing and (pipeline_result.pipeline_id, FAILED, False) in outcome
        way = pipeline_result.pipeline_id, PASSED if passing else pipeline_result.status, broken
        if pipeline_result.status != BRANCH_DELETED and (
            way in outcome or (broken and at < last[pipeline_result.pipeline_id])
        ):
            continue
        outcome.add(way)
        yield pipeline_result


def _skip_outdated(endings: Iterable[PipelineResult], stage: str) -> Iterator[PipelineResult]:
    newest = 0
    for pipeline_result in endings:
        if pipeline_result.status == BRANCH_DELETED or pipeline_result.pipeline_id >= newest:
            newest = (
                pipeline_result.pipeline_id if _is_conclusive(pipeline_result, stage) else newest
            )
            yield pipeline_result


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
    existing = ending.failed_stages or ending.passed_stages
    return ending.status == FAILED and (not stage or not existing or stage in ending.failed_stages)
