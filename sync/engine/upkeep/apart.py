"""Run looks at many systems apart, so that a slow one holds up none of the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextvars import copy_context

import structlog

from sync.store.db.database import AWAY

log = structlog.get_logger()

PATIENCE_SECONDS = 10.0  # for a look; after that the next one begins beside it
MOST_LEFT = 16  # looks that go on beside the others
MOST_SLOW = MOST_LEFT // 2  # of those at what was not in time before: others find a place


class Apart:
    """Waits for each look a little while; one that takes longer is left to go on by itself.

    Each has a thread of its own that nobody waits for at the worker's end, as for the sweep.
    """

    def __init__(self) -> None:
        self._left: dict[Hashable, Future[int]] = {}
        self._slow: set[Hashable] = set()

    def run(self, key: Hashable, look: Callable[[], int]) -> int:
        """Look, and return what came of it in time; 0 where it goes on, or has no place now.

        What was not in time before is not waited for. Raises what the look raises.
        """
        self._forget_ended()
        if not self._has_place(key):
            return 0
        future: Future[int] = Future()
        context = copy_context()
        work = threading.Thread(
            target=context.run, args=(_finish, future, look), name="look", daemon=True
        )
        work.start()
        try:
            done = future.result(0.0 if key in self._slow else PATIENCE_SECONDS)
        except NotInTime:
            if not future.done():
                self._left[key] = future
                self._slow.add(key)
                return 0
            done = future.result()  # it ended just after the wait, or raised that itself
        self._slow.discard(key)
        return done

    def _has_place(self, key: Hashable) -> bool:
        if key in self._left or len(self._left) >= MOST_LEFT:
            return False
        return key not in self._slow or len(self._left.keys() & self._slow) < MOST_SLOW

    def _forget_ended(self) -> None:
        for key, future in [item for item in self._left.items() if item[1].done()]:
            del self._left[key]
            error = future.exception()
            if isinstance(error, AWAY):
                log.error("database_failed", error=type(error).__name__)
            elif error is not None:
                log.error("look_failed", key=str(key), error=str(error))


def _finish(future: Future[int], look: Callable[[], int]) -> None:
    try:
        future.set_result(look())
    except BaseException as error:  # noqa: BLE001 - whoever waits for it raises it
        future.set_exception(error)
