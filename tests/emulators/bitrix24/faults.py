"""What goes wrong between a client and the portal, on demand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.emulators.bitrix24.calls import REGISTRY
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.wire import Hangup, Request, Response

_WRITES = ("tasks.task.add", "tasks.task.chat.message.send")  # of REST 3.0, by its own table
PAGE_502 = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
PAGE_500 = "<html><body><h1>Internal Server Error</h1>[ErrorException]</body></html>"


@dataclass
class Failure:
    """The next `times` calls of `method` ('' any, also inside a batch hit) get this error."""

    error: RestError
    method: str = ""
    times: int = 1


@dataclass
class Faults:
    """`lost_answers`: that many writes are carried out and then not answered (of `lost_method`,
    '' any). `cut_writes`: that many requests with a write in them are not carried out, and the
    connection closes. `html_next`: that many hits get an HTML page. `latency` is in seconds."""

    gateway_down: bool = False
    html_next: int = 0
    html_status: int = 500
    lost_answers: int = 0
    cut_writes: int = 0
    lost_method: str = ""
    latency: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    def around(
        self, portal: Portal, request: Request, answer: Callable[[Portal, Request], Response]
    ) -> Response:
        """Answer a REST hit, with what was ordered to go wrong."""
        if self.latency:
            time.sleep(self.latency)
        if self.gateway_down:
            return Response.html(502, PAGE_502)
        if self.html_next > 0:
            self.html_next -= 1
            return Response.html(self.html_status, PAGE_500)
        if self.cut_writes > 0 and has_write(request):
            self.cut_writes -= 1
            raise Hangup
        failure = self._failure(request)
        if failure is not None:
            portal.requests[method_name(request)] += 1
            return Response.json(failure.status, failure.body())
        return self._answered(portal, request, answer)

    def _answered(
        self, portal: Portal, request: Request, answer: Callable[[Portal, Request], Response]
    ) -> Response:
        if not self.lost_answers:
            return answer(portal, request)
        with portal.lock:
            before = self._writes(portal)
            response = answer(portal, request)
            if self._writes(portal) == before:
                return response
            self.lost_answers -= 1
        raise Hangup

    def _writes(self, portal: Portal) -> int:
        counts = portal.writes
        return counts[self.lost_method] if self.lost_method else sum(counts.values())

    def _failure(self, request: Request) -> RestError | None:
        name = method_name(request)
        for failure in self.failures:
            if failure.times > 0 and failure.method in ("", name):
                failure.times -= 1
                return failure.error
        return None


def has_write(request: Request) -> bool:
    """Whether a method that changes something is called, by itself or in a batch."""
    name = method_name(request)
    if name != "batch":
        row = REGISTRY.find(name)
        return name in _WRITES or (row is not None and row.writes)
    commands = json.loads(request.body or b"{}").get("cmd", {})
    listed = commands.values() if isinstance(commands, dict) else commands
    rows = [REGISTRY.find(str(command).partition("?")[0]) for command in listed]
    return any(row is not None and row.writes for row in rows)


def method_name(request: Request) -> str:
    """Behind `api/` of v3, or behind the user and the secret of an inbound webhook."""
    return request.path.strip("/").removesuffix(".json").rpartition("/")[2]
