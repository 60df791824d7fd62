"""What the REST API tells of pipelines, jobs, triggers and logs."""

import pytest

from tests.emulators.gitlab.acme import Acme
from tests.emulators.gitlab.traces import runner_log

P = "/projects/1"


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


def get(acme, path, **more):
    return acme.call("GET", f"{P}{path}", **more)


def names(acme, path, key="name"):
    return [one[key] for one in get(acme, path).json()]


def run(acme, **more):
    return acme.gitlab.run_pipeline(acme.shop, ref="main", **more)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 2, 1]),
        ("status=failed", [2]),
        ("ref=main&sort=asc", [1, 2, 3]),
        ("updated_after=2026-03-02T09:02:00Z&order_by=updated_at", [3]),
        ("source=parent_pipeline", [4]),
        ("source=schedule", [1]),
    ],
)
def test_pipelines_without_children_unless_asked_for(acme, query, ids):
    run(acme, source="schedule")
    acme.clock.move(60)
    run(acme).set_status("failed")
    acme.clock.move(60)
    acme.gitlab.working.run_child(run(acme), "e2e")
    assert names(acme, f"/pipelines?{query}", "id") == ids


def test_a_status_gitlab_does_not_know_is_refused(acme):
    assert get(acme, "/pipelines?status=broken").json() == {
        "error": "status does not have a valid value"
    }


@pytest.mark.parametrize("path", ["bridges", "trigger_jobs"])
def test_trigger_jobs_show_the_pipeline_they_started(acme, path):
    other = acme.gitlab.state.add_project("acme/deployer", members={"ann": 40})
    parent = run(acme)
    acme.gitlab.working.run_child(parent, "e2e").set_status("failed")
    acme.gitlab.working.run_downstream(parent, "deploy", other)
    told = get(acme, f"/pipelines/{parent.id}/{path}").json()
    assert [
        (one["name"], one["status"], one["downstream_pipeline"]["project_id"]) for one in told
    ] == [("deploy", "pending", other.id), ("e2e", "failed", 1)]
    assert [one["name"] for one in get(acme, f"/pipelines/{parent.id}/jobs").json()] == [
        "unit",
        "compile",
    ]
    assert names(acme, f"/pipelines/{parent.id}/{path}?scope[]=failed") == ["e2e"]


def test_trigger_jobs_have_their_name_since_19_2(acme):
    acme.gitlab.state.version = "19.1.0-ee"
    number = run(acme).id
    codes = [
        get(acme, f"/pipelines/{number}/{path}").status_code for path in ("bridges", "trigger_jobs")
    ]
    assert codes == [200, 404]


def test_all_jobs_page_by_key_downwards_only(acme):
    for _ in range(2):
        run(acme)
    first = get(acme, "/jobs?pagination=keyset&order_by=id&per_page=3")
    second = acme.call("GET", first.links["next"]["url"].split("/api/v4")[1])
    assert [one["id"] for one in first.json() + second.json()] == [4, 3, 2, 1]
    assert ("X-Total" in first.headers, second.links) == (False, {})
    for query in ("sort=asc", "order_by=name"):
        assert get(acme, f"/jobs?pagination=keyset&{query}").status_code == 405


def test_far_pages_by_number_are_refused_where_there_is_a_key(acme):
    got = get(acme, "/jobs?page=501&per_page=100")
    assert (got.status_code, "maximum allowed offset of 50000" in got.json()["error"]) == (
        405,
        True,
    )


@pytest.mark.parametrize("stamped", [False, True])
def test_a_log_has_colours_and_sections(acme, stamped):
    pipeline = run(acme)
    job = pipeline.jobs[1]
    job.trace = runner_log(
        ["$ make test", "1 failed"], acme.clock.now(), failed=True, stamped=stamped
    )
    text = get(acme, f"/jobs/{job.id}/trace").text
    assert "\x1b[32;1m$ make test\x1b[0;m" in text
    assert "section_start:1772442000:step_script\r\x1b[0K" in text
    assert text.startswith("2026-03-02T09:00:00.000000Z 01E ") is stamped
    assert text.endswith("\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n")
