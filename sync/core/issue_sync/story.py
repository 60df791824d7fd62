"""The readable story of a link: why something was written, and what cannot cross. Pure.

Kinds of lines: written, dropped, refused, later, unknown (ends of writes), conflict, parked,
problem, solved, entry, moved, waits, deleted, paused, resumed, decided, linked, unlinked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sync.core.issue_sync.link import Conflict, LinkState, StoryLine, Values
from sync.core.issue_sync.model import SideName, Value

_SHOWN = 80  # characters of a value


def conflict_line(conflict: Conflict) -> StoryLine:
    """Say what both sides held and who won."""
    values = ", ".join(f"{side}: {shown(conflict.values.of(side))}" for side in SideName)
    if conflict.winner is None:
        text = f"both sides changed {conflict.field} ({values}). It waits for a decision"
        return StoryLine(conflict.at, "parked", text, conflict.field)
    text = f"both sides changed {conflict.field} ({values}). The {conflict.winner}'s stands"
    return StoryLine(conflict.at, "conflict", text, conflict.field, conflict.winner)


def problem_lines(
    before: Mapping[str, str], after: Mapping[str, str], now: datetime
) -> list[StoryLine]:
    """Say which problems are new, and which are over."""
    new = [
        StoryLine(now, "problem", f"{name} does not cross: {text}", name)
        for name, text in after.items()
        if before.get(name) != text
    ]
    over = [
        StoryLine(now, "solved", f"{name} crosses again", name)
        for name in before
        if name not in after
    ]
    return new + over


def shown(values: Values) -> str:
    """Return values for people, cut."""
    return ", ".join(_shown(value) for value in values.values()) or "nothing"


def _shown(value: Value) -> str:
    match value:
        case None | "":
            return "nothing"
        case frozenset():
            text = " ".join(sorted(value)) or "nothing"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def state_lines(link: LinkState) -> list[str]:
    """Return what stands now: whether it works, what waits, what is asked."""
    lines = [f"{side}: {address.id}" for side, address in link.addresses.items()]
    lines += [f"ended: {link.ended}"] if link.ended else []
    lines += [f"paused ({link.pause.reason}): {link.pause.text}"] if link.pause else []
    lines += [f"waits: {text}" for text in link.waiting.values()]
    lines += [f"{name} does not cross: {text}" for name, text in link.problems.items()]
    lines += [
        f"{name} is disputed: " + ", ".join(f"{side}: {shown(pair.of(side))}" for side in SideName)
        for name, pair in link.clashes.items()
    ]
    lines += [f"sent, without an answer yet: {planned.write.key}" for planned in link.pending]
    return lines
