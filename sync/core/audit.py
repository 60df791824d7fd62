"""A request to another system and what came of it, as the audit log keeps it.

The clock is passed in; who writes exchanges down says how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.core.clock import Clock, WallClock
from sync.errors import SyncError

WriteCall = Callable[["ApiCall"], None]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request, masked already. `status` 0: no answer. `error`: "" where it went well."""

    at: datetime
    method: str
    status: int
    milliseconds: int
    request: str
    answer: str = ""
    error: str = ""


@dataclass(slots=True)
class CallResult:
    """What came of a request, filled in by whoever sends it; masked too."""

    status: int = 0
    answer: str = ""
    error: str = ""


def discard_call(exchange: ApiCall) -> None:
    """For a client whose calls nobody keeps."""


@dataclass(frozen=True, slots=True)
class CallLog:
    """Where a client writes down what it calls. `write` neither waits nor raises."""

    write: WriteCall = discard_call
    clock: Clock = field(default_factory=WallClock)

    @contextmanager
    def record_call(self, method: str, request: str) -> Iterator[CallResult]:
        """Around one request: whatever happens inside, it is written down."""
        at, call_result = self.clock.now(), CallResult()
        try:
            yield call_result
        except SyncError as error:
            call_result.error = call_result.error or error.message
            raise
        except BaseException as error:
            call_result.error = call_result.error or type(error).__name__
            raise
        finally:
            took = (self.clock.now() - at) // timedelta(milliseconds=1)
            self.write(
                ApiCall(
                    at,
                    method,
                    call_result.status,
                    took,
                    request,
                    call_result.answer,
                    call_result.error,
                )
            )
