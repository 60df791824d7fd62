"""Limits of a portal: a leaky bucket of requests, and the seconds each method has used. Pure.

https://apidocs.bitrix24.com/settings/performance/limits.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sync.core.clock import TOLERANCE, has_come, moment_at

RATE = 2.0  # requests a second that drain (Enterprise: 5)
BURST = 50  # requests that may pile up (Enterprise: 250)
# Seconds. A method that used 480 of ten minutes is refused; we stop before that.
OPERATING_LIMIT = 400.0
OPERATING_WORTH_SAVING = 100.0
OPERATING_WINDOW = 600.0
_MAX_NUMBER = 1e18

_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of a portal's limits.

    `level`: requests in the bucket at the moment `at`. `operating`: by method, the seconds it has
    used and the Unix time at which they are forgotten; methods far from the limit are not listed.
    """

    level: float
    at: datetime
    operating: Mapping[str, Sequence[float]] = field(default_factory=dict)


def full_allowance(now: datetime) -> Allowance:
    """Return an allowance with nothing used."""
    return Allowance(0.0, now)


def take_request(
    allowance: Allowance, now: datetime, rate: float = RATE, burst: float = BURST
) -> tuple[Allowance, float]:
    """Take one request from the bucket, or return how many seconds to wait before asking again.

    The allowance changes only when the request was taken (wait 0), or was written by a clock that
    has been put back since: then it counts as written now.
    """
    if allowance.at > now + TOLERANCE:
        allowance = replace(allowance, at=now)
    level = _current_level(allowance, now, rate)
    excess = level + 1.0 - burst
    if excess > _EPSILON:
        return allowance, excess / rate
    return replace(allowance, level=level + 1.0, at=_latest(allowance, now)), 0.0


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a request may be sent: methods that may not be called, with their ends; or wait.

    `wait`: seconds until it is worth asking again, 0 where the request was taken or is not needed.
    """

    blocked: Mapping[str, datetime]
    wait: float


def admit_request(
    allowance: Allowance,
    methods: Collection[str],
    now: datetime,
    *,
    rate: float = RATE,
    burst: float = BURST,
) -> tuple[Allowance, Admission]:
    """Take one request for those of the methods that may be called, if there are any."""
    ends = {method: blocked_until(allowance, method, now) for method in methods}
    blocked = {method: end for method, end in ends.items() if end}
    if methods and len(blocked) == len(ends):
        return allowance, Admission(blocked, 0.0)
    changed, wait = take_request(allowance, now, rate, burst)
    return changed, Admission(blocked, wait)


def mark_overflowed(
    allowance: Allowance, now: datetime, rate: float = RATE, burst: float = BURST
) -> Allowance:
    """Fill the bucket: the portal said it is full, as other applications share it."""
    level = max(_current_level(allowance, now, rate), burst)
    return replace(allowance, level=level, at=_latest(allowance, now))


def _latest(allowance: Allowance, now: datetime) -> datetime:
    """Return the later of both, as clocks of several machines differ a little."""
    return now if allowance.at > now + TOLERANCE else max(now, allowance.at)


def _current_level(allowance: Allowance, now: datetime, rate: float) -> float:
    passed = max(0.0, (now - allowance.at).total_seconds())
    return max(0.0, allowance.level - rate * passed)


def record_operating(allowance: Allowance, method: str, time_block: Mapping[str, Any]) -> Allowance:
    """Remember `operating` and `operating_reset_at` of an answer's `time` block.

    Returns the same object where nothing worth keeping was said.
    """
    seconds = _number(time_block.get("operating"))
    reset_at = _number(time_block.get("operating_reset_at"))
    if seconds is None or (seconds < OPERATING_WORTH_SAVING and method not in allowance.operating):
        return allowance
    kept = {name: used for name, used in allowance.operating.items() if name != method}
    if seconds >= OPERATING_WORTH_SAVING:
        kept[method] = (seconds, reset_at or allowance.at.timestamp() + OPERATING_WINDOW)
    return replace(allowance, operating=kept)


def block_method(allowance: Allowance, method: str, until: datetime) -> Allowance:
    """Block `method` until then: the portal refused it for the time it has used."""
    used = (OPERATING_LIMIT + OPERATING_WINDOW, until.timestamp())
    return replace(allowance, operating={**allowance.operating, method: used})


def blocked_until(allowance: Allowance, method: str, now: datetime) -> datetime | None:
    """Return when `method` may be called again; None where it may be called now."""
    used = allowance.operating.get(method)
    if used is None or used[0] <= OPERATING_LIMIT:
        return None
    end = moment_at(used[1])
    if end is None or has_come(end, timedelta(seconds=2 * OPERATING_WINDOW), now):
        return None
    return end


def _number(value: Any) -> float | None:
    """Return a number that a database keeps; JSON of a portal may hold `NaN` and `Infinity`."""
    if isinstance(value, int | float) and abs(value) < _MAX_NUMBER:  # of NaN nothing is true
        return float(value)
    return None
