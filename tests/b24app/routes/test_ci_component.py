"""The component's own script in a job of an emulated GitLab, and the real app that hears it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tests.b24app.routes.test_ci_reports import connect, kept, run
from tests.emulators.gitlab.server import GitLabEmulator

GENERATOR = Path(__file__).parents[3] / "ci-components" / "generate.py"


@pytest.fixture
def gitlab(clock) -> Iterator[GitLabEmulator]:
    with GitLabEmulator(clock) as running:
        running.ann = running.state.add_user("ann", "Ann Oak")
        running.shop = running.state.add_project("acme/shop", members={"ann": 40})
        yield running


@pytest.fixture
def served(make_world, gitlab):
    """The app at an address of its own, and connected to the emulated GitLab."""
    server = make_server("127.0.0.1", 0, lambda *wsgi: app(*wsgi), threaded=True)
    world = make_world(public_url=f"http://127.0.0.1:{server.server_port}")
    app = world.client.application
    connect(world, gitlab)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    yield world
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def script() -> str:
    """What a job with `deliver: app` ships."""
    command = [sys.executable, str(GENERATOR), "--script", "report-app"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def job(world, gitlab, pipeline, script, folder, token="", **more) -> subprocess.CompletedProcess:
    """The job `b24-report` of the pipeline, as the template runs it."""
    url = f"{gitlab.url}/acme/shop"
    ours = world.deps.config.public_url
    environ = {
        "B24_REPORT": "pipeline, merge-request, deployments, commits",
        "B24_APP_URL": ours,
        "B24_ID_TOKEN": token or gitlab.identity.mint(pipeline, ours),
        "CI_API_V4_URL": f"{gitlab.url}/api/v4",
        "CI_JOB_TOKEN": gitlab.state.add_token(gitlab.ann, kind="job").value,
        "CI_SERVER_URL": gitlab.url,
        "CI_PROJECT_ID": str(gitlab.shop.id),
        "CI_PROJECT_PATH": "acme/shop",
        "CI_PROJECT_TITLE": "Shop",
        "CI_PROJECT_URL": url,
        "CI_DEFAULT_BRANCH": "main",
        "CI_PIPELINE_ID": str(pipeline.id),
        "CI_PIPELINE_URL": f"{url}/-/pipelines/{pipeline.id}",
        "CI_PIPELINE_SOURCE": "push",
        "CI_JOB_ID": "77",
        "CI_COMMIT_SHA": pipeline.sha,
        "CI_COMMIT_BRANCH": pipeline.ref,
        "CI_COMMIT_REF_NAME": pipeline.ref,
        "CI_COMMIT_MESSAGE": "Add payment, fixes B24-7",
        "GITLAB_USER_LOGIN": "ann",
        "GITLAB_USER_NAME": "Ann Oak",
        "GITLAB_USER_EMAIL": "ann@acme.example",
        **more,
    }
    return subprocess.run(
        [sys.executable, "-I", "-S", "-", "b24bridge-report/test"], input=script,
        cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_job_reports_and_hears_which_tasks_it_told(served, gitlab, script, tmp_path) -> None:
    pipeline = run(gitlab)
    gitlab.open_mr(gitlab.shop, pipeline.ref, "B24-5, see B24-6", "ann")
    pipeline.set_status("running")
    pipeline.set_status("success")
    done = job(served, gitlab, pipeline, script, tmp_path)
    text = "b24: b24bridge-report/test\n"
    text += "b24: the app has the report; the tasks it names: 2103, 5, 6, 7\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, text, "")
    assert (tmp_path / "b24.env").read_text() == "B24_TASK_IDS=2103,5,6,7\n"
    shown = json.loads((tmp_path / "b24-annotations.json").read_text())["Bitrix24"]
    url = "https://portal.example.com/company/personal/user/1/tasks/task/view"
    assert shown[1] == {"external_link": {"label": "#5", "url": f"{url}/5/"}}
    assert len(kept(served)) == 1


def test_a_report_the_app_does_not_trust_says_why(served, gitlab, script, tmp_path) -> None:
    pipeline = run(gitlab)
    stranger = gitlab.identity.mint(pipeline, "https://somebody.example")
    done = job(served, gitlab, pipeline, script, tmp_path, token=stranger)
    assert done.returncode == 1
    assert "refuses it: The ID token is not accepted (HTTP 401)." in done.stdout
    assert stranger not in done.stdout + done.stderr
    assert served.deliveries() == 0


def test_what_the_app_leaves_out_the_job_says(served, gitlab, script, tmp_path) -> None:
    pipeline = run(gitlab)
    pipeline.set_status("running")
    pipeline.set_status("success")
    more = {"B24_STATUSES": "failed", "B24_LANGUAGE": "ru"}
    done = job(served, gitlab, pipeline, script, tmp_path, **more)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == [
        "b24: the app's own settings count in place of the inputs language",
        "b24: the status success is not among the input statuses: nothing is reported",
    ]
    assert served.deliveries() == 0
