"""One thing that is right or wrong, by the key of its state: what the texts are found by. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SHORT_SILENCE = timedelta(minutes=5)  # as long an answer may be late before that is said
STALE_AFTER = timedelta(minutes=30)  # what is read every ten minutes


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at (`subject`, one word), and how it is.

    `state`: the key of its texts (`texts_health`). `ok`: whether that is right; `urgent`: whether
    something does not work now. `place`: the portal or connection, "" for the whole installation.
    `values`: for the placeholders. `since`: from when on, where that is known.
    """

    subject: str
    state: str
    ok: bool = True
    place: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    urgent: bool = True
    since: datetime | None = None


def seconds_of(age: timedelta) -> int:
    """Return whole seconds, never below 0."""
    return max(0, int(age.total_seconds()))
