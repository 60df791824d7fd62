"""The system packages of tests: found, missed, installed in one step, and explained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools import system_packages
from tools.system_packages import PACKAGES, Package


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has nothing; its folder of programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path


def put(folder: Path, name: str, text: str = "#!/bin/sh\n") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_package_is_there_when_one_of_its_programs_is(bare: Path) -> None:
    package = PACKAGES["chromium"]
    assert package.program() is None
    path = put(bare, "google-chrome")
    assert package.program() == path
    assert system_packages.missing(["chromium"]) == []


def test_of_several_versions_the_newest_is_taken(bare: Path) -> None:
    for version in ("9.6", "15", "14"):
        (bare / version / "bin").mkdir(parents=True)
        put(bare / version / "bin", "initdb")
    package = Package("postgresql", ("initdb",), "x", f"{str(bare)[1:]}/*/bin")
    assert package.program() == bare / "15" / "bin" / "initdb"


def test_who_is_not_root_reads_what_is_left_out_and_how_to_install_it(bare: Path) -> None:
    put(bare, "apt-get")
    for name in ("bash", "curl", "git", "wget"):
        put(bare, name)
    absent = [
        package
        for package in system_packages.install_missing()
        if package.name in ("busybox", "rsync")
    ]
    assert system_packages.explain(absent).splitlines() == [
        "Not installed, and could not be installed (that needs root): busybox rsync.",
        "  without busybox: no tests of the deployment's after_script in an image of BusyBox",
        "  without rsync: no tests of the components in a pipeline of gitlab-ci-local",
        "On Debian, as root: apt-get install --no-install-recommends busybox rsync",
    ]


def test_a_system_without_apt_get_is_told_so(bare: Path) -> None:
    assert "this system has no apt-get" in system_packages.explain([PACKAGES["rsync"]])


APT = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *install*gone*) echo "E: Unable to locate package gone"; exit 100 ;;
  *install*) for name in "$@"; do
      case $name in there|more) : > {folder}/$name; /bin/chmod 755 {folder}/$name ;; esac
    done ;;
esac
"""


def test_all_are_installed_in_one_step_and_one_that_is_gone_keeps_no_other_away(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_packages, "APT", bare)
    names = ("there", "gone", "more")
    monkeypatch.setattr(
        system_packages, "PACKAGES", {name: Package(name, (name,), name) for name in names}
    )
    log = bare / "log"
    put(bare, "apt-get", APT.format(log=log, folder=bare))
    assert [package.name for package in system_packages.install_missing()] == ["gone"]
    assert [line.split("Timeout=300 ")[1] for line in log.read_text().splitlines()] == [
        "update",
        "install -y --no-install-recommends there gone more",
        "install -y --no-install-recommends there",
        "install -y --no-install-recommends gone",
        "install -y --no-install-recommends more",
    ]
    assert "Unable to locate package gone" in capfd.readouterr().out
