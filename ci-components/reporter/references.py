"""Which tasks a branch, a title, a description or a commit names, and how strongly. Pure.

The same rules as the app's: `B24-123` moves its task, "see B24-123" and quotes only mention it,
"Closes B24-123" closes it; code, comments and addresses name nothing. A branch always moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sync.core.references.keywords import LIST_GLUE, link_kind_before
from sync.core.references.prose import mask_code

MENTION, MOVE, CLOSE = "mention", "move", "close"
STRENGTH = {MENTION: 0, MOVE: 1, CLOSE: 2}
MOST_TASKS = 50  # in one text
MOST_TEXT = 200_000  # characters: a job has seconds for it


def named_tasks(text: str, where: str, prefix: str) -> dict[int, str]:
    """Return task id → its strongest kind, in order of appearance. `where`: branch, title, …"""
    kinds: dict[int, str] = {}
    if where == "branch":
        found = [(task_id, MOVE) for _, _, task_id in places(text, prefix)]
    else:
        found = in_prose(text[:MOST_TEXT], prefix)
    for task_id, kind in found:
        if STRENGTH[kind] > STRENGTH.get(kinds.get(task_id, ""), -1):
            kinds[task_id] = kind
    return dict(list(kinds.items())[:MOST_TASKS])


def in_prose(text: str, prefix: str) -> list[tuple[int, str]]:
    """Return the references; one that continues a list means what the one before it meant."""
    if f"{prefix}-".casefold() not in text.casefold():  # most texts name no task
        return []
    text, found = mask_code(text), []
    last_end, last_kind, line = -1, MOVE, 0
    for start, end, task_id in places(text, prefix):
        line = max(line, text.rfind("\n", max(last_end, 0), start) + 1)
        kind = link_kind_before(text, start)
        listed = last_end >= 0 and start - last_end <= 20
        if not kind and listed and LIST_GLUE.fullmatch(text, last_end, start):
            kind = last_kind
        last_end, last_kind = end, kind or MOVE
        quoted = re.match(" {0,3}>", text[line : line + 4])
        found.append((task_id, MENTION if quoted else last_kind))
    return found


def places(text: str, prefix: str) -> Iterator[tuple[int, int, int]]:
    """Yield start, end, id: the prefix, a hyphen and digits that no letter or digit touches."""
    pattern = rf"(?<![^\W_]){re.escape(prefix)}-([1-9][0-9]{{0,9}})(?![^\W_]|\.[0-9])"
    for found in re.finditer(pattern, text, re.IGNORECASE):
        yield found.start(), found.end(), int(found[1])
