"""A job's script in the shells that runners have: those of Debian, Alpine and macOS, as anybody."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.component.test_templates import jobs
from tests.component.world import World
from tools.system_packages import program

BUSYBOX = pytest.param("busybox sh", marks=pytest.mark.needs("busybox"))
SHELLS = ["sh", "bash", "bash --posix", BUSYBOX]
NOBODY = 65534


def script(name: str, **given: object) -> str:
    """Return what a runner makes one script of."""
    job = next(iter(jobs(name, **given).values()))
    return "\n".join([*job["before_script"], *job["script"]])


def run(shell: str, text: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    words = shell.split()
    shell_path = program("busybox") if words[0] == "busybox" else shutil.which(words[0])
    assert shell_path
    return subprocess.run(
        [str(shell_path), *words[1:], "-e"], input=text, cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS)
def test_a_report_is_made_in_each_shell(world: World, shell: str) -> None:
    world.task(5)
    mr = world.open_mr()
    variables = world.variables(world.pipeline(mr), mr)
    done = run(shell, script("report"), world.folder, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "b24: task 5: card written" in done.stdout
    assert "PowerShell" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_what_an_input_says_reaches_the_reporter_as_it_is(world: World, shell: str) -> None:
    """A dollar within double quotes is a variable, and nothing else is anything."""
    world.task(5)
    build = world.pipeline(world.open_mr())
    world.gitlab.deploy(build, "review/a b", "success")
    url = "https://$PLACE.test/?a=1&b=*"
    text = script("deployment", environment="review/${PLACE}", environment_url=url)
    done = run(shell, text, world.folder, **world.variables(build, PLACE="a b"))
    assert done.returncode == 0, done.stdout + done.stderr
    [message] = world.messages(5)
    assert "Deployed to [url=https://a%20b.test/?a=1&b=*]review/a b[/url]" in message


def test_no_root_is_needed(world: World) -> None:
    world.task(5)
    mr = world.open_mr()
    folder = world.folder / "builds"
    folder.mkdir()
    somebody = NOBODY if os.geteuid() == 0 else os.geteuid()
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    os.chown(folder, somebody, -1)
    variables = world.variables(world.pipeline(mr), mr)
    python = f"{os.path.dirname(shutil.which('python3') or '')}{os.pathsep}/usr/bin:/bin"
    done = subprocess.run(
        ["/bin/sh", "-e"], input=script("report"), cwd=folder, env={**variables, "PATH": python},
        capture_output=True, text=True, timeout=60, check=False, user=somebody,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in folder.iterdir()} == {"b24.env", "b24-annotations.json"}
    assert len(world.messages(5)) == 1


@pytest.mark.parametrize("name", ["report", "merge-request", "deployment"])
def test_without_python_the_reason_is_one_sentence(world: World, name: str) -> None:
    done = run("sh", script(name), world.folder, PATH="/nowhere")
    assert done.returncode == 127
    assert done.stdout == (
        "b24: NOT REPORTED. The image has no full Python 3.9 or newer (NO_PYTHON).\n"
    )


@pytest.mark.parametrize("deliver", ["direct", "app"])
def test_texts_are_utf_8_whatever_the_locale_of_the_runner(tmp_path: Path, deliver: str) -> None:
    """As GitLab gives them: a runner of the shell kind may have KOI8-R or ISO 8859-1."""
    flags = "import sys; print(sys.flags)"
    own = tmp_path / "python3"
    own.write_text(f"#!/bin/sh\nexec {sys.executable} $1 $2 $3 $4 -c '{flags}'\n")
    own.chmod(0o755)
    text = script("report", deliver=deliver, app_url="https://x.invalid")
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert "utf8_mode=1" in run("sh", text, tmp_path, PATH=path, LC_ALL="C.UTF-8").stdout


@pytest.mark.parametrize(
    ("name", "missing"), [("report", "fnmatch"), ("deployment", "urllib.request")]
)
def test_a_python_without_its_whole_library_is_named(world: World, name: str, missing: str) -> None:
    """As Debian's python3-minimal: what is imported at once, and what a proxy needs."""
    hidden = f'import sys; sys.modules["{missing}"] = None'
    program = world.folder / "bin" / "python3"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$1" = -X ] || exec {sys.executable} "$@"\n'
        f'exec {sys.executable} -I -S -c \'{hidden}\'"; $6" "$7"\n'
    )
    program.chmod(0o755)
    world.task(5)
    variables = world.variables(world.pipeline(world.open_mr()))
    path = f"{program.parent}:{os.environ['PATH']}"
    done = run(
        "sh",
        script(name),
        world.folder,
        **{**variables, "PATH": path},
        http_proxy="http://127.0.0.1:9",
    )
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == (
        "b24: NOT REPORTED. The image has no full Python 3.9 or newer (NO_PYTHON)."
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("name", "given"),
    [("merge-request", {"B24_REPORT": "pipeline", "B24_STATUSES": "failed"}),
     ("deployment", {"B24_REPORT": "pipeline", "B24_ENVIRONMENT_URL": "https://other.test"}),
     ("report", {"B24_ENVIRONMENT": "other", "B24_DEPLOY_JOB": "other"})],
)  # fmt: skip
def test_a_variable_of_the_project_does_not_beat_any_input(
    world: World, name: str, given: dict[str, str]
) -> None:
    """Not even one that another component has."""
    world.task(5)
    mr = world.open_mr("For B24-5", "pay")
    build = world.pipeline(mr)
    world.gitlab.deploy(build, "staging", "success")
    done = run("sh", script(name), world.folder, **{**world.variables(build, mr), **given})
    assert done.returncode == 0, done.stdout + done.stderr
    [message] = world.messages(5)
    assert "!1 For B24-5" in message
    assert "other" not in message
