"""The templates in the hands of two other authors: cimulator reads them, gitlab-emulator runs them.

cimulator (PyPI) fills in `spec:inputs` of local includes, arrays and patterns too; it runs nothing.
gitlab-emulator (`gle`, PyPI) knows neither `include:component` nor inputs: it gets the jobs with
their inputs filled in, and runs their scripts in a shell.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from component_template import load

from tests.component.test_templates import WITH_JOBS, configured
from tests.component.world import World
from tests.depth import telling

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
GIT = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@acme.example"]


def project(folder: Path, configuration: Mapping[str, Any]) -> Path:
    shutil.copytree(ROOT / "templates", folder / "templates")
    (folder / ".gitlab-ci.yml").write_text(json.dumps(configuration), "utf-8")
    for command in (
        ["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "B24-5"],
        ["remote", "add", "origin", "git@gitlab.test:acme/shop.git"],
    ):  # fmt: skip
        subprocess.run([*GIT, *command], cwd=folder, check=True, timeout=60)
    return folder


def run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=folder,
        env={**variables, "PATH": path, "HOME": str(folder)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


# cimulator takes the slash of `include:local` for the machine's root, and `validate` knows no rules
# of includes: of the two scripts with one name it would choose the doctor's.
WITHOUT = re.compile(r"- local: '\S+/doctor-.*\n(?:  .*\n)+")


def understood(folder: Path, name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return what cimulator prints, and the configuration that it makes."""
    include = [{"local": f"templates/{name}.yml", "inputs": dict(given)}]
    project(folder, {"include": include, "test": {"stage": "test", "script": ["true"]}})
    path = folder / "templates" / f"{name}.yml"
    text = path.read_text("utf-8").replace("'/templates/", f"'{folder}/templates/")
    path.write_text(WITHOUT.sub("", text), "utf-8")
    done = run(folder, "cimulator", "validate", ".gitlab-ci.yml")
    output = folder / "validation_output.yml"
    return done.stdout + done.stderr, load(output.read_text("utf-8")) if output.exists() else {}


GIVEN: dict[str, dict[str, Any]] = {
    "defaults": {},
    "tags": {"tags": ["docker"], "rules": [{"if": "$CI_COMMIT_BRANCH"}]},
    "app": {"deliver": "app", "app-url": "https://bridge.example", "on-error": "fail"},
    "dash": {"field": "-", "image": "$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/python:3.13"},
}


def comparable(configuration: Mapping[str, Any]) -> Any:
    """Texts of lists (`[docker]`, `["docker"]`) stand in names only, and mean the same there."""
    text = json.dumps(configuration, sort_keys=True, ensure_ascii=False)
    return json.loads(text.replace('[\\"', "[").replace('\\"]', "]"))


@pytest.mark.parametrize("given", telling(GIVEN, "tags", "app").values())
@pytest.mark.parametrize("name", WITH_JOBS)
def test_another_reader_makes_the_same_jobs_of_a_template(
    tmp_path: Path, name: str, given: dict[str, Any]
) -> None:
    output, configuration = understood(tmp_path, name, given)
    expected = configured(name, **given)
    jobs = {key: row for key, row in configuration.items() if "b24" in key}
    assert jobs, output
    assert comparable(jobs) == comparable(expected), output


WRONG = {
    "an unknown input": {"nonsense": "x"},
    "an option that does not exist": {"deliver": "fax"},
    "a quote": {"stage": "a'b"},
    "a text for a list": {"tags": "docker"},
    "an empty text": {"chat": ""},
    "a word that means nothing": {"tiers": "prod"},
}


@pytest.mark.parametrize("given", list(WRONG.values()), ids=WRONG)
def test_another_reader_refuses_what_the_header_forbids(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    output, configuration = understood(tmp_path, "report", given)
    assert next(iter(given)) in output
    assert configuration == {}


def filled(*includes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        "stages": ["test", "deploy"],
        "test": {"stage": "test", "script": ["true"]},
        "deploy": {"stage": "deploy", "script": ["true"]},
    }
    for name, given in includes:
        configuration |= configured(name, **given)
    return configuration


def test_another_runner_runs_the_report(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    folder = world.folder / "project"
    folder.mkdir()
    project(folder, filled(("report", {})))
    variables = world.variables(world.pipeline(mr), mr)
    done = run(folder, "gle", "--ignore-docker", "b24-report", **variables)
    output = done.stdout + done.stderr
    assert (done.returncode, "b24: task 5: card written" in output) == (0, True), output
    assert "#1 passed" in world.messages(5)[0]


def test_another_runner_runs_the_report_of_a_deployment(world: World) -> None:
    world.task(5)
    build = world.pipeline(world.open_mr())
    world.gitlab.deploy(build, "staging", "success")
    folder = world.folder / "project"
    folder.mkdir()
    project(folder, filled(("deployment", {"environment": "$PLACE"})))
    variables = world.variables(build, PLACE="staging")
    done = run(folder, "gle", "--ignore-docker", "b24-deployment:deploy", **variables)
    output = done.stdout + done.stderr
    assert (done.returncode, "b24: task 5: card written" in output) == (0, True), output
    assert world.messages(5)[0].endswith("Deployed to staging")
