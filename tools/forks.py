"""Collects tests once and runs them in forks of that process: `-p tools.forks --forks=3`.

Each process of pytest-xdist imports, rewrites and collects ten thousand tests for itself. A fork
has all that its parent collected, compiled and cached.
https://docs.pytest.org/en/stable/reference/reference.html#test-running-runtest-hooks
"""

from __future__ import annotations

import os
import signal
from collections import deque
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any
from warnings import WarningMessage

import pytest
from _pytest import junitxml

# A fork asks for a share of what is left: many tests at first, single ones at the end.
SHARES = 8
AT_MOST = 60


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forks", type=int, default=0, help="how many processes run the tests")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the tests in forks; None: pytest runs them itself.

    It is left once by the parent, and once by each fork, which then ends as pytest does.
    """
    if not session.config.option.forks or session.config.option.collectonly or session.testsfailed:
        return None
    if connection := Parent(session, session.config.option.forks).run():
        Child(session, connection).run()
    return True


@dataclass(eq=False)
class Fork:
    """A process, and the places of the tests that it was given and has not finished."""

    pid: int
    connection: Connection
    given: deque[int] = field(default_factory=deque)


class Parent:
    """Gives tests to forks, and what they report to pytest's own plugins."""

    def __init__(self, session: pytest.Session, number: int) -> None:
        self.session, self.number = session, number
        self.left = deque(range(len(session.items)))
        self.forks: list[Fork] = []

    def run(self) -> Connection | None:
        """Return None when all tests are over; in a fork at once, with what leads to the parent."""
        try:
            while self.forks or self.left:
                while self.left and len(self.forks) < self.number:
                    if connection := self.fork():
                        return connection
                for ready in wait([fork.connection for fork in self.forks]):
                    self.take(next(fork for fork in self.forks if fork.connection is ready))
        finally:
            for fork in self.forks:  # of a run that is broken off
                os.kill(fork.pid, signal.SIGKILL)
                os.waitpid(fork.pid, 0)
        return None

    def fork(self) -> Connection | None:
        """Start a process; return in it what leads to its parent."""
        connection, to_parent = Pipe()
        if pid := os.fork():
            to_parent.close()
            self.forks.append(Fork(pid, connection))
            return None
        for other in self.forks:
            other.connection.close()
        connection.close()
        self.forks = []
        return to_parent

    def take(self, fork: Fork) -> None:
        """Answer a fork that asks for tests, or pass on what it says of one."""
        try:
            reports = fork.connection.recv()
        except (EOFError, ConnectionResetError):
            self.end(fork)
            return
        if reports is None:
            places = self.share()
            fork.given += places
            fork.connection.send(places)
        else:
            self.pass_on(self.session.items[fork.given.popleft()], reports)

    def share(self) -> list[int]:
        """Return the places of the next tests: of one file, as its fixtures are made once."""
        items, places = self.session.items, list[int]()
        most = min(AT_MOST, max(1, len(self.left) // (self.number * SHARES)))
        while self.left and len(places) < most:
            if places and items[self.left[0]].path != items[places[0]].path:
                break
            places.append(self.left.popleft())
        return places

    def pass_on(self, item: pytest.Item, reports: list[tuple[str, dict[str, Any]]]) -> None:
        """Call the hooks that the fork's own plugins would have been called by."""
        config = self.session.config
        config.hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for kind, data in reports:
            if kind == "warning":
                config.hook.pytest_warning_recorded.call_historic(kwargs=data)
                continue
            report = config.hook.pytest_report_from_serializable(config=config, data=data)
            config.hook.pytest_runtest_logreport(report=report)
        config.hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        if reason := self.session.shouldfail or self.session.shouldstop:
            raise self.session.Interrupted(reason)

    def end(self, fork: Fork) -> None:
        """Take leave of a fork. The test in which it died failed, another takes the rest."""
        self.forks.remove(fork)
        fork.connection.close()
        _, status = os.waitpid(fork.pid, 0)
        if not fork.given:
            return
        item = self.session.items[fork.given.popleft()]
        self.left.extendleft(reversed(fork.given))
        report = pytest.TestReport(
            item.nodeid, item.location, {}, "failed",
            f"its process ended with {os.waitstatus_to_exitcode(status)}", "call",
        )  # fmt: skip
        data = self.session.config.hook.pytest_report_to_serializable(
            config=self.session.config, report=report
        )
        self.pass_on(item, [("report", data)])


class Child:
    """Runs the tests it is given, and sends what pytest says of each."""

    def __init__(self, session: pytest.Session, connection: Connection) -> None:
        self.session, self.connection = session, connection
        self.reports: list[tuple[str, dict[str, Any]]] = []

    def run(self) -> None:
        """Run tests until none are left."""
        self._leave_the_parents_plugins()
        items, places = self.session.items, deque(self._ask())
        while places:
            item = items[places.popleft()]
            places = places or deque(self._ask())  # the next test may share fixtures with this
            next_item = items[places[0]] if places else None
            self.session.config.hook.pytest_runtest_protocol(item=item, nextitem=next_item)
            self.connection.send(self.reports)
            self.reports.clear()

    def _ask(self) -> list[int]:
        self.connection.send(None)
        places: list[int] = self.connection.recv()
        return places

    def _leave_the_parents_plugins(self) -> None:
        """What prints and writes files is the parent's; captured output is of this process."""
        config = self.session.config
        config.workerinput = {}  # type: ignore[attr-defined]  # as plugins know a process of xdist
        plugins = config.pluginmanager
        plugins.unregister(name="terminalreporter")
        junitxml.pytest_unconfigure(config)
        capture = plugins.getplugin("capturemanager")
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
        plugins.register(self)
        self.reports.clear()  # who comes later is told of all warnings that the parent knows

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the report for the parent."""
        config = self.session.config
        data = config.hook.pytest_report_to_serializable(config=config, report=report)
        self.reports.append(("report", data))

    def pytest_warning_recorded(
        self,
        warning_message: WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        """Keep the warning for the parent, without the objects it is about."""
        where = warning_message.filename, warning_message.lineno
        text = WarningMessage(str(warning_message.message), warning_message.category, *where)
        values = {"warning_message": text, "when": when, "nodeid": nodeid, "location": location}
        self.reports.append(("warning", values))
