"""What the forks of a run report reaches pytest's own plugins, and a fork that dies hides nothing.

The tests of a project of its own are run as `make test` runs ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.run_tests import FORKED, ROOT

TESTS = '''
import os
import warnings
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PARENT = os.getpid()


@pytest.mark.parametrize("number", range(8))
def test_passes(number):
    print("only seen where it fails")
    assert os.getpid() != PARENT


def test_fails(capsys):
    print("printed by the one that fails")
    assert 1 == 2


def test_warns():
    warnings.warn("beware", UserWarning, stacklevel=1)


def test_dies():
    os._exit(7)


def test_comes_after_it():
    """Nothing."""


def test_passes_the_second_time():
    mark = HERE / "tried"
    if not mark.exists():
        mark.touch()
        raise AssertionError


@pytest.mark.skip(reason="not here")
def test_is_left_out():
    """Nothing."""


@pytest.mark.deep
def test_is_deep():
    """Nothing."""
'''
SHARED = '''
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def shared():
    yield
    with Path(__file__).with_name("ended").open("a") as file:
        file.write("x")


@pytest.mark.parametrize("name", ["a", "b"])
def test_shares(name, shared):
    """Nothing."""
'''


def _run(folder: Path, *arguments: str) -> tuple[int, str, dict[str, str]]:
    """Return the exit code, what was printed, and how each test ended."""
    (folder / "test_it.py").write_text(TESTS)
    (folder / "test_shared.py").write_text(SHARED)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -q -ra\nmarkers = deep\n")
    report = folder / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *FORKED, *arguments, f"--junitxml={report}"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    cases = ElementTree.parse(report).iter("testcase")
    return (
        done.returncode,
        done.stdout,
        {str(case.get("name")): next((child.tag for child in case), "passed") for case in cases},
    )


@pytest.mark.parametrize("forks", [1, 3])
def test_each_test_is_run_once_and_reported(tmp_path: Path, forks: int) -> None:
    code, printed, ends = _run(tmp_path, f"--forks={forks}", "-m", "not deep")
    assert code == 1, printed
    assert ends == {
        **{f"test_passes[{number}]": "passed" for number in range(8)},
        "test_fails": "failure",
        "test_warns": "passed",
        "test_dies": "failure",
        "test_comes_after_it": "passed",
        "test_passes_the_second_time": "passed",
        "test_is_left_out": "skipped",
        "test_shares[a]": "passed",
        "test_shares[b]": "passed",
    }
    for text in (
        "2 failed, 13 passed, 1 skipped, 1 deselected, 1 warning, 2 rerun",
        "assert 1 == 2",
        "printed by the one that fails",
        "its process ended with 7",
        "UserWarning: beware",
        "not here",
    ):
        assert text in printed
    assert "only seen where it fails" not in printed
    ended = (tmp_path / "ended").read_text()  # once by each process that ran tests of the file
    assert ended == "x" if forks == 1 else ended in ("x", "xx")
