"""Record requests to other systems, with their results, for the audit log.

The clock is passed in, and so is the function that stores the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.core.clock import Clock, WallClock
from sync.errors import SyncError

# How the error of a probe begins: a question that is expected to be refused in some places.
PROBE = "not there: "
_probing: ContextVar[bool] = ContextVar("probing", default=False)
_only_failures: ContextVar[bool] = ContextVar("only_failures", default=False)

WriteCall = Callable[["ApiCall"], None]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request, masked already; `status` 0: no answer, `error`: "" for success."""

    at: datetime
    method: str
    status: int
    milliseconds: int
    request: str
    answer: str = ""
    error: str = ""


@dataclass(slots=True)
class CallResult:
    """The result of a request, masked too, which the sender fills in."""

    status: int = 0
    answer: str = ""
    error: str = ""


def discard_call(exchange: ApiCall) -> None:
    """Drop the record, for a client whose calls are not logged."""


@contextmanager
def probing() -> Iterator[None]:
    """Mark the calls made inside as probes: that one of them is refused is no failure."""
    token = _probing.set(True)
    try:
        yield
    finally:
        _probing.reset(token)


@contextmanager
def recording_failures() -> Iterator[None]:
    """Record of the calls made inside only those that fail: they are repeated each minute."""
    token = _only_failures.set(True)
    try:
        yield
    finally:
        _only_failures.reset(token)


@dataclass(frozen=True, slots=True)
class CallLog:
    """Where a client records its calls; `write` neither waits nor raises."""

    write: WriteCall = discard_call
    clock: Clock = field(default_factory=WallClock)

    @contextmanager
    def record_call(self, method: str, request: str) -> Iterator[CallResult]:
        """Record one request, also when the block inside raises."""
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
            if _probing.get() and call_result.status and call_result.error:
                call_result.error = PROBE + call_result.error
            if call_result.error or not _only_failures.get():
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
