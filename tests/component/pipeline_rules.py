"""GitLab's rules that decide when a job starts, written anew from its sources as read. Pure.

needs_status: lib/gitlab/ci/status/composite.rb (`dag: true`), status_collection.rb beside
    app/services/ci/pipeline_processing/atomic_processing_service.rb
verdict:      app/services/ci/process_build_service.rb, the same atomic_processing_service.rb
woken:        app/services/ci/reset_skipped_jobs_service.rb
when_of:      lib/gitlab/ci/build/rules.rb
inherited:    lib/gitlab/config/entry/{inheritable,node,factory}.rb, ci/config/entry/processable.rb
cancellable:  `conservative_interruptible` of app/models/ci/pipeline.rb, and STARTED_STATUSES and
    `not_interruptible` of app/models/ci/{has_status,processable}.rb
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COMPLETE = {"success", "failed", "canceled", "skipped"}
STARTED = {"running", "success", "failed"}
STARTS_AFTER = {
    "on_success": {"success"}, "manual": {"success"}, "delayed": {"success"},
    "on_failure": {"failed"}, "always": {"success", "failed", "skipped"},
}  # fmt: skip


@dataclass(frozen=True)
class Job:
    status: str
    allow_failure: bool = False
    interruptible: bool | None = None


def needs_status(needs: Sequence[Job]) -> str:
    """Return what all needed jobs come to; those that are not in the pipeline do not count."""
    kinds = {counted(job) for job in needs}
    if not kinds:
        return "success"
    if kinds & {"skipped", "ignored"}:
        return "skipped"
    if kinds - COMPLETE - {"warning"}:
        return "pending"
    for status in ("success", "canceled"):
        if kinds <= {"success", "warning", status}:
            return status
    return "failed"


def counted(job: Job) -> str:
    if job.allow_failure and job.status in ("failed", "canceled"):
        return "warning"
    return "ignored" if job.allow_failure and job.status == "manual" else job.status


def verdict(when: str, needs: Sequence[Job]) -> str:
    """Return start, skip or wait."""
    status = needs_status(needs)
    if status not in COMPLETE:
        return "wait"
    return "start" if status in STARTS_AFTER[when] else "skip"


def history(when: str, states: Sequence[Sequence[Job]]) -> list[str]:
    """Return what a job does as the needed jobs go through their states: `started` stays so, and
    `skipped` is looked at again, for a needed job that is played or retried wakes it.
    """
    events = ["wait"]
    for needs in states:
        events.append("start" if events[-1] == "start" else verdict(when, needs))
    return events[1:]


def when_of(job_when: str, rule: Mapping[str, str]) -> str:
    """Return the `when` of a rule that matches: its own, or else that of its job."""
    return rule.get("when", job_when)


def inherited(
    keyword: str, job: Mapping[str, object], default: Mapping[str, object]
) -> object | None:
    """Return the keyword's value. Left out or null it is that of `default:`, where `inherit`
    allows it; an empty list is a value of its own.
    """
    if job.get(keyword) is not None:
        return job[keyword]
    allowed = job.get("inherit", {})
    names = allowed.get("default", True) if isinstance(allowed, dict) else True
    takes = names if isinstance(names, bool) else keyword in names
    return default.get(keyword) if takes else None


def cancellable(jobs: Sequence[Job]) -> bool:
    """Return whether a newer push cancels the pipeline (`auto_cancel: conservative`, the default):
    not once a job has started that does not say `interruptible: true`.
    """
    return not any(job.status in STARTED and job.interruptible is not True for job in jobs)
