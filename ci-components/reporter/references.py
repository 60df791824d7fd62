"""Which tasks a branch, a title, a description or a commit names, and how strongly. Pure.

The same rules as the app's: `B24-123` moves its task, "see B24-123" and quotes only mention it,
"Closes B24-123" closes it; code, comments and addresses name nothing. A branch always moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reporter.keywords import LIST_GLUE, kind_before
from reporter.prose import prose_of

MENTION, MOVE, CLOSE = "mention", "move", "close"
STRENGTH = {MENTION: 0, MOVE: 1, CLOSE: 2}
MOST_TASKS = 50  # in one text
MOST_TEXT = 200_000  # characters: a job has seconds for it
QUOTED = re.compile(r" {0,3}>")


def named_tasks(text: str, where: str, prefix: str) -> dict[int, str]:
    """Task id → its strongest kind, in order of appearance. `where`: branch, title, …"""
    if where == "branch":
        found = [(task_id, MOVE) for _, _, task_id in places(text, prefix)]
    else:
        found = list(in_prose(prose_of(text[:MOST_TEXT]), prefix))
    return dict(list(strongest(found).items())[:MOST_TASKS])


def strongest(found: Iterable[tuple[int, str]]) -> dict[int, str]:
    kinds: dict[int, str] = {}
    for task_id, kind in found:
        if STRENGTH[kind] > STRENGTH.get(kinds.get(task_id, ""), -1):
            kinds[task_id] = kind
    return kinds


def in_prose(text: str, prefix: str) -> Iterator[tuple[int, str]]:
    """A reference that continues a list means what the one before it meant."""
    last_end, last_kind, line = -1, MOVE, 0
    for start, end, task_id in places(text, prefix):
        line = max(line, text.rfind("\n", max(last_end, 0), start) + 1)
        kind = kind_before(text, start)
        if not kind and last_end >= 0 and continues(text, last_end, start):
            kind = last_kind
        kind = kind or MOVE
        last_end, last_kind = end, kind
        yield task_id, MENTION if QUOTED.match(text, line) else kind


def continues(text: str, end: int, start: int) -> bool:
    return start - end <= 20 and LIST_GLUE.fullmatch(text, end, start) is not None


def places(text: str, prefix: str) -> Iterator[tuple[int, int, int]]:
    """Start, end, id: the prefix, a hyphen and digits that no letter or digit touches."""
    pattern = rf"(?<![^\W_]){re.escape(prefix)}-([1-9][0-9]{{0,9}})(?![^\W_]|\.[0-9])"
    for found in re.finditer(pattern, text, re.IGNORECASE):
        yield found.start(), found.end(), int(found[1])
