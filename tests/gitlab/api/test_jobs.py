"""The failed jobs of a pipeline, read from an emulated GitLab and from one that misbehaves."""

from __future__ import annotations

import pytest
import requests
import responses

from sync.core.model.pipelines import FailedJob
from sync.errors import Denied, Later, Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.jobs import LOG_BYTES, read_failed_jobs

API = "https://git.acme.test/api/v4/projects/7"
PIPELINE = f"{API}/pipelines/77"
UNIT = {
    "id": 5,
    "name": "unit",
    "stage": "test",
    "status": "failed",
    "allow_failure": False,
    "web_url": "https://git.acme.test/web/shop/-/jobs/5",
}


@pytest.fixture
def client() -> GitLab:
    return GitLab("https://git.acme.test", "glpat-x", session=requests.Session())


def test_the_last_tries_that_failed_are_read_with_the_log_of_the_culprit(gitlab, connect):
    client = connect()
    jobs = (("build", "compile"), ("test", "unit"), ("test", "lint"))
    pipeline = gitlab.run_pipeline("web/shop", ref="main", jobs=jobs)
    pipeline.jobs[1].trace = "first try\n"
    pipeline.jobs[2].allow_failure = True
    pipeline.jobs[2].status = "failed"
    pipeline.set_status("failed", "unit")
    gitlab.retry_pipeline(pipeline)
    pipeline.jobs[3].trace = "\x1b[31msecond try\x1b[0m\n"
    pipeline.jobs[4].status = "failed"
    pipeline.set_status("failed", "unit")
    url = f"{gitlab.url}/web/shop/-/jobs"
    assert read_failed_jobs(client, 1, pipeline.id) == (
        FailedJob(4, "unit", "test", f"{url}/4", log="second try"),
        FailedJob(5, "lint", "test", f"{url}/5", allow_failure=True),
    )


def test_the_end_of_a_long_log_is_enough(gitlab, connect):
    pipeline = gitlab.run_pipeline("web/shop", ref="main")
    pipeline.jobs[-1].trace = "начало\n" * LOG_BYTES + "the end\n"
    pipeline.set_status("failed")
    (job,) = read_failed_jobs(connect(), 1, pipeline.id)
    assert job.log == "\n".join(["начало"] * 14 + ["the end"])


def test_a_pipeline_that_passed_has_no_failed_jobs(gitlab, connect):
    pipeline = gitlab.run_pipeline("web/shop", ref="main")
    pipeline.set_status("success")
    assert read_failed_jobs(connect(), 1, pipeline.id) == ()


@responses.activate
def test_a_child_pipeline_is_shown_by_its_trigger(client):
    child = {"web_url": "https://git.acme.test/web/shop/-/pipelines/78"}
    trigger = {**UNIT, "id": 9, "name": "docs", "web_url": None, "downstream_pipeline": child}
    responses.get(f"{PIPELINE}/jobs", json=[])
    responses.get(f"{PIPELINE}/bridges", json=[trigger, {**trigger, "status": "success"}])
    assert read_failed_jobs(client, 7, 77) == (FailedJob(9, "docs", "test", child["web_url"]),)


def test_failed_jobs_of_child_and_other_projects_pipelines_are_folded_in(gitlab, connect):
    pipeline = gitlab.run_pipeline("web/shop", ref="main", jobs=(("test", "unit"),))
    child = gitlab.working.run_child(pipeline, "docs", jobs=(("build", "pages"),))
    child.jobs[0].trace = "no such page\n"
    child.set_status("failed", "pages")
    pipeline.bridges[0].status = "failed"
    pipeline.jobs[0].trace = "no such unit\n"
    pipeline.set_status("failed", "unit")
    url = f"{gitlab.url}/web/shop/-/jobs"
    trigger = pipeline.bridges[0]
    assert read_failed_jobs(connect(), 1, pipeline.id) == (
        FailedJob(1, "unit", "test", f"{url}/1", log="no such unit"),
        FailedJob(child.jobs[0].id, "docs: pages", trigger.stage, f"{url}/{child.jobs[0].id}"),
    )


@responses.activate
@pytest.mark.parametrize(("status", "body"), [(403, "no"), (404, "gone"), (500, "oops")])
def test_a_log_that_may_not_be_read_leaves_its_job(client, status, body):
    responses.get(f"{PIPELINE}/jobs", json=[UNIT])
    responses.get(f"{PIPELINE}/bridges", json=[])
    responses.get(f"{API}/jobs/5/trace", status=status, body=body)
    assert read_failed_jobs(client, 7, 77) == (FailedJob(5, "unit", "test", UNIT["web_url"]),)


@responses.activate
@pytest.mark.parametrize(
    ("told", "job"),
    [
        (["no object", {}, {"id": "5"}, {**UNIT, "status": "success"}, {**UNIT, "id": None}], None),
        ([{"id": 5, "status": "failed"}], FailedJob(5, "", "", "")),
        ([{**UNIT, "web_url": "javascript:alert(1)"}], FailedJob(5, "unit", "test", "")),
    ],
)
def test_jobs_are_read_however_they_are_told(client, told, job):
    responses.get(f"{PIPELINE}/jobs", json=told)
    responses.get(f"{PIPELINE}/bridges", status=404)
    responses.get(f"{PIPELINE}/trigger_jobs", status=404)
    responses.get(f"{API}/jobs/5/trace", body="")
    assert read_failed_jobs(client, 7, 77) == ((job,) if job else ())


@responses.activate
@pytest.mark.parametrize(("status", "error"), [(401, Denied), (403, Refused), (502, Later)])
def test_jobs_that_may_not_be_read_are_an_error(client, status, error):
    responses.get(f"{PIPELINE}/jobs", status=status, json={})
    with pytest.raises(error):
        read_failed_jobs(client, 7, 77)
