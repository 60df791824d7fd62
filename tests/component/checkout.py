"""A project that includes the components, as gitlab-ci-local runs it with the shell executor."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.component.tools import COMPILED, finished, gitlab_ci_local
from tests.depth import is_quick
from tools.system_packages import program

ROOT = Path(__file__).parents[2]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
GIT = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@acme.example"]

PIPELINE = """
include:
  - component: $CI_SERVER_FQDN/acme/shop/report@$CI_COMMIT_SHA
    inputs: {}
  - component: $CI_SERVER_FQDN/acme/shop/merge-request@$CI_COMMIT_SHA
  - component: $CI_SERVER_FQDN/acme/shop/deployment-script@$CI_COMMIT_SHA
test:
  stage: test
  script: ['true']
deploy:
  stage: deploy
  WHEN
  script: ["RESULT"]
  environment: {name: staging, url: 'https://staging.test'}
  after_script: [AFTER]
"""
NEW = {"RESULT": "true", "WHEN": "when: on_success", "AFTER": "'true'"}


class Checkout:
    """A project that includes the components at its own commit."""

    def __init__(self, folder: Path, pipeline: str = PIPELINE, **changes: str) -> None:
        self.folder = folder / "checkout"
        self.folder.mkdir()
        shutil.copytree(ROOT / "templates", self.folder / "templates")
        text = pipeline
        for name, value in {**NEW, **changes}.items():
            text = text.replace(name, value)
        (self.folder / ".gitlab-ci.yml").write_text(text, "utf-8")
        for command in (
            ["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "B24-5"],
            ["remote", "add", "origin", "git@gitlab.test:acme/shop.git"],
            ["update-ref", "refs/remotes/origin/main", "HEAD"],
            ["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"],
        ):  # fmt: skip
            subprocess.run([*GIT, *command], cwd=self.folder, check=True, timeout=60)

    def run(self, variables: Mapping[str, str], *jobs: str, first: str = "") -> tuple[int, str]:
        """Return the exit code of the pipeline and what it printed."""
        done = self.start(variables, *jobs, first=first)
        return done.returncode, done.stdout + done.stderr

    def start(
        self, variables: Mapping[str, str], *jobs: str, first: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the pipeline, or the jobs. `first`: a folder of programs."""
        command = [*gitlab_ci_local(), "--force-shell-executor", *jobs]
        if is_quick():  # half of the time it takes; test_templates.py checks GitLab's own schema
            command.append("--no-json-schema-validation")
        given = {k: v for k, v in variables.items() if k not in ("CI", "CI_COMMIT_SHA")}
        for name, value in given.items():
            command += ["--variable", f"{name}={value}"]
        folders = [Path(gitlab_ci_local()[0]).parent, program("rsync").parent]
        path = os.pathsep.join([*filter(None, [first]), *map(str, folders), os.environ["PATH"]])
        output = self.folder.parent / "output"
        with output.open("wb") as file:  # into a pipe it writes 64 KiB at most
            return finished(
                command, output, cwd=self.folder, stdout=file,
                env={"PATH": path, "HOME": str(self.folder.parent), **COMPILED},
            )  # fmt: skip

    def left(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")
