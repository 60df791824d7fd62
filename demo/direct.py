"""A project without webhooks: its pipeline reports to Bitrix24 from inside a job, by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from demo.stage import VERA, Stage
from tests.component.world import default_inputs

TASK, TITLE = 2104, "Refund page"
BRANCH = f"feature/B24-{TASK}-refunds"
GENERATOR = Path(__file__).parents[1] / "ci-components" / "generate.py"


def prepare(stage: Stage) -> None:
    """The project, its task, and the inbound webhook that its CI/CD variable holds."""
    stage.site = stage.gitlab.state.add_project("acme/site", members={"boris": 40, "vera": 40})
    stage.b24.state.create_task(TITLE, id=TASK, created_by=1, responsible_id=VERA)
    stage.webhook = stage.b24.webhook(1)
    stage.job_token = stage.gitlab.state.add_token(stage.vera, kind="job").value
    stage.gitlab.push(stage.site, BRANCH, ["Add the refund page"], "vera")
    stage.refunds = stage.gitlab.open_mr(stage.site, BRANCH, "Refund page", "vera")


def pipeline(stage: Stage, status: str) -> str:
    """Runs a pipeline and then its last job, `report`; what that job printed."""
    run = stage.gitlab.run_pipeline(stage.refunds)
    for one in ("running", status):
        run.set_status(one)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-", "b24bridge-report/demo"], input=_script(),
        cwd=stage.home, env=_variables(stage, run), capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the report failed: {done.stdout}{done.stderr}")
    return done.stdout.strip()


@cache
def _script() -> str:
    """The reporter as the template ships it."""
    command = [sys.executable, str(GENERATOR), "--script", "report-direct"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def checks(stage: Stage) -> Iterator[tuple[str, bool]]:
    task = stage.b24.state.tasks[TASK]
    cards = [message.text for message in stage.b24.state.discussion(TASK)]
    yield f"task {TASK} has one message of the two pipelines", len(cards) == 1
    yield "it shows the pipeline that passed", "passed" in cards[-1]
    yield (
        "UF_CI_STATUS of the task is “passed”",
        task.uf.get("UF_CI_STATUS") == "passed",
    )


def _variables(stage: Stage, run: object) -> dict[str, str]:
    """What GitLab gives a job of a merge request's pipeline, and the template's own inputs."""
    url, mr = f"{stage.gitlab.url}/{stage.site.path}", stage.refunds
    return default_inputs("report") | {
        "PATH": os.environ["PATH"],
        "CI": "true",
        "CI_API_V4_URL": f"{stage.gitlab.url}/api/v4",
        "CI_SERVER_URL": stage.gitlab.url,
        "CI_PROJECT_ID": str(stage.site.id),
        "CI_PROJECT_PATH": stage.site.path,
        "CI_PROJECT_URL": url,
        "CI_PIPELINE_ID": str(run.id),
        "CI_PIPELINE_URL": f"{url}/-/pipelines/{run.id}",
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_JOB_ID": "1",
        "CI_JOB_URL": f"{url}/-/jobs/1",
        "CI_JOB_TOKEN": stage.job_token,
        "CI_COMMIT_SHA": run.sha,
        "CI_COMMIT_REF_NAME": BRANCH,
        "CI_COMMIT_MESSAGE": stage.site.commits[run.sha].message,
        "CI_MERGE_REQUEST_IID": str(mr.iid),
        "CI_MERGE_REQUEST_TITLE": mr.title,
        "CI_MERGE_REQUEST_DESCRIPTION": mr.description,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": mr.source_branch,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": mr.target_branch,
        "CI_MERGE_REQUEST_PROJECT_ID": str(stage.site.id),
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(stage.site.id),
        "CI_MERGE_REQUEST_PROJECT_URL": url,
        "GITLAB_USER_LOGIN": "vera",
        "GITLAB_USER_NAME": "Vera Lind",
        "GITLAB_USER_EMAIL": "vera@acme.example",
        "B24_WEBHOOK_URL": stage.webhook,
    }
