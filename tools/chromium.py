"""Debian's Chromium, for the tests of the pages.

`python -m tools.chromium` says whether there is one, and installs Debian's package if it may.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nothing that asks the network: a test machine may have none.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program() -> Path | None:
    """The browser; None if it is not installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


def _install() -> None:
    """Installs Debian's package where that is possible."""
    if os.getuid() != 0 or not shutil.which("apt-get"):
        return
    print("Chromium is not installed: installing Debian's package", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0"]
    subprocess.run([*apt, "update"], env=quiet, check=False)
    install = [*apt, "install", "-y", "--no-install-recommends", "chromium"]
    subprocess.run(install, env=quiet, check=False, stdout=subprocess.DEVNULL)


def main() -> int:
    if program() is None:
        _install()
    if program() is None:
        print("There is no Chromium here and it could not be installed.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
