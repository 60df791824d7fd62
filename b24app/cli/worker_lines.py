"""What `status` says of the workers and of this machine's clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from b24app.services.health import SILENT_AFTER, WRONG_CLOCK
from sync.core.clock import is_recent
from sync.sentences import as_sentence, sentence
from sync.store.rows import WorkerRow

_NAME_PARTS = 5  # see sync.engine.lanes.owner_name


def worker_lines(workers: Sequence[WorkerRow], now: datetime) -> list[str]:
    """Return who works and when each was seen last, and what to do where nobody does.

    `workers`: the most recently active first. Of those that died nothing is said beside living
    ones; where none lives, when the last of them was seen.
    """
    alive = [row for row in workers if is_recent(row.seen_at, SILENT_AFTER, now)]
    lines: list[str] = [
        sentence(
            "worker   {name}  seen {age}",
            name=describe_worker(row.name),
            age=describe_age(now - row.seen_at),
        )
        for row in alive or workers[:1]
    ]
    if not workers:
        return ["worker   none runs", "next     start it: the service, or `b24bridge serve`"]
    if not alive:
        lines.append("next     no worker runs: start the service, or `b24bridge serve`")
    offset = max((row.clock_offset or 0 for row in alive or workers), key=abs)
    if abs(offset) >= WRONG_CLOCK.total_seconds():
        lines.append(
            sentence(
                "clock    {offset} Bitrix24's and GitLab's: set this machine's time",
                offset=describe_offset(offset),
            )
        )
    return lines


def describe_worker(name: str) -> str:
    """Return `process 4711 on bridge` for the name that a worker gives itself."""
    parts = name.split(":")
    if len(parts) != _NAME_PARTS:
        return name
    return sentence("process {pid} on {host}", pid=parts[2], host=parts[0])


def describe_offset(seconds: int) -> str:
    """Return `3 h ahead of`, or `2 min behind`, for the seconds that our clock is ahead."""
    size, unit = next(
        (size, unit)
        for size, unit in ((86400, "d"), (3600, "h"), (60, "min"))
        if abs(seconds) >= size or unit == "min"
    )
    return sentence(
        "{amount} {unit} ahead of" if seconds > 0 else "{amount} {unit} behind",
        amount=abs(seconds) // size,
        unit=as_sentence(unit),
    )


def describe_age(age: timedelta) -> str:
    """Return `5 min ago`; what is ahead of this machine's clock was `just now`."""
    seconds = int(age.total_seconds())
    if seconds < 1:
        return "just now"
    for size, unit, most in ((1, "s", 60), (60, "min", 60), (3600, "h", 48)):
        if seconds < size * most:
            return sentence("{seconds} {unit} ago", seconds=seconds // size, unit=as_sentence(unit))
    return sentence("{seconds} d ago", seconds=seconds // 86400)
