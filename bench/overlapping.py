"""Answers that are under way at the same time, in simulated time and one thread."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any, TypeVar

from requests import RequestException

from sync.core.clock import ManualClock
from sync.errors import SyncError

T = TypeVar("T")


class OverlappingAnswers:
    """A call is made when it is started, and answered `seconds` later, whatever else is done.

    `is_under_way`: whether a call is being made now, which then takes no time of its own.
    """

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._due: list[tuple[datetime, Callable[[], None]]] = []
        self.is_under_way = False

    def start(self, call: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self.is_under_way = True
        try:
            answer = call()
        except (SyncError, RequestException) as error:
            self._answer_later(lambda error=error: future.set_exception(error))
        else:
            self._answer_later(lambda: future.set_result(answer))
        finally:
            self.is_under_way = False
        return future

    def _answer_later(self, answer: Callable[[], None]) -> None:
        self._due.append((self._clock.now() + timedelta(seconds=self._seconds), answer))

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> None:
        """Time passes until the next answer, `seconds` at most."""
        left = (min(at for at, _ in self._due) - self._clock.now()).total_seconds()
        self._clock.sleep(min(left, seconds))
        now = self._clock.now()
        due, self._due = (
            [entry for entry in self._due if (entry[0] <= now) is is_due]
            for is_due in (True, False)
        )
        for _, answer in due:
            answer()
