"""How long a local runner may run: as many steps as it has, and none for ever."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from tests.component.tools import finished, wait_while_growing


class Slow:
    """A runner that is still busy each time it is looked at, and prints `lines` in all."""

    def __init__(self, output: Path, lines: int, looks: int) -> None:
        self.output, self.lines, self.looks = output, lines, looks

    def wait(self, seconds: float) -> int:
        self.looks -= 1
        if self.lines:
            self.lines -= 1
            self.output.write_text(self.output.read_text("utf-8") + "a line\n", "utf-8")
        if self.looks:
            raise subprocess.TimeoutExpired("runner", seconds)
        return 0


def runner(output: Path, lines: int, looks: int) -> Any:
    output.write_text("", "utf-8")
    return cast("Any", Slow(output, lines, looks))


def test_many_slow_steps_are_waited_for(tmp_path: Path) -> None:
    slow = runner(tmp_path / "output", lines=50, looks=50)
    wait_while_growing(slow, (slow.output,), 120)
    assert slow.looks == 0


def test_a_step_that_never_ends_is_not(tmp_path: Path) -> None:
    slow = runner(tmp_path / "output", lines=3, looks=50)
    with pytest.raises(subprocess.TimeoutExpired):
        wait_while_growing(slow, (slow.output,), 120)
    assert slow.looks == 50 - 4


def test_what_hangs_is_ended_with_its_jobs(tmp_path: Path) -> None:
    output, job = tmp_path / "output", tmp_path / "job"
    with output.open("wb") as file, pytest.raises(subprocess.TimeoutExpired):
        finished(["sh", "-c", f"touch {job}; tail -f {job} & wait"], output, 0.2, stdout=file)
    assert not running(str(job))


def running(word: str) -> list[str]:
    """Return the command lines with a word in them: https://man7.org/linux/man-pages/man5/proc.5.html"""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            found.append(file.read_text("utf-8", "replace"))
    return [line for line in found if word in line]


def test_code_and_texts_of_what_ends_are_returned(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        done = finished(["sh", "-c", "echo out; echo err >&2; exit 3"], output, stdout=file)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")
