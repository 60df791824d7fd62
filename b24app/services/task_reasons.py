"""What happened to a task and why, as a list for people: what moved it, the rest, our own steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sync.core.i18n.translate import find_key
from sync.sentences import Sentence
from sync.store.rows import DecisionRow

_JOINED = re.compile(r"\{part1\}(?:; \{part\d+\})*")
_MOVES = frozenset(
    {
        "status changed", "status changed awaiting control", "stage changed", "smart commit close",
        "smart commit done", "smart commit awaiting control", "smart commit start",
    }
)  # fmt: skip
# What we did to show something, or did not need to do: of interest to who looks for a fault.
_TECHNICAL = frozenset(
    {
        "nothing to do", "must be read first", "card new", "card edit", "card repeated",
        "card removed", "pipeline field set", "pipeline message posted", "pipeline message edited",
        "environment message posted", "environment message edited", "message posted",
        "message edited", "comment posted", "comment edited", "status already reached",
        "step recorded only", "no rule matches",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaskReason:
    """A line of the list. `kind`: move, event or technical."""

    at: datetime
    kind: str
    text: str


def list_reasons(decisions: Iterable[DecisionRow]) -> list[TaskReason]:
    """Return the decisions' reasons in their order; of each decision what moved the task first."""
    reasons: list[TaskReason] = []
    for row in decisions:
        lines = [TaskReason(row.at, _kind(part), part) for part in _parts(row.reason)]
        reasons += sorted(lines, key=lambda line: ("move", "event", "technical").index(line.kind))
    return reasons


def _parts(reason: str) -> Iterator[str]:
    """Yield the sentences that were joined; an older text is one part."""
    if isinstance(reason, Sentence) and _JOINED.fullmatch(reason.template):
        yield from map(_text, reason.values.values())
    else:
        yield reason


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _kind(part: str) -> str:
    key = find_key(part.template) if isinstance(part, Sentence) else None
    return "move" if key in _MOVES else "technical" if key in _TECHNICAL else "event"
