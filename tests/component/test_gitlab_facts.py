"""What GitLab tells, read as GitLab means it."""

from __future__ import annotations

import pytest
from reporter.build_report import own_merge_request
from reporter.cards import state_line
from reporter.ci_variables import Variables, is_fork, ref_of
from reporter.gitlab_json import status_of, tier_of
from reporter.gitlab_questions import counted
from reporter.http import Output
from reporter.main import Run
from reporter.model import Job
from reporter.settings import Settings, fits

from tests.component.world import default_inputs

# Jobs as "status", with "?" for one that may fail.
STATUSES = {
    "success": ["success", "success"],
    "failed": ["success", "failed", "skipped"],
    "canceled": ["success", "canceled", "skipped"],
    "running": ["success", "running"],
    "running ": ["success", "canceling"],
    "running  ": ["success", "waiting_for_callback"],
    "manual": ["success", "manual", "created?"],
}


@pytest.mark.parametrize(("status", "jobs"), list(STATUSES.items()))
def test_a_pipeline_has_the_status_of_its_jobs(status: str, jobs: list[str]) -> None:
    assert status_of([*map(job, jobs)]) == status.strip()


ALLOWED = [
    ["success", "failed?"], ["success", "manual?"], ["success", "canceled?"], ["skipped"], [],
]  # fmt: skip


@pytest.mark.parametrize("jobs", ALLOWED)
def test_a_job_that_may_fail_or_wait_changes_nothing(jobs: list[str]) -> None:
    assert status_of([*map(job, jobs)]) == "success"


def test_what_was_not_told_is_unknown() -> None:
    assert status_of(None) == "unknown"


def job(text: str) -> Job:
    return Job(1, "unit", text.rstrip("?"), allow_failure=text.endswith("?"))


TIERS = {
    "production": "production", "prod-eu": "production", "live": "production",
    "staging": "staging", "stg": "staging", "demo": "staging", "qa": "testing",
    "review/feature-5": "development", "dev": "development", "customer-7": "other",
}  # fmt: skip


@pytest.mark.parametrize(("name", "tier"), list(TIERS.items()))
def test_a_tier_is_guessed_by_the_name_as_gitlab_does(name: str, tier: str) -> None:
    assert tier_of(name) == tier


REFS = [
    ("main", "*", True), ("main", "release/*", False), ("release/1", "release/*", True),
    ("main", "main, v*", True), ("v1", " main ,v*", True), ("Main", "main", False),
    ("main", "", False), ("main", "release/*,", False),
]  # fmt: skip


@pytest.mark.parametrize(("ref", "patterns", "wanted"), REFS)
def test_refs_are_chosen_as_in_a_shell(ref: str, patterns: str, wanted: bool) -> None:
    assert fits(ref, patterns) is wanted


@pytest.mark.parametrize(
    ("given", "seconds"), [("0", 1), ("999", 60), ("2.5", 2), ("30", 30), ("-1", 1)]
)
def test_the_time_stays_within_reason(given: str, seconds: int) -> None:
    """The time that the run has, in whole seconds: an alarm takes no others."""
    assert Run({"B24_TIMEOUT": given}, Output(), "b24bridge").seconds == seconds


def test_a_tag_pipeline_knows_its_tag() -> None:
    ci = Variables({"CI_COMMIT_TAG": "v1", "CI_COMMIT_REF_NAME": "v1"})
    assert (ref_of(ci), is_fork(ci)) == ("v1", False)


@pytest.mark.parametrize("prefix", ["Draft:", "draft:", "[Draft]", "(Draft)"])
def test_a_draft_is_known_by_its_title(prefix: str) -> None:
    given = {"CI_MERGE_REQUEST_IID": "3", "CI_MERGE_REQUEST_TITLE": f"{prefix} Pay"}
    request = own_merge_request(Variables(given))
    assert state_line(request, "en") == "Merge request: draft"


@pytest.mark.parametrize(
    ("major", "asked"), [("", False), ("16", False), ("17", True), ("18", True)]
)
def test_an_old_gitlab_is_not_asked_for_statuses_that_it_does_not_know(
    major: str, asked: bool
) -> None:
    statuses = counted(Variables({"CI_SERVER_VERSION_MAJOR": major}))
    assert ("canceling" in statuses, "waiting_for_callback" in statuses) == (asked, asked)


def test_a_dash_is_an_input_that_is_left_out() -> None:
    names = ("FIELD", "CHAT", "STAGE_OPEN", "ENVIRONMENT", "TASK")
    settings = Settings(Variables({f"B24_{name}": "-" for name in names}))
    assert [getattr(settings, name.lower()) for name in names] == [""] * len(names)


def test_a_schedule_is_no_source_whose_failures_are_told_each_time() -> None:
    settings = Settings(Variables(default_inputs("report")))
    assert fits("push", settings.notify_sources)
    assert fits("merge_request_event", settings.notify_sources)
    assert not fits("schedule", settings.notify_sources)
