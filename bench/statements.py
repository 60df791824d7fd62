"""The SQL that the service's processes sent, by an injected probe, whatever tree they run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import probe


@dataclass(frozen=True, slots=True)
class Statement:
    """`at`: monotonic seconds. `kind`: statement, or begin, commit, savepoint."""

    at: float
    pid: int
    thread: str
    kind: str
    sql: str
    callers: str


@dataclass(frozen=True, slots=True)
class Probe:
    """A folder that makes Python load the probe, and the file the probe writes to."""

    folder: Path
    tree: Path

    def install(self) -> None:
        self.folder.mkdir(exist_ok=True)
        shutil.copy(probe.__file__, self.folder / "sitecustomize.py")
        self._file.touch()

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PYTHONPATH": f"{self.tree}:{self.folder}",
            "B24BRIDGE_PROBE": str(self._file),
            "B24BRIDGE_PROBE_TREE": str(self.tree),
        }

    @property
    def _file(self) -> Path:
        return self.folder / "statements"

    def between(self, began: float, ended: float) -> list[Statement]:
        """What was sent in that time (monotonic seconds).

        Raises RuntimeError where the service is not run from the tree.
        """
        rows = [row for row in self._rows() if began <= row.at <= ended]
        if rows and not any(row.callers for row in rows):
            raise RuntimeError(f"the service does not run from {self.tree}")
        return rows

    def _rows(self) -> Iterator[Statement]:
        for line in self._file.read_text().splitlines():
            at, pid, thread, kind, sql, callers = line.split("\t")
            yield Statement(float(at), int(pid), thread, kind, sql, callers)
