"""Lists the SQL that no test marked `dialect` runs: `pytest -p tests.statements -m database`.

Each statement of the product stands with one test that runs it and may get the mark, so that
`make test` runs all of it on PostgreSQL.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Engine, event

ROOT = Path(__file__).parents[1]
PRODUCT = tuple(str(ROOT / folder) for folder in ("sync", "b24app"))
TESTS = str(ROOT / "tests")
_VALUES = re.compile(r"\((?:\?(?:, )?)+\)(?:, \((?:\?(?:, )?)+\))*")


class Statements:
    """What each statement was run by: the mark counts, or else the first test."""

    def __init__(self) -> None:
        self.marked: set[str] = set()
        self.unmarked: dict[str, str] = {}
        self._test: pytest.Item | None = None

    def note(self, *args: Any) -> None:
        """Take down a statement of SQLAlchemy's `before_cursor_execute`."""
        if self._test is None or not _is_of_the_product(sys._getframe()):
            return
        statement = _VALUES.sub("(?)", re.sub(r"\s+", " ", args[2]))
        if self._test.get_closest_marker("dialect"):
            self.marked.add(statement)
        else:
            self.unmarked.setdefault(statement, self._test.nodeid)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._test = item
        yield
        self._test = None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("SQL that no test marked `dialect` runs")
        for statement in sorted(self.unmarked.keys() - self.marked):
            terminalreporter.line(f"{self.unmarked[statement]}\n    {statement[:200]}")


def _is_of_the_product(frame: FrameType | None) -> bool:
    """Whether the nearest code of this project is not a test."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(TESTS) and name != __file__:
            return False
        if name.startswith(PRODUCT):
            return True
        frame = frame.f_back
    return False


def pytest_configure(config: pytest.Config) -> None:
    statements = Statements()
    event.listen(Engine, "before_cursor_execute", statements.note)
    config.pluginmanager.register(statements)
