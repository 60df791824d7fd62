"""How requests to a portal are made: one after another, or several at once in threads."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Calls(Protocol):
    """Starts calls and waits for them."""

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Begin a call; the future holds its answer, or what it raised."""

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> None:
        """Wait until one of the calls has ended, or for `seconds`."""


class InlineCalls:
    """Each call is over when it has been started: one at a time."""

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Make the call."""
        future: Future[T] = Future()
        try:
            future.set_result(call())
        except Exception as error:  # noqa: BLE001 - the future carries it to whoever asks
            future.set_exception(error)
        return future

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> None:
        """Return at once: every call has ended."""


class ThreadedCalls:
    """Calls in at most `threads` threads, which are made as they are needed."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="call")

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Begin the call in a thread of its own."""
        return self._pool.submit(call)

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> None:
        """Wait until one of the calls has ended, or for `seconds`."""
        wait(futures, timeout=seconds, return_when=FIRST_COMPLETED)
