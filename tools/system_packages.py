"""Debian's packages that tests need: one table, and one step that installs what is missing.

`python -m tools.system_packages` installs them where it may, and says what is missing all the
same and what that leaves out. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Two checkouts may install at the same moment: apt-get waits for dpkg, but not for the package
# lists, so whoever installs holds a lock on this folder.
APT = Path("/var/lib/dpkg")
INSTALL_SECONDS = 900


@dataclass(frozen=True)
class Package:
    """A Debian package, the programs of which one is enough, and the tests that run it.

    `folders` are patterns of folders to look in beside PATH. `at_full_depth`: only what `make
    test-all` installs.
    """

    name: str
    programs: tuple[str, ...]
    needed_by: str
    folders: str = ""
    at_full_depth: bool = False

    def program(self) -> Path | None:
        """Return the program's path, of the newest version; None if it is not installed."""
        on_path = next(filter(None, map(shutil.which, self.programs)), None)
        if on_path:
            return Path(on_path)
        if not self.folders:
            return None
        patterns = (f"{self.folders}/{name}" for name in self.programs)
        files = (path for pattern in patterns for path in Path("/").glob(pattern))
        return max(files, key=_version, default=None)


def _version(path: Path) -> float:
    numbers = [part for part in path.parts if part.replace(".", "", 1).isdigit()]
    return float(numbers[0]) if numbers else 0.0


PACKAGES = {
    package.name: package
    for package in (
        Package("bash", ("bash",), "the components in a pipeline of gitlab-ci-local"),
        Package("busybox", ("busybox",), "the deployment's after_script in an image of BusyBox"),
        Package("curl", ("curl",), "the deployment's after_script in an image with curl"),
        Package("git", ("git",), "the components in a pipeline of gitlab-ci-local"),
        Package("openssh-client", ("ssh",), "the components in a pipeline of gitlab-ci-local"),
        Package("rsync", ("rsync",), "the components in a pipeline of gitlab-ci-local"),
        Package("caddy", ("caddy",), "Caddy before the server", at_full_depth=True),
        Package("nginx", ("nginx",), "nginx before the server", at_full_depth=True),
        Package("systemd", ("systemd-analyze",), "the unit of the service"),
        Package("wget", ("wget",), "the deployment's after_script in an image with wget"),
        Package(
            "chromium",
            ("chromium", "chromium-browser", "google-chrome"),
            "the pages in a browser",
        ),
        Package(  # Node of Playwright is linked to it
            "libatomic1", ("libatomic.so.1",), "the pages in a browser", "usr/lib/*"
        ),
        Package(
            "postgresql",
            ("initdb",),
            "the database on PostgreSQL",
            "usr/lib/postgresql/*/bin",
        ),
    )
}


def program(name: str) -> Path:
    """Return the path of the program of a package; RuntimeError says how to install it."""
    path = PACKAGES[name].program()
    if path is None:
        raise RuntimeError(f"{name} is not installed; on Debian: apt-get install {name}")
    return path


def missing(names: Iterable[str] = (), *, full: bool = False) -> list[Package]:
    """Return the packages, of these or of all that are wanted, that are not on this machine."""
    usual = [name for name, package in PACKAGES.items() if full or not package.at_full_depth]
    return [PACKAGES[name] for name in names or usual if PACKAGES[name].program() is None]


def install_missing(*, full: bool = False) -> list[Package]:
    """Install what is missing in one step and return what is missing all the same."""
    if not missing(full=full) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return missing(full=full)
    with _alone():
        if names := [package.name for package in missing(full=full)]:
            print(f"Installing Debian's packages: {' '.join(names)}", flush=True)
            _apt_get("update")
            if not _install(names):
                # one that is not to be had must not keep the others away
                for name in names:
                    _install([name])
    return missing(full=full)


def explain(packages: Sequence[Package]) -> str:
    """Return what is left out without the packages, and how to install them."""
    names = " ".join(package.name for package in packages)
    why = "apt-get failed" if os.geteuid() == 0 else "that needs root"
    if not shutil.which("apt-get"):
        why = "this system has no apt-get"
    lines = [f"Not installed, and could not be installed ({why}): {names}."]
    lines += [f"  without {package.name}: no tests of {package.needed_by}" for package in packages]
    lines.append(f"On Debian, as root: apt-get install --no-install-recommends {names}")
    return "\n".join(lines)


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other checkout of this machine installs."""
    folder = os.open(APT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _install(names: Sequence[str]) -> bool:
    return _apt_get("install", "-y", "--no-install-recommends", *names)


def _apt_get(*arguments: str) -> bool:
    """Run apt-get quietly, print what it says if it fails; whether it succeeded."""
    command = ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0", "-o=DPkg::Lock::Timeout=300", *arguments]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"apt-get {arguments[0]} did not end within {INSTALL_SECONDS} seconds", flush=True)
        return False
    if done.returncode:
        print(f"apt-get {' '.join(arguments)} failed:", done.stdout.strip(), sep="\n", flush=True)
    return done.returncode == 0


def main() -> int:
    """Install what is missing; 1 if something is missing all the same."""
    absent = install_missing(full="--all" in sys.argv[1:])
    if absent:
        print(explain(absent))
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
