"""Requests whose answers come late and in another order than they were sent, from a seed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future
from random import Random
from typing import Any, TypeVar

from requests import RequestException

from sync.errors import SyncError

T = TypeVar("T")
LONGEST = 12.0  # seconds until an answer
AT_ONCE = 0.2  # of answers that do not let us wait


class HeldAnswers:
    """Each call is made when it is started; its answer is held until somebody waits for one.

    `most`: how many were held at the same time.
    """

    def __init__(self, seed: int, tick: Callable[[float], None]) -> None:
        self._random, self._tick = Random(seed), tick
        self._held: dict[Future[Any], Callable[[], None]] = {}
        self.most = 0

    def start(self, call: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        try:
            answer = call()
        except (SyncError, RequestException) as error:
            self._held[future] = lambda error=error: future.set_exception(error)
        else:
            self._held[future] = lambda: future.set_result(answer)
        if self._random.random() < AT_ONCE:
            self._held.pop(future)()
        self.most = max(self.most, len(self._held))
        return future

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> None:
        """An answer comes, any of those that are waited for, after some seconds."""
        self._tick(self._random.random() * LONGEST)
        pending = [future for future in self._held if future in futures]
        if pending:
            self._held.pop(self._random.choice(pending))()
