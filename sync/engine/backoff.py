"""How long to wait before the next attempt: doubling, bounded, spread. Pure."""

from __future__ import annotations

import traceback

from sync.bitrix24.rest.masking import mask

MIN_SECONDS = 2.0
MAX_SECONDS = 600.0
MAX_ATTEMPTS = 5  # of what fails by a bug: then it is dead until replayed


def delay(attempts: int, jitter: float) -> float:
    """Seconds to wait after `attempts` failures (1 or more); `jitter` in [0, 1) spreads ±25 %."""
    doubled = MIN_SECONDS * 2.0 ** min(max(attempts, 1) - 1, 20)
    return min(MAX_SECONDS, doubled) * (0.75 + jitter / 2)


_TRACE_CHARACTERS = 4000


def format_traceback(error: BaseException) -> str:
    """Format a bug's traceback for people, masked and cut to its end."""
    return str(mask("".join(traceback.format_exception(error))))[-_TRACE_CHARACTERS:]
