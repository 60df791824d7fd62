"""What the run of all parts says at its end, and that no failure of a part is lost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from tools import run_tests
from tools.run_tests import (
    DIALECT_ROOMS,
    FULL,
    QUICK,
    ROOT,
    Count,
    Lane,
    Part,
    count,
    run_lanes,
    summary,
)
from tools.system_packages import PACKAGES

JUNIT = (
    '<testsuites><testsuite tests="{tests}" failures="{failures}" errors="{errors}"'
    ' skipped="{skipped}"/></testsuites>'
)


def junit(tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> str:
    return JUNIT.format(tests=tests, failures=failures, errors=errors, skipped=skipped)


@pytest.mark.parametrize(
    ("report", "exit_code", "expected"),
    [
        (junit(9), 0, Count(9, 0, 0)),
        (junit(9, failures=2, errors=1, skipped=4), 1, Count(2, 3, 4)),
        (junit(0), 5, Count(0, 0, 0, broken=True)),
        (junit(0), 0, Count(0, 0, 0, broken=True)),
        (junit(9), 3, Count(9, 0, 0, broken=True)),
        (junit(9), 1, Count(9, 0, 0, broken=True)),
        (junit(9, failures=1), 0, Count(8, 1, 0, broken=True)),
        ("", 1, Count(0, 0, 0, broken=True)),
        ("", -9, Count(0, 0, 0, broken=True)),
    ],
)
def test_a_report_and_its_exit_code_are_counted(
    report: str, exit_code: int, expected: Count
) -> None:
    assert count(report, exit_code) == expected


def test_the_last_lines_say_what_was_run_passed_and_left_out() -> None:
    counts = {"everything on SQLite": Count(7, 0, 2), "the pages in a browser": Count(3, 1, 0)}
    assert summary(counts, [PACKAGES["rsync"], PACKAGES["postgresql"]]) == [
        "everything on SQLite: 7 passed, 0 failed, 2 skipped",
        "the pages in a browser: 3 passed, 1 failed",
        "10 passed, 1 failed, 2 skipped",
        "Run: everything on SQLite; the pages in a browser. Left out: the components in a pipeline"
        " of gitlab-ci-local (no rsync); the database on PostgreSQL (no postgresql).",
    ]


def test_a_part_that_broke_off_counts_as_failed() -> None:
    lines = summary({"a": Count(7, 0, 0), "b": Count(broken=True)}, [])
    assert lines[-2:] == ["7 passed, 1 failed", "Run: a; b. Left out: nothing."]
    assert lines[1] == "b: 0 passed, 0 failed, and the run itself broke off"


@pytest.mark.parametrize("lanes", [QUICK, FULL])
def test_no_two_parts_have_one_name_and_each_package_is_in_the_table(
    lanes: tuple[Lane, ...],
) -> None:
    parts = [part for lane in lanes for part in lane]
    assert len({part.name for part in parts}) == len(parts)
    assert {part.package for part in parts} <= {"", *PACKAGES}


def test_lanes_run_side_by_side_and_print_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The first lane ends only when the last part of the second has begun."""
    last_began = threading.Event()

    def run(part: Part, file: Path, environment: object, output: BinaryIO | None = None) -> Count:
        if part.name == "c":
            last_began.set()
        if part.name == "a":
            assert last_began.wait(30)
            print("a passes", flush=True)
        else:
            assert output
            output.write(f"{part.name} passes\n".encode())
        return Count(len(part.arguments), broken=part.name == "b")

    monkeypatch.setattr(run_tests, "run", run)
    lanes = [(Part("a", ("1",)),), (Part("b", ()), Part("c", ("1", "2"))), ()]
    counts = run_lanes(lanes, {}, tmp_path)
    assert list(counts.items()) == [
        ("a", Count(1)), ("b", Count(0, broken=True)), ("c", Count(2)),
    ]  # fmt: skip
    lines = [line for line in capfd.readouterr().out.splitlines() if line]
    assert lines == ["=== a", "a passes", "=== b", "b passes", "=== c", "c passes"]


def test_every_test_of_the_dialect_stands_where_it_is_looked_for() -> None:
    marked = [
        path.relative_to(ROOT)
        for path in (ROOT / "tests").rglob("test_*.py")
        if path != Path(__file__) and "pytest.mark.dialect" in path.read_text("utf-8")
    ]
    assert {"/".join(path.parts[:2]) for path in marked} == {*DIALECT_ROOMS}
