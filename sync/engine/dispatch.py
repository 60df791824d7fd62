"""Runs portals' turns in a few threads: one at a time for each portal, none left out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor


class TurnDispatcher:
    """`run` is called with a portal's id and must not raise.

    A portal asked for while its turn is running gets another turn after it: what arrived in
    between may have come too late for the first. Portals that failed the last time (`is_failing`)
    have half of the threads at most: their turns may last as long as nobody answers.
    """

    def __init__(
        self,
        run: Callable[[int], object],
        threads: int,
        is_failing: Callable[[int], bool] = lambda portal_id: False,
    ) -> None:
        self._run, self._is_failing = run, is_failing
        self._most_failing = max(1, threads // 2)
        self._failing: set[int] = set()  # those of the running that had failed before
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="turn")
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._again: set[int] = set()
        self._stopping = False

    def request_turns(self, portal_ids: Iterable[int]) -> None:
        """Give each of the portals a turn in this order, or another after that which is running."""
        for portal_id in portal_ids:
            if self._try_begin(portal_id):
                self._pool.submit(self._run_turns, portal_id)

    def stop(self) -> None:
        """Wait for the turns that are running; begin no more."""
        with self._lock:
            self._stopping = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _try_begin(self, portal_id: int) -> bool:
        with self._lock:
            if self._stopping:
                return False
            if portal_id in self._running:
                self._again.add(portal_id)
                return False
            if self._is_failing(portal_id):
                if len(self._failing) >= self._most_failing:
                    return False  # the next check for work asks again
                self._failing.add(portal_id)
            self._running.add(portal_id)
            return True

    def _run_turns(self, portal_id: int) -> None:
        while True:
            self._run(portal_id)
            with self._lock:
                if portal_id not in self._again or self._stopping:
                    self._running.discard(portal_id)
                    self._failing.discard(portal_id)
                    return
                self._again.discard(portal_id)
