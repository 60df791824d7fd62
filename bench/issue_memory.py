"""Memory of a first import, in a process of its own: the emulated systems answer from another."""

from __future__ import annotations

import gc
import multiprocessing
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import requests

from b24app.services.sync_desk import PortalDesk
from bench.figures import Figure, Part, at_most, must
from bench.issue_town import Town

SIZES = (500, 5_000)
COMMENTS, ENTRIES = 4, 1
HOW = (
    "The import of `issue_import` at two sizes, in a process of its own. What it holds at most is "
    "its resident memory at its highest, less what it had before the import began."
)


class FarTown(Town):
    """A town whose systems answer from the process that made it; `line` leads there."""

    line: Connection | None = None

    def portal_answer(self, request: requests.PreparedRequest) -> requests.Response:
        return self._carried("portal", super().portal_answer, request)

    def host_answer(self, request: requests.PreparedRequest) -> requests.Response:
        return self._carried("host", super().host_answer, request)

    def _carried(
        self,
        name: str,
        answer: Callable[[requests.PreparedRequest], requests.Response],
        request: requests.PreparedRequest,
    ) -> requests.Response:
        if self.line is None:
            return answer(request)
        self.line.send((name, self.clock.now(), request))
        response = self.line.recv()
        assert isinstance(response, requests.Response)
        return response

    def serve(self, line: Connection) -> tuple[int, int, int]:
        """Answer until the import is over; return issues read, and bytes held before and at most.

        Both processes have a clock; the importing one's counts.
        """
        self.hold_deliveries = True
        while True:
            message = line.recv()
            if len(message) == 2:
                return len(self.b24.state.tasks), *message
            name, now, request = message
            self.clock.sleep(max(0.0, (now - self.clock.now()).total_seconds()))
            answer = self.portal_answer if name == "portal" else self.host_answer
            line.send(answer(request))


def measure() -> Part:
    small, large = (_imported(size) for size in SIZES)
    grown = [most - before for _, before, most in (small, large)]
    name = f"peak of memory at {SIZES[1]} ({grown[1] / 1e6:.1f} MB) ÷ at {SIZES[0]}"
    figures: list[Figure] = [
        must("imported whole", (small[0], large[0]), SIZES),
        at_most(f"{name} ({grown[0] / 1e6:.1f} MB)", grown[1] / grown[0], 1.2),
    ]
    return Part("issue_memory", "Memory of a first import", HOW, figures)


def _imported(size: int) -> tuple[int, int, int]:
    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        town = FarTown(Path(folder))
        town.fill(size, COMMENTS, ENTRIES)
        gc.collect()
        gc.freeze()  # or the other process copies what it only looks at
        near, far = fork.Pipe()
        process = fork.Process(target=_import, args=(town, far))
        process.start()
        try:
            return town.serve(near)
        finally:
            process.join()
            gc.unfreeze()
            town.close()


def _import(town: FarTown, line: Connection) -> None:
    town.database.dispose(close=False)  # connections do not survive a fork
    town.line = line
    before = _resident("VmRSS")
    for _ in PortalDesk(town.new_process("import"), town.row).import_pair(town.pair):
        pass
    line.send((before, _resident("VmHWM")))


def _resident(name: str) -> int:
    """Return bytes of memory that this process has, or had at most (proc(5))."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (size,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(size) * 1024
