"""The words GitLab has for how a pipeline stands. Pure."""

from __future__ import annotations

from tests.emulators.gitlab.entities import Pipeline

# https://docs.gitlab.com/ci/jobs/#view-jobs-in-a-pipeline ; the words are those of its pages.
DETAILED = {
    "success": "passed",
    "manual": "waiting for manual action",
    "scheduled": "waiting for delayed job",
    "waiting_for_resource": "waiting for resource",
    "waiting_for_callback": "waiting for callback",
}


def detailed(one: Pipeline) -> str:
    """`passed with warnings` where a job failed that was allowed to."""
    warned = any(job.status == "failed" for job in one.jobs if not job.retried)
    if one.status == "success" and warned:
        return "passed with warnings"
    return DETAILED.get(one.status, one.status)
