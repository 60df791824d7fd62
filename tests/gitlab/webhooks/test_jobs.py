import pytest

from sync.core.model.common import Project
from sync.core.model.events import UnrecognisedEvent
from sync.core.model.pipelines import JobRun
from tests.gitlab.minimal_payloads import EVA, MORNING, NOON, SHA, SHOP, SHOP_URL, told
from tests.gitlab.payloads import LEFT_OUT


def test_a_failed_job_is_read_whole():
    assert told("Job Hook") == JobRun(
        project=SHOP,
        id=900,
        name="unit",
        stage="test",
        status="failed",
        ref="main",
        sha=SHA,
        pipeline_id=77,
        url=f"{SHOP_URL}/-/jobs/900",
        at=NOON,
        actor=EVA,
        failure_reason="script_failure",
        duration_seconds=61,
        environment="production",
        retries=2,
    )


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"build_status": "manual"}, "status", "manual"),
        ({"build_status": "of tomorrow"}, "status", "of tomorrow"),
        ({"build_status": None}, "status", ""),
        ({"pipeline_id": LEFT_OUT}, "pipeline_id", 77),
        ({"pipeline_id": None, "commit": None}, "pipeline_id", 0),
        ({"sha": None}, "sha", SHA),
        ({"build_finished_at_iso": None}, "at", MORNING),
        ({"build_finished_at_iso": None, "build_created_at": None}, "at", None),
        ({"build_failure_reason": "unknown_failure"}, "failure_reason", ""),
        ({"build_allow_failure": True}, "allow_failure", True),
        ({"tag": True}, "tag", True),
        ({"build_duration": None}, "duration_seconds", None),
        ({"environment": None}, "environment", ""),
        ({"retries_count": LEFT_OUT}, "retries", 0),
        ({"user": {"name": "somebody"}}, "actor", None),
    ],
)
def test_a_jobs_field_is_read_however_it_is_told(changes, field, expected):
    assert getattr(told("Job Hook", **changes), field) == expected


def test_an_old_hook_names_its_project_by_the_repositorys_home_page():
    one = told("Job Hook", project=None, project_id=7, repository={"homepage": SHOP_URL})
    assert one.project == Project(3, 7, "web/shop", SHOP_URL)
    assert one.url == f"{SHOP_URL}/-/jobs/900"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"build_id": None}, "the job has no id"),
        ({"project": None}, "the body names no project (id, path and web address)"),
        (
            {"project": None, "repository": {"homepage": "https://git.acme.test/"}},
            "the body names no project (id, path and web address)",
        ),
        (
            {"project": None, "repository": {"homepage": SHOP_URL}},
            "the body names no project (id, path and web address)",
        ),
    ],
)
def test_without_what_it_stands_on_a_job_is_recorded_only(changes, why):
    assert told("Job Hook", **changes) == UnrecognisedEvent("Job Hook", why)
