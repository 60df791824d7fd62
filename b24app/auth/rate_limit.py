"""Limits of what strangers may make us ask others: token buckets by who asks."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from b24app.errors import RequestRejected

MAX_KEYS = 20_000
CLIENT_PREFIX = 64  # bits of an IPv6 address that name a client


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, and then `per_second`."""

    per_second: float
    burst: float


# What is asked for → its rates: of one address or user, of one portal, of everybody together.
PAGES = {"address": Rate(10, 100), "portal": Rate(20, 200), "all": Rate(50, 500)}
APP_EVENTS = {"address": Rate(1, 30), "portal": Rate(0.5, 20), "all": Rate(10, 100)}
VISITS = {"user": Rate(2, 60), "portal": Rate(20, 200), "all": Rate(50, 500)}
SIGN_INS = {"address": Rate(0.5, 20), "all": Rate(20, 200)}  # people who come from GitLab
EXCHANGES = {"portal": Rate(0.5, 20)}  # for whom GitLab is asked
CHECKS = {"portal": Rate(0.5, 20)}  # what an administrator starts: a test, installation steps


@dataclass
class RateLimits:
    """Token buckets of one process."""

    now: Callable[[], float] = time.monotonic
    _levels: dict[Hashable, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, name: str, rates: dict[str, Rate], **keys: Hashable) -> None:
        """Take a token from each bucket. Raises RequestRejected (429) where one is empty.

        `keys`: whose bucket it is, by the names in `rates`; the one of `all` needs none.
        """
        with self._lock:
            now, taken = self.now(), []
            for scope, rate in rates.items():
                key = (name, scope, _bucket_of(scope, keys.get(scope)))
                level, at = self._levels.get(key, (rate.burst, now))
                level = min(rate.burst, level + (now - at) * rate.per_second)
                if level < 1:
                    raise too_many((1 - level) / rate.per_second)
                taken.append((key, level - 1))
            if len(self._levels) > MAX_KEYS:
                self._levels.clear()
            self._levels.update({key: (level, now) for key, level in taken})


def _bucket_of(scope: str, key: Hashable) -> Hashable:
    """Return whose bucket it is: of IPv6 addresses the network, as one client has all of it.

    https://www.rfc-editor.org/rfc/rfc6177#section-2
    """
    if scope != "address" or not isinstance(key, str) or ":" not in key:
        return key
    try:
        address = ipaddress.IPv6Address(key.partition("%")[0])
    except ValueError:
        return key
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else int(address) >> (128 - CLIENT_PREFIX)


def too_many(seconds: float) -> RequestRejected:
    """Return the error of somebody who asks too often."""
    return RequestRejected(
        429,
        "too_many",
        "Too many requests at once",
        "Try again in a minute",
        retry_after=math.ceil(seconds),
    )
