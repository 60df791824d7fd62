"""The machine a figure is from, and how busy others kept it meanwhile (proc(5), /proc/stat)."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Watch:
    """Made before a measurement; `told` after it, when its processes have ended."""

    began: float = field(default_factory=time.monotonic)
    busy: float = field(default_factory=lambda: _busy())
    own: float = field(default_factory=lambda: _own())
    pace: float = field(default_factory=lambda: _pace())

    def told(self, command: str) -> str:
        seconds = time.monotonic() - self.began
        cores = os.cpu_count() or 1
        others = max(0.0, _busy() - self.busy - (_own() - self.own)) / (seconds * cores)
        return (
            f"`{command}`: {seconds:.0f} s on {cores} cores, Python {platform.python_version()}, "
            f"SQLite {sqlite3.sqlite_version}; others took {others:.0%} of the processor time. "
            f"Three million additions took {self.pace:.2f} s before it and {_pace():.2f} s after."
        )


def _pace() -> float:
    """Seconds for the same work each time: a virtual machine is not always equally quick."""
    began, total = time.perf_counter(), 0
    for number in range(3_000_000):
        total += number
    return time.perf_counter() - began


def _busy() -> float:
    """Seconds that all cores together have worked, for whomever."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = (
        int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    """Seconds that we and the processes that ended under us have worked."""
    return sum(os.times()[:4])
