"""Both systems emulated, and the reporter run in between as a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from py_compile import compile

from tests.emulators.bitrix24 import BitrixEmulator
from tests.emulators.gitlab.entities import (
    DEVELOPER,
    MAINTAINER,
    OWNER,
    Commit,
    MergeRequest,
    Pipeline,
)
from tests.emulators.gitlab.server import GitLabEmulator

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "ci-components"))

import generate  # noqa: E402
from component_template import read_template  # noqa: E402

FORMS = ROOT / ".build" / "reporter"
ASSIGNED = re.compile(r"""export (B24_\w+)=(?:(["'])\$\[\[ inputs\.([a-z-]+) \]\]\2|'([^'$]*)')""")
PYTHON = os.environ.get("B24_TEST_PYTHON", sys.executable)
JOB_ID = 77


@cache
@dataclass
class Ran:
    """A run of the reporter: exit code, all it printed, and the files it left."""

    code: int
    said: str
    folder: Path

    def json(self, name: str) -> object:
        return json.loads((self.folder / name).read_text("utf-8"))

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@dataclass
class World:
    folder: Path
    card: str = "new"
    environ: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> World:
        self.gitlab = GitLabEmulator().__enter__()
        self.b24 = BitrixEmulator(card=self.card).start()
        self.portal = self.b24.state
        state = self.gitlab.state
        self.ann = state.add_user("ann", "Ann Oak", public=True)
        state.add_user("bob", "Bob Elm")
        state.add_group("acme", members={"ann": OWNER})
        members = {"ann": MAINTAINER, "bob": DEVELOPER}
        self.shop = state.add_project("acme/shop", members=members)
        self.job_token = state.add_token(self.ann, kind="job").value
        self.portal.add_user("Ann", last_name="Oak", email="ann@acme.example")
        self.portal.add_user("Dan", last_name="Elm", email="dan@portal.test")
        self.webhook = self.b24.webhook(1)
        self.portal.add_user_field("UF_CI_STATUS", "string")
        return self

    def __exit__(self, *_: object) -> None:
        self.b24.stop()
        self.gitlab.__exit__()

    def task(self, number: int, title: str = "Pay", **more: object):
        return self.portal.create_task(title, id=number, responsible_id=2, by=1, **more)

    def messages(self, number: int) -> list[str]:
        """What people read under the task."""
        messages = self.portal.discussion(number)
        return [message.text for message in messages if not getattr(message, "deleted", False)]

    def open_mr(self, title: str = "Pay", branch: str = "feature/B24-5", **more) -> MergeRequest:
        self.gitlab.push(self.shop, branch, ["Pay"], "ann")
        return self.gitlab.open_mr(self.shop, branch, title, "ann", **more)

    def pipeline(self, where: object, status: str = "success", **more: object) -> Pipeline:
        run = self.gitlab.run_pipeline(where, **more)
        run.set_status("running")
        if status != "running":
            run.set_status(status)
        return run

    def variables(self, run: Pipeline, mr: MergeRequest | None = None, **more: str) -> dict:
        """What GitLab gives the reporter's job; `mr`: in a merge request's own pipeline."""
        place = self.gitlab.state.projects[run.project_id]
        url = f"{self.gitlab.url}/{place.path}"
        inputs = default_inputs(more.get("B24_MODE", "report"))
        commit = self._commit(run.sha)
        return {
            "CI": "true",
            "CI_API_V4_URL": f"{self.gitlab.url}/api/v4",
            "CI_API_GRAPHQL_URL": f"{self.gitlab.url}/api/graphql",
            "CI_SERVER_URL": self.gitlab.url,
            "CI_PROJECT_ID": str(place.id),
            "CI_PROJECT_PATH": place.path,
            "CI_PROJECT_TITLE": "Shop",
            "CI_DEFAULT_BRANCH": "main",
            "CI_PROJECT_URL": url,
            "CI_PIPELINE_ID": str(run.id),
            "CI_PIPELINE_IID": str(run.iid),
            "CI_PIPELINE_URL": f"{url}/-/pipelines/{run.id}",
            "CI_PIPELINE_SOURCE": "merge_request_event" if mr else "push",
            "CI_JOB_ID": str(JOB_ID),
            "CI_JOB_URL": f"{url}/-/jobs/{JOB_ID}",
            "CI_JOB_TOKEN": self.job_token,
            "CI_COMMIT_SHA": run.sha,
            "CI_COMMIT_BEFORE_SHA": "0" * 40,
            "CI_COMMIT_REF_NAME": run.ref,
            "CI_COMMIT_MESSAGE": commit.message,
            "GITLAB_USER_LOGIN": "ann",
            "GITLAB_USER_NAME": "Ann Oak",
            "GITLAB_USER_EMAIL": "ann@acme.example",
            "B24_WEBHOOK_URL": self.webhook,
            **inputs,
            **(self._mr_variables(mr) if mr else {"CI_COMMIT_BRANCH": run.ref}),
            **more,
        }

    def _commit(self, sha: str) -> Commit:
        """Of any project: a fork's commits are in ours too, as refs/merge-requests/."""
        places = self.gitlab.state.projects.values()
        return next(place.commits[sha] for place in places if sha in place.commits)

    def _mr_variables(self, mr: MergeRequest) -> dict[str, str]:
        place = self.gitlab.state.projects[mr.project_id]
        return {
            "CI_MERGE_REQUEST_IID": str(mr.iid),
            "CI_MERGE_REQUEST_TITLE": mr.title,
            "CI_MERGE_REQUEST_DESCRIPTION": mr.description[:2700],
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": mr.source_branch,
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": mr.target_branch,
            "CI_MERGE_REQUEST_PROJECT_ID": str(place.id),
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(mr.source_id),
            "CI_MERGE_REQUEST_PROJECT_PATH": place.path,
            "CI_MERGE_REQUEST_PROJECT_URL": f"{self.gitlab.url}/{place.path}",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": self._fork_point(mr),
        }

    def _fork_point(self, mr: MergeRequest) -> str:
        first = self._commit(mr.shas[0])
        return first.parent_ids[0] if first.parent_ids else ""

    def report(self, run: Pipeline, mr: MergeRequest | None = None, **more: str) -> Ran:
        return self.run(self.variables(run, mr, **more))

    def run(self, variables: dict[str, str]) -> Ran:
        """The script as a job runs it, with nothing in its environment but the variables."""
        done = subprocess.run(
            [PYTHON, "-I", "-S", str(compiled(form_of(variables))), "b24bridge/test"],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = (done.stdout + done.stderr).removeprefix("b24: b24bridge/test\n")
        return Ran(done.returncode, said, self.folder)

    def requests(self) -> tuple[int, Counter[str]]:
        """How often GitLab was asked, and Bitrix24 by method, since the last question."""
        asked = len(self.gitlab.requests), Counter(self.portal.requests)
        self.gitlab.requests.clear()
        self.portal.requests.clear()
        return asked


@cache
def default_inputs(mode: str) -> dict[str, str]:
    """Return what a job's script exports where an include gives no inputs."""
    name = "report" if mode == "doctor" else mode
    template = read_template((ROOT / "templates" / f"{name}.yml").read_text("utf-8"))
    given = {}
    for variable, _, of_input, fixed in ASSIGNED.findall(template.body):
        default = template.defaults[of_input] if of_input else fixed
        given[variable] = str(default).lower() if isinstance(default, bool) else str(default)
    return given


def form_of(variables: dict[str, str]) -> str:
    """The script that a template includes by its inputs deliver and doctor."""
    mode, way = variables.get("B24_MODE", "report"), variables.get("B24_DELIVER", "direct")
    return f"{mode}-{way}"


@cache
def built(form: str) -> Path:
    """Return the path of a script, made of the sources as they are."""
    FORMS.mkdir(parents=True, exist_ok=True)
    path = FORMS / f"{form}.py"
    made = path.with_suffix(f".{os.getpid()}")
    made.write_text(generate.script(form), "utf-8")
    made.replace(path)
    return path


@cache
def compiled(form: str) -> Path:
    """Return what Python is to run: the script, compiled once for all tests of a process.

    Python compiles a script anew at each start, which takes as long as to run it. Another Python,
    named by B24_TEST_PYTHON, gets the text.
    """
    text = built(form)
    if sys.executable != PYTHON:
        return text
    made = text.with_suffix(f".{os.getpid()}.pyc")
    return Path(compile(str(text), cfile=str(made), doraise=True))
