"""Runs the test suite part by part: `make test`, and with `--all` at full depth `make test-all`.

A quick run has two lanes side by side, as each leaves moments in which it waits; what the second
prints follows the first. A part that fails, or that this machine cannot run, does not keep the
others from running. The last lines say what was run, how many tests passed and failed, and what
was left out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from tools import system_packages
from tools.system_packages import PACKAGES, Package

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / ".build" / "tests"
CORES = min(os.cpu_count() or 1, 8)
# Threads and browsers on a busy machine may miss a moment: what fails is run once more, and shown.
AGAIN = ("--durations=5", "--reruns=1", "--rerun-show-tracebacks")
# pytest-xdist measures coverage; without it, what was collected once is run in forks.
SPREAD = ("-n", "auto", "--maxprocesses=8", "--dist=worksteal", *AGAIN)
FORKED = ("-p", "tools.forks", "-p", "no:xdist", "-p", "no:cacheprovider", *AGAIN)


@dataclass(frozen=True)
class Part:
    """A run of pytest: which tests, and the system package without which it is left out."""

    name: str
    arguments: tuple[str, ...]
    marks: str = ""
    package: str = ""


def spread(part: Part) -> Part:
    """Return the part as `make test-all` runs it."""
    return replace(part, arguments=(*SPREAD, *part.arguments, "-m", part.marks))


def forked(part: Part, processes: int) -> Part:
    """Return the part as `make test` runs it: in so many forks, without what is `deep`."""
    marks = ("-m", f"({part.marks}) and not deep")
    return replace(part, arguments=(*FORKED, f"--forks={processes}", *part.arguments, *marks))


@dataclass(frozen=True)
class Count:
    """How many tests ended how; `broken` where pytest itself ended in an error."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: bool = False


SQLITE = Part("everything on SQLite", ("--database=sqlite",), "not browser")
COVERAGE = ("--cov", "--cov-report=", "--cov-fail-under=0")
MEASURED = replace(SQLITE, arguments=(*SQLITE.arguments, *COVERAGE))
BROWSER = Part("the pages in a browser", ("--database=sqlite", "tests/e2e"), "browser", "chromium")
# Where tests marked `dialect` may stand, and in which files: to collect the others would take
# longer than to run these. Every query of `tests/store` is marked while it is collected.
DIALECT_ROOMS = ("tests/b24app", "tests/engine", "tests/simulation", "tests/store")
DIALECT_FILES = tuple(
    str(path.relative_to(ROOT))
    for room in DIALECT_ROOMS[:-1]
    for path in sorted((ROOT / room).rglob("test_*.py"))
    if "pytest.mark.dialect" in path.read_text("utf-8")
)
DIALECT = Part(
    "what depends on the SQL dialect on PostgreSQL",
    ("--database=postgresql", *DIALECT_FILES, DIALECT_ROOMS[-1]),
    "dialect and database and not browser",
    "postgresql",
)
DATABASE = Part(
    "everything with a database on PostgreSQL",
    ("--database=postgresql",),
    "database and not browser",
    "postgresql",
)
Lane = tuple[Part, ...]
# Some tests wait for processes and sockets: one process more than there are cores uses the time.
QUICK: tuple[Lane, ...] = (
    (forked(SQLITE, CORES + 1),),
    tuple(forked(part, max(1, CORES // 2)) for part in (BROWSER, DIALECT)),
)
FULL: tuple[Lane, ...] = (tuple(spread(part) for part in (MEASURED, BROWSER, DATABASE)),)


def run(
    part: Part, file: Path, environment: Mapping[str, str], output: BinaryIO | None = None
) -> Count:
    """Run pytest, which prints as ever or into `output`; return what its JUnit `file` counts."""
    file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", *part.arguments, f"--junitxml={file}"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, stdout=output, stderr=output
    )
    return count(file.read_text("utf-8") if file.exists() else "", done.returncode)


def run_lanes(
    lanes: Sequence[Lane], environment: Mapping[str, str], folder: Path
) -> dict[str, Count]:
    """Run lanes side by side, the parts of each in turn; return the counts in the order given.

    The first lane prints as it goes, the parts of the others when it has ended.
    """
    first, *others = lanes
    with ThreadPoolExecutor(len(lanes)) as pool:
        kept = [pool.submit(run_lane, lane, environment, folder, quiet=True) for lane in others]
        counts = run_lane(first, environment, folder)
        for lane, counted in zip(others, kept, strict=True):
            counts |= counted.result()
            for part in lane:
                heading(part)
                print(log(part, folder).read_text("utf-8", "replace"), flush=True)
    return counts


def run_lane(
    lane: Lane, environment: Mapping[str, str], folder: Path, *, quiet: bool = False
) -> dict[str, Count]:
    """Run the parts in turn; `quiet`: each into its log, for whoever prints it later."""
    counts = {}
    for part in lane:
        file = log(part, folder).with_suffix(".xml")
        if quiet:
            with log(part, folder).open("wb") as output:
                counts[part.name] = run(part, file, environment, output)
        else:
            heading(part)
            counts[part.name] = run(part, file, environment)
    return counts


def needed(part: Part) -> str:
    """Return what the part's package is needed for: others may be, too."""
    return PACKAGES[part.package].needed_by


def heading(part: Part) -> None:
    """Print what comes next."""
    print(f"\n=== {part.name}", flush=True)


def log(part: Part, folder: Path) -> Path:
    """Return where the part keeps what it prints; its report stands beside it."""
    return folder / f"{part.name.replace(' ', '-')}.log"


def count(junit: str, exit_code: int) -> Count:
    """Return the numbers of a JUnit report; "" for none.

    pytest exits with 0 (passed) or 1 (failures); any other code is an error of the run itself.
    https://docs.pytest.org/en/stable/reference/exit-codes.html
    """
    suites = list(ElementTree.fromstring(junit).iter("testsuite")) if junit else []
    tests, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    broken = exit_code not in (0, 1) or bool(exit_code) != bool(failed) or not tests
    return Count(tests - failed - skipped, failed, skipped, broken)


def summary(counts: Mapping[str, Count], left_out: Sequence[Package]) -> list[str]:
    """Return the last lines: one a part, the sum, and what was run and left out."""
    lines = [f"{name}: {_numbers(part)}{_broken(part)}" for name, part in counts.items()]
    parts = counts.values()
    total = Count(
        sum(part.passed for part in parts),
        sum(part.failed or int(part.broken) for part in parts),
        sum(part.skipped for part in parts),
    )
    missing = "; ".join(f"{package.needed_by} (no {package.name})" for package in left_out)
    return [
        *lines,
        _numbers(total),
        f"Run: {'; '.join(counts) or 'nothing'}. Left out: {missing or 'nothing'}.",
    ]


def _numbers(count: Count) -> str:
    skipped = f", {count.skipped} skipped" if count.skipped else ""
    return f"{count.passed} passed, {count.failed} failed{skipped}"


def _broken(count: Count) -> str:
    return ", and the run itself broke off" if count.broken else ""


def main() -> int:
    """Run the parts; 1 if a test failed or a part broke off.

    With `--all` also where something was left out or too little is covered.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.run_tests", description=__doc__)
    parser.add_argument("--all", action="store_true", help="everything, at full depth")
    whole = parser.parse_args().all
    started = time.monotonic()
    RESULTS.mkdir(parents=True, exist_ok=True)
    absent = system_packages.install_missing()
    cannot = {package.needed_by for package in absent}
    # Hundreds of processes start Python: each would compile all of it where nothing is kept.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["HYPOTHESIS_PROFILE"] = "steady" if whole else "quick"
    lanes = [
        tuple(part for part in lane if not part.package or needed(part) not in cannot)
        for lane in (FULL if whole else QUICK)
    ]
    counts = run_lanes(lanes, environment, RESULTS)
    print(f"\n=== {time.monotonic() - started:.0f} seconds")
    covered = not whole or _coverage()
    if absent:
        print(system_packages.explain(absent))
    print(*summary(counts, absent), sep="\n")
    bad = any(part.failed or part.broken for part in counts.values())
    return 1 if bad or not covered or (whole and absent) else 0


def _coverage() -> bool:
    """Print what no test reached in sync/core and sync/text; whether it is little enough."""
    print(flush=True)
    command = [sys.executable, "-m", "coverage", "report"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
