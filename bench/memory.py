"""What `serve` holds in memory after a burst that came through HTTP and was worked off."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import lives
from bench.figures import Figure, Part, at_most, must
from bench.load import apart, begin
from bench.site import Site
from demo.service import Service
from tests.emulators.bitrix24.server import BitrixEmulator

MERGE_REQUESTS, CLIENTS = 1000, 10
SEED = 6
SETTLE_SECONDS = 300
START_SECONDS = 6  # by then every thread of the worker has done its first round
MEGABYTE = 2**20
_HOW = """\
{count:,} shuffled deliveries about {tasks:,} merge requests from ten clients into `b24bridge \
serve` on the embedded database, until all is digested, decided and written to the emulated \
portal within its limits. Resident memory of the whole process tree (arbiter, web, worker). \
Shared pages are counted once in PSS and once for every process in RSS."""


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes: `pss` and `rss` now, `peak` the highest RSS there was (proc(5))."""

    pss: int
    rss: int
    peak: int


def measure() -> Part:
    played, told = lives.told(MERGE_REQUESTS, SEED)
    with Site() as site, apart() as pool:
        site.tasks(life.task_id for life in played)
        fresh = [memory(pid) for pid in site.service.processes()]
        load = begin(pool, site.url, site.shots(lives.shuffled(told, SEED)), CLIENTS).result()
        site.settled(SETTLE_SECONDS)
        burst = [memory(pid) for pid in site.service.processes()]
    figures = [
        must("every delivery accepted", not load.unanswered, True),
        Figure("PSS before, MiB", _sum(fresh, "pss")),
        at_most("PSS after, MiB", _total(burst, "pss"), 150, "{:.0f}"),
        Figure("PSS after by process (arbiter, web, worker), MiB", _each(burst, "pss")),
        Figure("RSS before → after, MiB", f"{_sum(fresh, 'rss')} → {_sum(burst, 'rss')}"),
        Figure("RSS at its highest by process, MiB", _each(burst, "peak")),
    ]
    how = _HOW.format(count=len(told), tasks=MERGE_REQUESTS)
    return Part("memory", "Memory after a burst", how, figures)


def at_start(tree: Path) -> list[Memory]:
    """Of `serve` of a source tree on a database that exists, before anybody installs the app.

    It has the packages of a plain installation: extras that are installed are loaded, too. The
    first start makes the database and compiled files.
    """
    with BitrixEmulator() as portal, TemporaryDirectory(prefix="b24bridge-start-") as name:
        folder = Path(name)
        python = _install_plainly(tree, folder / "venv")
        service = Service(folder, portal, tree=tree, python=str(python))
        service.start()
        service.stop()
        service.start()
        time.sleep(START_SECONDS)
        try:
            return [memory(pid) for pid in service.processes()]
        finally:
            service.stop()


def _install_plainly(tree: Path, folder: Path) -> Path:
    """Install a tree without extras, and return the interpreter. Raises CalledProcessError.

    In place: a wheel would have the pages built first.
    """
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pinned = ["-c", str(tree / "constraints.txt"), "-e", str(tree)]
    subprocess.run([python, "-m", "pip", "install", "-q", *pinned], check=True)
    return python


def memory(pid: int) -> Memory:
    """Of one process; sizes in /proc are in units of 1024 bytes."""
    rollup, status = _sizes(f"/proc/{pid}/smaps_rollup"), _sizes(f"/proc/{pid}/status")
    return Memory(rollup["Pss"], rollup["Rss"], status["VmHWM"])


def _sizes(file: str) -> dict[str, int]:
    lines = (line.split() for line in Path(file).read_text().splitlines())
    return {words[0][:-1]: int(words[1]) * 1024 for words in lines if words[2:] == ["kB"]}


def _total(found: list[Memory], name: str) -> float:
    return sum(getattr(one, name) for one in found) / MEGABYTE


def _sum(found: list[Memory], name: str) -> str:
    return f"{_total(found, name):.0f}"


def _each(found: list[Memory], name: str) -> str:
    return " + ".join(_sum([one], name) for one in found)
