"""The same writes to the same slow portal, by us and by fast_bitrix24's concurrent batches."""

from __future__ import annotations

import asyncio
import json
import selectors
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import requests

from bench import databases, draining
from bench.figures import Figure, Part, must
from sync.bitrix24.events.parse import parse_form
from sync.core.clock import ManualClock

LIBRARY = "fast_bitrix24==1.8.14"  # installed for the run alone; the product does not use it
MERGE_REQUESTS, ANSWERS = 200, (1.0, 5.0)
_READS = ("tasks.task.get", "tasks.task.list", "user.get")
_HOW = """\
A burst of {merges} merge requests whose webhooks wait when the worker begins, in simulated time, \
the portal's allowance of requests being used up: each answer of the emulated portal takes its \
seconds. What we wrote is then written once more by {library} (all methods at once, in its \
concurrent batches of 50) to another emulated portal in the same state. It only writes; our time \
holds reading the tasks and keeping each task's order, too. “Refused” are requests over the \
portal's limit."""


@dataclass(slots=True)
class Written:
    """`calls`: what was written, by method. `first`: seconds until the first write was sent."""

    seconds: float = 0.0
    first: float = 0.0
    requests: int = 0
    refused: int = 0
    calls: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def writes(self) -> Counter[str]:
        return Counter({method: len(items) for method, items in self.calls.items()})


def measure() -> Part:
    figures: list[Figure] = []
    with library(), databases.databases() as made:
        make = next(iter(made.values()))
        for answer in ANSWERS:
            ours = write_by_us(make(), MERGE_REQUESTS, answer)
            theirs, missing = write_by_library(make(), MERGE_REQUESTS, answer, ours.calls)
            figures += _compare(answer, ours, theirs, missing)
    how = _HOW.format(merges=MERGE_REQUESTS, library=LIBRARY)
    return Part("beside", "Beside fast_bitrix24", how, figures)


def _compare(answer: float, ours: Written, theirs: Written, missing: int) -> list[Figure]:
    where = f"answers of {answer:.0f} s"
    whole, writing = ours.seconds, ours.seconds - ours.first
    return [
        must(f"{where}: writes that the library did not make", missing, 0),
        Figure(f"{where}: writes", str(ours.writes.total())),
        Figure(f"{where}: requests, ours and the library's", f"{ours.requests}, {theirs.requests}"),
        Figure(f"{where}: refused, ours and the library's", f"{ours.refused}, {theirs.refused}"),
        Figure(
            f"{where}: seconds, ours whole, ours from the first write, the library's",
            f"{whole:.1f}, {writing:.1f}, {theirs.seconds:.1f}",
        ),
        Figure(
            f"{where}: ours whole, reading included, as a share of the library's",
            f"{whole / theirs.seconds:.2f}",
        ),
        Figure(
            f"{where}: ours from the first write, as a share of the library's",
            f"{writing / theirs.seconds:.2f}",
            "≤ 1.00",
            writing <= theirs.seconds,
        ),
    ]


def write_by_us(url: str, count: int, answer: float) -> Written:
    """Work off a burst; return what was written, in what time."""
    burst = draining.Burst(url, count, draining.Weather(True, answer))
    written, began = Written(), burst.world.clock.now()
    portal_answer = burst.world.portal_answer

    def recorded(request: requests.PreparedRequest) -> requests.Response:
        calls = list(_writes(request))
        if calls and not written.first:
            written.first = (burst.world.clock.now() - began).total_seconds()
        for method, parameters in calls:
            written.calls.setdefault(method, []).append(parameters)
        return portal_answer(request)

    burst.world.patch(burst.world, "portal_answer", recorded)
    drained = burst.drain()
    if drained.wrong or drained.refused:
        raise RuntimeError(f"{drained.wrong} tasks are wrong, {drained.refused} requests refused")
    written.seconds, written.requests = drained.seconds, drained.requests
    return written


def _writes(request: requests.PreparedRequest) -> Iterator[tuple[str, dict[str, Any]]]:
    body = json.loads(request.body or b"{}")
    for command in (body.get("cmd") or {}).values():
        method, _, query = command.partition("?")
        if method not in _READS:
            yield method, dict(parse_form(query.encode()))


@contextmanager
def library() -> Iterator[None]:
    """Install the library in a temporary folder and let it be imported meanwhile."""
    with tempfile.TemporaryDirectory(prefix="b24bridge-beside-") as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, LIBRARY]
        subprocess.run(command, check=True, stdout=sys.stderr)
        sys.path.append(folder)
        try:
            yield
        finally:
            sys.path.remove(folder)


def write_by_library(
    url: str, count: int, answer: float, calls: dict[str, list[dict[str, Any]]]
) -> tuple[Written, int]:
    """Write `calls` with the library; return its time, and how many the portal did not see."""
    from fast_bitrix24 import BitrixAsync, throttle  # type: ignore[import-not-found]
    from fast_bitrix24.mult_request import (  # type: ignore[import-not-found]
        MultipleServerRequestHandler as Batches,
    )

    burst = draining.Burst(url, count, draining.Weather(True))
    burst._use_up()
    world = burst.world
    began, before = world.clock.now(), Counter(world.b24.writes)
    throttle.time = SimpleNamespace(monotonic=lambda: world.clock.now().timestamp())
    bitrix = BitrixAsync("http://portal.test/rest/", verbose=False)
    bitrix.srh.session = SlowSession(burst, answer)
    bitrix.srh.client_provided_by_user = True

    async def write_all() -> None:
        """By its batches themselves: `call` adds `__order`, which strict methods refuse."""
        runs = [Batches(bitrix, method, items, mute=True).run() for method, items in calls.items()]
        await asyncio.gather(*runs)

    loop = SimulatedLoop(world.clock)
    try:
        loop.run_until_complete(write_all())
    finally:
        loop.close()
    made = Counter(world.b24.writes) - before
    wanted = Counter({method: len(items) for method, items in calls.items()})
    written = Written(
        seconds=(world.clock.now() - began).total_seconds(),
        requests=sum(world.b24.requests.values()),
        refused=world.b24.state.limits.refused,
    )
    world.close()
    return written, (wanted - made).total()


class SlowSession:
    """What the library asks of an aiohttp session, answered by the emulated portal after a time."""

    def __init__(self, burst: draining.Burst, answer: float) -> None:
        self._burst, self._answer = burst, answer
        self.closed = False

    @asynccontextmanager
    async def post(self, url: str, json: dict[str, Any], ssl: bool) -> Any:
        from aiohttp import ClientResponseError  # type: ignore[import-not-found]

        world = self._burst.world
        auth = world.deps().portal_for(_row(world)).credentials.access_token
        request = requests.Request("POST", url, json=json | {"auth": auth}).prepare()
        self._burst.answers.is_under_way = True  # the time that an answer takes is slept below
        response = world.portal_answer(request)
        self._burst.answers.is_under_way = False
        await asyncio.sleep(self._answer)
        if response.status_code >= 400:
            raise ClientResponseError(None, (), status=response.status_code)
        yield SimpleNamespace(json=_later(response.json()))


def _later(value: Any) -> Any:
    async def read(encoding: str) -> Any:
        return value

    return read


def _row(world: Any) -> Any:
    from sync.engine.load.scope import read_portal
    from sync.store.db.database import read

    with read(world.database) as conn:
        return read_portal(conn, world.portal_id)


class _NoWaiting(selectors.DefaultSelector):
    """Turns a clock instead of waiting."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Sequence[Any]:
        if timeout is None:
            raise RuntimeError("nothing will ever happen")
        if timeout > 0:  # a clock of microseconds would stand still for less
            self._clock.sleep(max(timeout, 0.001))
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is a clock that it turns itself."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        super().__init__(_NoWaiting(clock))
        self._clock_resolution = 0.001  # of floats that count from 1970

    def time(self) -> float:
        return self._clock.now().timestamp()
