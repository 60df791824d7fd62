"""Follow the README from nothing to a moved task: `python3 -m tools.first_hour`.

A fresh clone, a fresh home, an empty environment and a new virtual environment, as a stranger's
machine has them. The portal and GitLab are emulated; what a machine without a public address
cannot do (DNS, certificates, systemd) is left out. Needs Python and git alone; 15 minutes are the
limit. The commands are those of the README, read from it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT_SECONDS = 15 * 60
SECTION = "## On one machine"
# What a workplace needs to reach package registries; nothing of it is b24bridge's.
_KEPT = re.compile(r"(?i)(pip|npm_config)_|.*_proxy$|ssl_cert_|node_extra_ca_certs$")


def readme_commands(text: str) -> list[str]:
    """Return the commands of the README's way for one machine, without `sudo` and comments."""
    section = text.partition(f"{SECTION}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line.removeprefix("sudo ") for line in lines if line]


def bare_environment(home: Path, venv: Path) -> dict[str, str]:
    """Return what a login shell of a fresh account has."""
    kept = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    kept |= {name: value for name, value in os.environ.items() if _KEPT.match(name)}
    path = f"{venv / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return kept | {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8"}


def main() -> int:
    """Return 0 when the task was moved in time."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="b24bridge-first-hour-") as name:
        folder = Path(name)
        clone, home, venv = folder / "b24bridge", folder / "home", folder / "opt"
        home.mkdir()
        environ = bare_environment(home, venv)

        def run(*words: str, cwd: Path = folder) -> None:
            print(f"[{time.monotonic() - began:5.0f} s] $ {' '.join(words)}", flush=True)
            subprocess.run(words, env=environ, cwd=cwd, check=True)

        try:
            run("git", "clone", "--quiet", str(ROOT), str(clone))
            for line in readme_commands((clone / "README.md").read_text(encoding="utf-8")):
                match line.split():
                    case ["python3", "-m", "venv", _]:
                        run(sys.executable, "-m", "venv", str(venv))
                    case [pip, "install", *what] if pip.endswith("/pip"):
                        run(str(venv / "bin/pip"), "install", "--quiet", *what, cwd=clone)
            run(str(venv / "bin/python"), "-m", "tools.first_task", str(home), cwd=clone)
        except subprocess.CalledProcessError as error:
            print(f"It ended here: {error}", file=sys.stderr)
            return 1
        took = time.monotonic() - began  # without the clearing away
    print(f"From nothing to a moved task: {took / 60:.1f} minutes.")
    return 0 if took <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
