"""A bounded HTTP load on loopback: each client sends its next request when it has its answer."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from urllib.parse import urlsplit

from bench.figures import percentile

ANSWER_SECONDS = 60.0
_RECONNECT_SECONDS = 0.05
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. `statuses` by the request's place, None where no answer came.

    `seconds` are those of the answered requests, in order of arrival; `wall` of the whole.
    """

    statuses: tuple[int | None, ...]
    seconds: tuple[float, ...]
    wall: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.wall

    def milliseconds(self, share: float) -> float:
        """The latency that `share` (0..1) of the answers did not exceed."""
        return percentile(self.seconds, share) * 1000

    @property
    def unanswered(self) -> tuple[int, ...]:
        """The places of the requests that were not acknowledged with 200."""
        return tuple(place for place, status in enumerate(self.statuses) if status != 200)


def encoded(url: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    told = {"Host": urlsplit(url).netloc, "Content-Length": str(len(body)), **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fire(url: str, shots: Sequence[bytes], clients: int, patience: float = 0.0) -> Load:
    """Sends every shot once, in order, over `clients` connections that stay open.

    Where nobody listens, a client tries for `patience` seconds, then gives up. A shot whose
    connection breaks is not sent again.
    """
    return asyncio.run(_fire(url, shots, clients, patience))


@contextmanager
def apart() -> Iterator[ProcessPoolExecutor]:
    """A process for the load, so that it does not share our interpreter's lock."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(time.sleep, 0).result()
        yield pool


def begin(
    pool: ProcessPoolExecutor, url: str, shots: Sequence[bytes], clients: int, patience: float = 0.0
) -> Future[Load]:
    return pool.submit(fire, url, shots, clients, patience)


@dataclass
class _Run:
    """What the clients of one load share."""

    address: tuple[str, int]
    shots: Sequence[bytes]
    statuses: list[int | None]
    seconds: list[float]
    patience: float
    next: int = 0

    def draw(self) -> int | None:
        place, self.next = self.next, self.next + 1
        return place if place < len(self.shots) else None


async def _fire(url: str, shots: Sequence[bytes], clients: int, patience: float) -> Load:
    where = urlsplit(url)
    address = (where.hostname or "127.0.0.1", where.port or 80)
    run = _Run(address, shots, [None] * len(shots), [], patience)
    started = time.perf_counter()
    await asyncio.gather(*(_client(run) for _ in range(clients)))
    wall = time.perf_counter() - started
    return Load(tuple(run.statuses), tuple(run.seconds), wall)


async def _client(run: _Run) -> None:
    loop = asyncio.get_running_loop()
    connection = None
    while (place := run.draw()) is not None:
        connection = connection or await _connected(loop, run)
        if connection is None:
            return
        began = time.perf_counter()
        try:
            await loop.sock_sendall(connection, run.shots[place])
            status, goes_on = await asyncio.wait_for(_answer(loop, connection), ANSWER_SECONDS)
        except (OSError, EOFError, TimeoutError):
            connection.close()
            connection = None
            continue
        run.seconds.append(time.perf_counter() - began)
        run.statuses[place] = status
        if not goes_on:
            connection.close()
            connection = None
    if connection is not None:
        connection.close()


async def _connected(loop: asyncio.AbstractEventLoop, run: _Run) -> socket.socket | None:
    until = time.monotonic() + run.patience
    while True:
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await loop.sock_connect(made, run.address)
            return made
        except OSError:
            made.close()
            if time.monotonic() >= until:
                return None
            await asyncio.sleep(_RECONNECT_SECONDS)


async def _answer(loop: asyncio.AbstractEventLoop, made: socket.socket) -> tuple[int, bool]:
    """The status, and whether the connection stays open. Raises EOFError where it was closed."""
    data = b""
    while True:
        chunk = await loop.sock_recv(made, _CHUNK)
        if not chunk:
            raise EOFError
        data += chunk
        head, found, body = data.partition(b"\r\n\r\n")
        if found and len(body) >= content_length(head):
            return int(head[9:12]), b"connection: close" not in head.lower()


def content_length(head: bytes) -> int:
    """What an answer's head says of its body; 0 where it says nothing."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0
