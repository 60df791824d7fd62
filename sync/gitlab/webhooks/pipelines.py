"""Which stages of a pipeline passed and which failed, by the jobs that its hook tells. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.gitlab.json_fields import mappings, positive_int, text


@dataclass(frozen=True, slots=True)
class StageResults:
    """In the order of their names. What neither passed nor failed did not run to its end."""

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def stage_results(builds: object) -> StageResults:
    """A job that is allowed to fail decides nothing, and a retried one counts by its newest try."""
    found: dict[str, list[dict[str, Any]]] = {}
    for job in _last_tries(mappings(builds)):
        if stage := text(job.get("stage")):
            found.setdefault(stage, []).append(job)
    return StageResults(
        passed=tuple(sorted(stage for stage, jobs in found.items() if _all_passed(jobs))),
        failed=tuple(sorted(stage for stage, jobs in found.items() if _any_failed(jobs))),
    )


def _last_tries(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ids grow with every try."""
    by_id = sorted(jobs, key=lambda job: positive_int(job.get("id")) or 0)
    return list({(text(job.get("stage")), text(job.get("name"))): job for job in by_id}.values())


def _all_passed(jobs: list[dict[str, Any]]) -> bool:
    """What was skipped may be the very job that failed before: all have to have passed."""
    ran = any(job.get("status") in ("success", "failed") for job in jobs)
    return ran and all(job.get("status") == "success" for job in jobs if not _may_fail(job))


def _any_failed(jobs: list[dict[str, Any]]) -> bool:
    return any(job.get("status") == "failed" and not _may_fail(job) for job in jobs)


def _may_fail(job: dict[str, Any]) -> bool:
    return job.get("allow_failure") is True
