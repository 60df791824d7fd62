"""A report through the app: the job posts what only it may read, and the app does the rest.

The ID token says who speaks. No secret is needed, and none is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from reporter.ci_variables import Variables, number
from reporter.errors import Problem
from reporter.files import write_files
from reporter.gitlab_json import inside, rows_of, text
from reporter.gitlab_questions import counted
from reporter.http import Answer
from reporter.main import Run

VARIABLES = {
    "CI_PROJECT": "ID PATH TITLE URL",
    "CI_PIPELINE": "ID URL SOURCE",
    "CI_JOB": "ID URL",
    "CI_COMMIT": "SHA TAG BRANCH REF_NAME MESSAGE",
    "CI_MERGE_REQUEST": "IID TITLE DESCRIPTION PROJECT_URL SOURCE_BRANCH_NAME TARGET_BRANCH_NAME",
    "CI": "SERVER_URL DEFAULT_BRANCH",
    "GITLAB_USER": "LOGIN NAME",
    "B24": "REPORT REFS STATUSES TIERS DEPLOY_JOB ENVIRONMENT TASK_PREFIX LANGUAGE FIELD CHAT"
    " CHAT_WHEN NOTIFY_SOURCES TELL_AUTHOR ON_OPEN ON_MERGE STAGE_OPEN STAGE_MERGE TOKEN_VARIABLE",
    "B24_ENVIRONMENT": "URL TIER",
}
# Of GitLab's answers only this is sent, at whatever depth it stands.
KEPT = (  # noqa: SIM905  it is short in a job's script
    "id iid name status stage allow_failure web_url title description state draft source_branch"
    " target_branch author environment tier external_url deployable pipeline"
).split()
# An e-mail address, and no package with its version: `Bump lodash@4.17.21`.
ADDRESS = r"(?<=<)[^\s<>@]+@[^\s<>@]+(?=>)|(?<![^\s<>@])[^\s<>@]+@[^\s<>@]+\.[^\W\d]{2,}"
Gather = Callable[[Run], dict[str, object]]  # GitLab's answers by what they are about
# https://docs.gitlab.com/ci/jobs/ci_job_token/
DEPLOYMENTS = "deployments?order_by=id&sort=desc&per_page=50"


def report_to_app(run: Run, mode: str, gather: Gather) -> int:
    """Post the facts, and leave what the app answers. Return the exit code."""
    write_files([], ())
    ci, url = run.ci, run.ci["B24_APP_URL"].rstrip("/")
    if ci["CI_MERGE_REQUEST_PROJECT_ID"] not in ("", ci["CI_PROJECT_ID"]):
        run.out.say("a merge request from a fork sees no secrets: nothing is reported")
        return 0
    if not ci["B24_ID_TOKEN"]:
        raise Problem("The job has no ID token", "NO_ID_TOKEN")
    if not url.startswith(("https://", "http://127.0.0.1:")):  # it goes nowhere in clear text
        raise Problem("app-url is no https:// address", "NO_APP_URL")
    facts = {"version": 2, "component": run.http.agent, "mode": mode, **gather(run)}
    names = [f"{head}_{name}" for head, names in VARIABLES.items() for name in names.split()]
    facts["variables"] = {name: shortened(ci[name]) for name in names if ci[name]}
    if ci["B24_DRY_RUN"] == "true":
        run.out.say(f"would send the report to {url}")
    else:
        headers = {"Authorization": f"Bearer {ci['B24_ID_TOKEN']}"}
        answer = run.http.ask_twice(f"{url}/ci/report", headers, {"facts": facts})
        read_app(run, answer, url.split("/")[2])
    return 0


def of_pipeline(run: Run) -> dict[str, object]:
    """Read what of a pipeline that ends is wanted. Of many jobs only some statuses decide."""
    wanted = run.ci["B24_REPORT"]
    answers = of_begin(run) if "merge-request" in wanted else {}
    if "pipeline" in wanted:
        answers["jobs"] = read(run, "&scope[]=".join([jobs_path(run.ci), *counted(run.ci)]))
    if "deployments" in wanted:
        answers["deployments"] = read(run, DEPLOYMENTS)
    return answers


def of_begin(run: Run) -> dict[str, object]:
    own = run.ci["CI_MERGE_REQUEST_IID"]
    commit = f"repository/commits/{run.ci['CI_COMMIT_SHA']}/merge_requests?per_page=20"
    return {"merge_requests": read(run, f"merge_requests/{own}" if own else commit)}


def of_deployment(run: Run) -> dict[str, object]:
    """Read the deployments and what ours brings; or the jobs, where it is not tracked."""
    name = re.sub("(..)", r"%\1", run.ci["B24_ENVIRONMENT"].strip("-").encode().hex())
    rows = read(run, DEPLOYMENTS + (name and f"&environment={name}"))
    # Of a matrix of environments the app names the one that went worst.
    worst = sorted(rows_of(rows), key=lambda row: row.get("status") == "success")
    for row in worst:
        if str(inside(row, "deployable", "pipeline").get("id")) == run.ci["CI_PIPELINE_ID"]:
            shipped = read(run, f"deployments/{row['id']}/merge_requests?per_page=20")
            return {"deployments": rows, "merge_requests": shipped}
    return {"deployments": rows, "jobs": read(run, jobs_path(run.ci)), **of_begin(run)}


def jobs_path(ci: Variables) -> str:
    return f"pipelines/{ci['CI_PIPELINE_ID']}/jobs?per_page=100"


def read(run: Run, path: str) -> object:
    """Return GitLab's JSON, None where it is refused. Half of the time is the app's."""
    url = f"{run.ci['CI_API_V4_URL']}/projects/{run.ci['CI_PROJECT_ID']}/{path}"
    try:
        answer = run.http.ask(url, {"JOB-TOKEN": run.ci["CI_JOB_TOKEN"]}, keep=run.seconds / 2)
    except Problem:
        return None
    return shortened(answer.body) if answer.status == 200 else None


def shortened(value: Any) -> Any:
    """Return only what the app reads, with long texts cut and without e-mail addresses."""
    if isinstance(value, dict):
        return {name: shortened(inner) for name, inner in value.items() if name in KEPT}
    if isinstance(value, list):
        return [shortened(inner) for inner in value]
    if isinstance(value, str):
        return re.sub(ADDRESS, "…", value)[:5_000]
    return value


def read_app(run: Run, answer: Answer, host: str) -> None:
    """Leave the tasks that the app found named, and say what it says."""
    body = answer.body if isinstance(answer.body, dict) else {}
    if "tasks" not in body:  # another server's page, or a refusal
        why = text(inside(body, "error"), "text")[:200] or "no reason given"
        raise Problem(f"{host} refuses it: {why}", f"HTTP {answer.status}")
    urls = {number(row.get("id")): text(row, "url") for row in rows_of(body.get("tasks"))}
    urls.pop(0, None)
    write_files(urls, [(f"#{task}", url) for task, url in urls.items() if url])
    for note in rows_of(body.get("notes")):
        run.out.say(text(note, "text"))
