"""Reports that reach a portal at the same instant: each of their calls waits for its turn.

Bitrix24 does the calls of a batch one after another, and those of another batch in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Semaphore, Thread

from reporter.http import Answer

from tests.emulators.bitrix24 import api
from tests.emulators.bitrix24.state import Portal

PATIENCE = 30.0  # seconds, for a thread that hangs


class Killed(BaseException):
    """The job was canceled, or its runner died."""


class Line:
    """What a reporter takes for its Http. `calls`: how many it may make; `count`: its requests."""

    wait = 0.0

    def __init__(self, portal: Portal, turn: Callable[[], None], calls: int) -> None:
        self.portal, self.turn, self.calls, self.count = portal, turn, calls, 0

    def left(self) -> float:
        return 1.0

    def ask(self, url: str, headers: Mapping[str, str], data: dict[str, dict[str, str]]) -> Answer:
        """Send a batch, a call a turn."""
        self.count += 1
        out: dict[str, dict[str, object]] = {"result": {}, "result_error": {}}
        for key, command in data["cmd"].items():
            self.turn()
            if not self.calls:
                raise Killed
            self.calls -= 1
            result = self.call(url, key, command)
            for name, values in out.items():
                values.update(result[name] or {})
        return Answer(200, {"result": out}, "", 0.0)

    def call(self, url: str, key: str, command: str) -> dict[str, dict[str, object]]:
        """Do one call of a batch; it is no request, so none that the portal counts."""
        _, hook = api.split_webhook(url.partition("/rest/")[2])
        with self.portal.lock:
            body = api.perform(self.portal, "batch", {"cmd": {key: command}, **hook})
        result: dict[str, dict[str, object]] = body["result"]
        return result


class Job:
    """A report in a thread of its own, that stands still between its calls."""

    def __init__(self, portal: Portal, work: Callable[[Line], object], calls: int = -1) -> None:
        self.go, self.stopped, self.over = Semaphore(0), Semaphore(0), False
        self.line = Line(portal, self.turn, calls)
        self.work, self.killed, self.code = work, False, None
        self.thread = Thread(target=self.run, daemon=True)
        self.thread.start()
        assert self.stopped.acquire(timeout=PATIENCE)

    def run(self) -> None:
        try:
            self.code = self.work(self.line)
        except Killed:
            self.killed = True
        finally:
            self.over = True
            self.stopped.release()

    def turn(self) -> None:
        self.stopped.release()
        assert self.go.acquire(timeout=PATIENCE)

    def step(self) -> None:
        """Let the job make its next call."""
        assert not self.over
        self.go.release()
        assert self.stopped.acquire(timeout=PATIENCE)


def play(jobs: Mapping[str, Job], order: Iterator[str] | str) -> None:
    """Let the jobs call in this order, and each that is left after it to its end."""
    for name in order:
        if not jobs[name].over:
            jobs[name].step()
    for job in jobs.values():
        while not job.over:
            job.step()
        assert job.killed or job.code == 0
