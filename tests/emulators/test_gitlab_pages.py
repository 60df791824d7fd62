"""Pages of the emulated GitLab: where links of cards lead, and nothing else."""

from __future__ import annotations

import pytest
import requests

from tests.emulators.gitlab.server import GitLabEmulator


@pytest.fixture(scope="module")
def gitlab():
    with GitLabEmulator() as emulator:
        ann = emulator.state.add_user("ann", "Ann Oak")
        shop = emulator.state.add_project("acme/shop", members={"ann": 40})
        emulator.push(shop, "B24-1-pay", ["Pay <by> card"], "ann")
        request = emulator.open_mr(shop, "B24-1-pay", "Pay <by> card", "ann")
        emulator.comment(request, "Why?", "ann")
        emulator.run_pipeline(request).set_status("failed")
        emulator.tracking.open_issue(shop, "Pay by invoice", "ann")
        emulator.state.add_token(ann)
        yield emulator


def opened(gitlab, path):
    return requests.get(f"{gitlab.url}{path}", timeout=10)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("acme/shop", ("!1 Pay &lt;by&gt; card", "B24-1-pay")),
        ("acme/shop/-/merge_requests/1", ("Pay &lt;by&gt; card (!1)", "opened", "Ann Oak: Why?")),
        ("acme/shop/-/merge_requests/1/diffs", ()),
        ("acme/shop/-/merge_requests/2", ()),
        ("acme/shop/-/issues/1", ("Pay by invoice (#1)",)),
        ("acme/shop/-/nonsense/1", ()),
        ("acme/none", ()),
    ],
)
def test_a_page_says_what_was_opened(gitlab, path, words):
    answer = opened(gitlab, f"/{path}")
    assert answer.status_code == (200 if words else 404)
    assert [word for word in words if word not in answer.text] == []


def test_a_pipeline_leads_to_its_jobs_and_a_commit_is_found_by_its_short_name(gitlab):
    shop = gitlab.state.project("acme/shop")
    (pipeline,) = shop.pipelines.values()
    page = opened(gitlab, f"/acme/shop/-/pipelines/{pipeline.id}").text
    assert "failed" in page
    job = pipeline.jobs[-1]
    assert f"/acme/shop/-/jobs/{job.id}" in page
    assert job.name in opened(gitlab, f"/acme/shop/-/jobs/{job.id}").text
    sha = shop.merge_requests[1].head_sha
    assert "Ann Oak" in opened(gitlab, f"/acme/shop/-/commit/{sha[:8]}").text
