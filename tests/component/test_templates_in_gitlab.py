"""What GitLab does with the components' jobs, by its rules as read in its sources."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.component.pipeline_rules import (
    Job,
    cancellable,
    history,
    inherited,
    needs_status,
    verdict,
    when_of,
)
from tests.component.test_templates import WITH_JOBS, jobs

NEEDS = {
    "nothing, or a job that is not in the pipeline": ([], "success"),
    "passed": ([Job("success")], "success"),
    "running": ([Job("running")], "pending"),
    "failed": ([Job("failed")], "failed"),
    "failed, allowed to": ([Job("failed", allow_failure=True)], "success"),
    "canceled": ([Job("canceled")], "canceled"),
    "skipped": ([Job("skipped")], "skipped"),
    "manual, optional": ([Job("manual", allow_failure=True)], "skipped"),
    "manual, blocking": ([Job("manual")], "pending"),
    "delayed": ([Job("scheduled")], "pending"),
    "one of a matrix failed": ([Job("success"), Job("failed")], "failed"),
    "one of a matrix failed, one runs": ([Job("failed"), Job("running")], "pending"),
    "one of a matrix is optional": (
        [Job("success"), Job("manual", allow_failure=True)], "skipped",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("needs", "status"), list(NEEDS.values()), ids=NEEDS)
def test_needed_jobs_come_to_one_status(needs: list[Job], status: str) -> None:
    assert needs_status(needs) == status


PRESSED = [[Job("manual", allow_failure=True)], [Job("running", allow_failure=True)]]
BLOCKING = [[Job("manual")], [Job("running")]]
HISTORIES: dict[str, tuple[Sequence[Sequence[Job]], str, str]] = {
    "automatic": ([[Job("running")], [Job("success")]], "start", "skip"),
    "failed": ([[Job("running")], [Job("failed")]], "skip", "start"),
    "failed, then retried": (
        [[Job("failed")], [Job("running")], [Job("success")]], "start", "start",
    ),
    "canceled": ([[Job("running")], [Job("canceled")]], "skip", "skip"),
    "allowed to fail": ([[Job("failed", allow_failure=True)]], "start", "skip"),
    "optional, not started": (PRESSED[:1], "skip", "skip"),
    "optional, started": ([*PRESSED, [Job("success", allow_failure=True)]], "start", "skip"),
    "optional, failed": ([*PRESSED, [Job("failed", allow_failure=True)]], "start", "skip"),
    "blocking, not started": (BLOCKING[:1], "wait", "wait"),
    "blocking, started": ([*BLOCKING, [Job("success")]], "start", "skip"),
    "blocking, failed": ([*BLOCKING, [Job("failed")]], "skip", "start"),
    "delayed": ([[Job("scheduled")], [Job("success")]], "start", "skip"),
    "skipped": ([[Job("skipped")]], "skip", "skip"),
    "skipped, then the earlier job was retried": (
        [[Job("skipped")], [Job("running")], [Job("success")]], "start", "skip",
    ),
    "optional matrix, a part started": (
        [[Job("success", allow_failure=True), *PRESSED[0]]], "skip", "skip",
    ),
    "optional matrix, all started, a part failed": (
        [[Job("success", allow_failure=True), Job("failed", allow_failure=True)]], "start", "skip",
    ),
    "blocking matrix, a part started": ([[Job("success"), *BLOCKING[0]]], "wait", "wait"),
    "not in the pipeline": ([[]], "start", "skip"),
}  # fmt: skip


@pytest.mark.parametrize(("states", "passed", "failed"), list(HISTORIES.values()), ids=HISTORIES)
def test_the_two_jobs_of_a_deployment_follow_it(
    states: Sequence[Sequence[Job]], passed: str, failed: str
) -> None:
    whens = [job["when"] for job in jobs("deployment").values()]
    assert [history(when, states)[-1] for when in whens] == [passed, failed]


LOST = ["optional, started", "optional, failed", "skipped, then the earlier job was retried"]


@pytest.mark.parametrize("name", LOST)
def test_one_job_that_always_runs_would_have_run_before_the_deployment(name: str) -> None:
    assert history("always", HISTORIES[name][0])[0] == "start"


def test_a_merge_request_is_reported_while_nothing_has_run() -> None:
    [job] = jobs("merge-request").values()
    assert verdict(job.get("when", "on_success"), job["needs"]) == "start"


@pytest.mark.parametrize("when", ["always", "on_failure", "on_success"])
def test_a_rule_of_the_team_keeps_the_when_of_the_job(when: str) -> None:
    assert when_of(when, {"if": "$CI_COMMIT_TAG"}) == when
    assert when_of(when, {"if": "$CI_COMMIT_TAG", "when": "never"}) == "never"


TEAM = {"tags": ["corp"], "image": "corp/base", "before_script": ["corp"], "retry": 2}


@pytest.mark.parametrize("name", WITH_JOBS)
def test_of_the_team_s_defaults_a_job_takes_the_tags_alone(name: str) -> None:
    for job in jobs(name).values():
        assert inherited("tags", job, TEAM) == ["corp"]
        assert inherited("tags", job, {}) is None
        assert inherited("retry", job, TEAM) is None
        for keyword in ("image", "before_script"):
            assert inherited(keyword, job, TEAM) == job[keyword] != TEAM[keyword]
    for job in jobs(name, tags=["docker"]).values():
        assert inherited("tags", job, TEAM) == ["docker"]


def test_an_empty_list_of_tags_in_the_job_would_not_inherit() -> None:
    job = {"inherit": {"default": ["tags"]}, "tags": []}
    assert inherited("tags", job, TEAM) == []


@pytest.mark.parametrize("name", WITH_JOBS)
@pytest.mark.parametrize("status", ["running", "success", "failed"])
def test_a_started_report_leaves_auto_cancel_as_it_is(name: str, status: str) -> None:
    build = Job("running", interruptible=True)
    for job in jobs(name).values():
        assert cancellable([build, Job(status, interruptible=job["interruptible"])])


@pytest.mark.parametrize("interruptible", [False, None])
def test_a_started_job_that_is_not_interruptible_would_end_auto_cancel(
    interruptible: bool | None,
) -> None:
    build = Job("running", interruptible=True)
    assert not cancellable([build, Job("success", interruptible=interruptible)])
    assert cancellable([build, Job("created", interruptible=interruptible)])
