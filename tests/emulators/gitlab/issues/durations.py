"""Durations as people type them and as GitLab writes them. Pure.

https://docs.gitlab.com/user/project/time_tracking/#available-time-units
"""

from __future__ import annotations

import re

HOUR = 3600
UNITS = {
    "mo": 160 * HOUR,
    "w": 40 * HOUR,
    "d": 8 * HOUR,
    "h": HOUR,
    "m": 60,
    "s": 1,
}
PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(mo|months?|w|weeks?|d|days?|h|hours?|m|minutes?|s|seconds?)?"
)
SHORT = {"month": "mo", "week": "w", "day": "d", "hour": "h", "minute": "m", "second": "s"}


def parse(text: str) -> int | None:
    """Seconds, below zero behind a minus; a number alone is hours. None: it is no duration."""
    text = text.strip().lower()
    sign, rest = (-1, text[1:].strip()) if text.startswith("-") else (1, text)
    total, at = 0.0, 0
    for match in PART.finditer(rest):
        if rest[at : match.start()].strip():
            return None
        unit = match[2] or "h"
        total += float(match[1]) * UNITS[SHORT.get(unit.rstrip("s"), unit)]
        at = match.end()
    return None if at == 0 or rest[at:].strip() else sign * int(total)


def output(seconds: int) -> str:
    """`1d 30m`, in days of eight hours; `0h` for nothing."""
    left, parts = abs(seconds), []
    for unit, size in UNITS.items():
        count, left = divmod(left, size)
        parts += [f"{count}{unit}"] if count else []
    return ("-" if seconds < 0 else "") + (" ".join(parts) or "0h")
