"""A portal's limits as all workers share them: waiting for a request, blocked methods."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sync.bitrix24.rest import errors, limits
from sync.bitrix24.rest.limits import Allowance
from sync.core.clock import Clock, moment_at
from sync.deadlines import seconds_left
from sync.errors import Later
from sync.sentences import sentence

MAX_WAIT_SECONDS = 30.0  # seconds a call waits for its turn before it gives way
T = TypeVar("T")


class AllowanceStore(Protocol):
    """The portal's allowance, shared by all workers."""

    def change(self, step: Callable[[Allowance], tuple[Allowance, T]]) -> T:
        """Load, apply `step` and save a changed allowance in one transaction; return its answer."""
        ...


@dataclass(frozen=True, slots=True)
class Throttle:
    """The limits of one portal. `rate`: requests a second; `burst`: requests at once."""

    store: AllowanceStore
    clock: Clock
    rate: float = limits.RATE
    burst: float = limits.BURST

    def admit(self, name: str, methods: Collection[str]) -> dict[str, Later]:
        """Wait for a place in the bucket for a request of the methods, unless all are blocked.

        Returns the methods that may not be called now, and what to answer for them. Raises Later
        where the queue before us is too long; `name` is the request's in its message.
        """
        waited = 0.0
        while True:
            now = self.clock.now()
            admission = self._admit(methods, now)
            if not admission.wait:
                return {
                    method: _blocked_error(method, end, now)
                    for method, end in admission.blocked.items()
                }
            if waited + admission.wait > seconds_left(MAX_WAIT_SECONDS):
                raise Later(
                    sentence("{name}: this portal's request allowance is used up", name=name),
                    cause="Bitrix24 takes two requests a second from all applications together",
                    after=admission.wait,
                    code=errors.QUERY_LIMIT,
                )
            self.clock.sleep(admission.wait)
            waited += admission.wait

    def _admit(self, methods: Collection[str], now: datetime) -> limits.Admission:
        return self.store.change(
            lambda allowance: limits.admit_request(
                allowance, methods, now, rate=self.rate, burst=self.burst
            )
        )

    def record_usage(self, method: str, block: Mapping[str, Any]) -> None:
        """Remember an answer's `time` block where it is worth a transaction."""
        seconds = block.get("operating")
        if isinstance(seconds, int | float) and seconds >= limits.OPERATING_WORTH_SAVING:
            self.store.change(
                lambda allowance: (limits.record_operating(allowance, method, block), None)
            )

    def record_overflow(self) -> None:
        """Remember that the portal refused too many requests at once."""
        now = self.clock.now()
        self.store.change(
            lambda allowance: (limits.mark_overflowed(allowance, now, self.rate, self.burst), None)
        )

    def record_exhausted(self, method: str, block: Mapping[str, Any]) -> Later:
        """Block a method that the portal refused for the time it has used; return that error."""
        now = self.clock.now()
        reset_at = block.get("operating_reset_at")
        until = now + timedelta(seconds=limits.OPERATING_WINDOW)
        if isinstance(reset_at, int | float) and reset_at > now.timestamp():
            until = moment_at(reset_at) or until
        self.store.change(lambda allowance: (limits.block_method(allowance, method, until), None))
        return _blocked_error(method, until, now)


def _blocked_error(method: str, until: datetime, now: datetime) -> Later:
    return Later(
        sentence("{method}: this portal's time budget for the method is used up", method=method),
        cause="Bitrix24 gives every method 480 seconds of work in ten minutes",
        after=max(1.0, (until - now).total_seconds()),
        code=errors.OPERATING_LIMIT,
    )
