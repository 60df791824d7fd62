"""Alerts: failing lines of a ref, and whose pipelines speak for one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from sync.core.model import Pipeline
from sync.core.rules import AlertRules, Severity

PASSED, FAILED, GONE = "success", "failed", "deleted"
FINISHED = frozenset({PASSED, FAILED, "canceled", "skipped"})
_REQUESTS = "refs/merge-requests/"


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
    the jobs that failed, `passed`: those that passed in one that did not, where they are known.
    """

    pipeline: int
    status: str
    at: datetime
    stages: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A line from its first failure to its end. `stage`: "" for the whole.

    `opened_by`: a pipeline, the alert's name for good. `status`: the gravest. `failures`: how many
    pipelines; `in_a_row`: the most without one that passed. `failed_by`, `failed_at`: the newest
    failure. `ended_by`: the pipeline in which it passed, 0 for none. `quiet_at`: when an unstable
    one is stable again if nothing changes. `endings`: what it was derived from; of a pipeline that
    was retried since, nothing else remembers it.
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
