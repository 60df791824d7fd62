"""Limits of what strangers may make us ask others: token buckets by who asks.

Nobody may spend what belongs to somebody else. So what is not proven yet is counted by its sender's
address, and a portal's or a person's bucket is touched only once a request has proven to be theirs.
"""

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
TRUST_SECONDS = 3600.0  # since somebody at an address has proven who they are


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, and then `per_second`."""

    per_second: float
    burst: float


# What is asked for → its rates: of one address, of one portal or user, of everybody together.
PAGES = {"address": Rate(10, 100), "all": Rate(50, 500)}  # not proven yet
PORTAL_PAGES = {"portal": Rate(20, 200)}  # proven to be of the portal
APP_EVENTS = {"address": Rate(1, 30), "all": Rate(10, 100)}
PORTAL_EVENTS = {"portal": Rate(0.5, 20)}
VISITS = {"user": Rate(2, 60), "portal": Rate(20, 200), "all": Rate(50, 500)}
SIGN_INS = {"address": Rate(0.5, 20), "all": Rate(20, 200)}  # people who come from GitLab
EXCHANGES = {"user": Rate(0.1, 5), "portal": Rate(0.5, 20)}  # for whom GitLab is asked
CHECKS = {"portal": Rate(0.5, 20)}  # what an administrator starts: a test, installation steps
PROOFS = {"connection": Rate(1 / 3600, 1)}  # of access to what another portal names, too
ACTS = {"user": Rate(0.2, 10), "portal": Rate(0.5, 20)}  # what any employee may start


@dataclass
class RateLimits:
    """Token buckets of one process."""

    now: Callable[[], float] = time.monotonic
    _buckets: dict[Hashable, tuple[float, float, Rate]] = field(default_factory=dict)
    _trusted: dict[Hashable, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, name: str, rates: dict[str, Rate], **keys: Hashable) -> None:
        """Take a token from each bucket. Raises RequestRejected (429) where one is empty.

        `keys`: whose bucket it is, by the names in `rates`; the one of `all` needs none. Addresses
        that `trust` was called for have another `all` than strangers.
        """
        with self._lock:
            now = self.now()
            taken: dict[Hashable, tuple[float, float, Rate]] = {}
            owners = {scope: _bucket_of(scope, key) for scope, key in keys.items()}
            owners["all"] = self._is_trusted(owners.get("address"), now)
            for scope, rate in rates.items():
                key = (name, scope, owners.get(scope))
                level = self._level(key, rate, now)
                if level < 1:
                    raise too_many((1 - level) / rate.per_second)
                taken[key] = (level - 1, now, rate)
            if len(self._buckets) > MAX_KEYS:
                self._forget_full(now)
            self._buckets.update(taken)

    def trust(self, address: str | None) -> None:
        """Remember that somebody at an address has proven who they are."""
        with self._lock:
            now = self.now()
            if len(self._trusted) > MAX_KEYS:
                recent = {a: at for a, at in self._trusted.items() if now - at < TRUST_SECONDS}
                self._trusted = recent if len(recent) <= MAX_KEYS else {}
            self._trusted[_bucket_of("address", address)] = now

    def is_trusted(self, address: str | None) -> bool:
        """Tell whether somebody at the address has proven who they are, within the hour."""
        with self._lock:
            return self._is_trusted(_bucket_of("address", address), self.now())

    def _is_trusted(self, owner: Hashable, now: float) -> bool:
        trusted_at = self._trusted.get(owner)
        return trusted_at is not None and now - trusted_at < TRUST_SECONDS

    def _level(self, key: Hashable, rate: Rate, now: float) -> float:
        level, at, _ = self._buckets.get(key, (rate.burst, now, rate))
        return min(rate.burst, level + (now - at) * rate.per_second)

    def _forget_full(self, now: float) -> None:
        """Drop the buckets that are full again, so that no limit begins anew; then the fullest."""
        levels = {key: self._level(key, rate, now) for key, (_, _, rate) in self._buckets.items()}
        wanting = [key for key, level in levels.items() if level < self._buckets[key][2].burst]
        wanting.sort(key=levels.__getitem__)
        self._buckets = {key: self._buckets[key] for key in wanting[: MAX_KEYS // 2]}


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
