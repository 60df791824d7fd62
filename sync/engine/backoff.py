"""How long to wait before the next attempt: doubling, bounded, spread. Pure."""

from __future__ import annotations

MIN_SECONDS = 2.0
MAX_SECONDS = 600.0
MAX_ATTEMPTS = 5  # of what fails by a bug: then it is dead until replayed


def delay(attempts: int, jitter: float) -> float:
    """Seconds to wait after `attempts` failures (1 or more); `jitter` in [0, 1) spreads ±25 %."""
    doubled = MIN_SECONDS * 2 ** min(max(attempts, 1) - 1, 20)
    return min(MAX_SECONDS, doubled) * (0.75 + jitter / 2)
