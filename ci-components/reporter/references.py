"""Which tasks a branch, a title, a description or a commit names, and how strongly. Pure.

By the app's own rules: `B24-123` moves its task, "see B24-123" only mentions it, "Closes B24-123"
closes it, unless the words around it take that back; code, comments and addresses name nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sync.core.references.meanings import reference_pattern, task_kinds

WORK = ("part", "move", "close")  # kinds of references by which a task is worked on
ENDING = ("move", "close")  # of these, those whose merge completes it
MOST_TASKS = 50  # in one text
MOST_TEXT = 200_000  # characters: a job has seconds for it


@cache  # a report asks twice: before it asks for deployments, and at its end
def named_tasks(text: str, where: str, prefix: str, title: str = "") -> dict[int, str]:
    """Return task id → its kind, in order of appearance. `where`: branch, title, …; `title`: that
    of a description.
    """
    if f"{prefix}-".casefold() not in text.casefold():  # most texts name no task
        return {}
    kinds = task_kinds(text[:MOST_TEXT], where, lambda part: places(part, prefix), title)
    return dict(list(kinds.items())[:MOST_TASKS])


def places(text: str, prefix: str) -> Iterator[tuple[int, int, int]]:
    """Yield start, end, id: the prefix, a hyphen and digits that no letter or digit touches."""
    for found in reference_pattern(prefix).finditer(text):
        yield found.start(), found.end(), int(found["id"])
