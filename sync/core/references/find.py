"""Find the tasks that a branch, title, description or commit names, and how strongly. Pure.

`B24-123` moves its task; "see B24-123" and references in quotes only mention it; "Closes B24-123"
closes it, unless the words around it take that back; `Revert "…"` takes the work back. References
in code, comments and addresses do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from sync.core.model.tasks import LinkKind, Reference
from sync.core.references.meanings import (
    Match,
    combined_kind,
    reference_pattern,
    task_kinds,
)
from sync.core.rules.portal import ReferenceRules

MAX_TASKS = 50  # in one text: more is a list of tasks, not the work of one merge request
MAX_TEXT_LENGTH = 1_000_000  # characters, what the code host allows in a description
MAX_TASK_ID = 9_999_999_999
MAX_REMEMBERED = 600  # characters of a text whose references are kept for the next hook

# Lines, longer ones in pieces that end between words.
_PIECE = re.compile(r"[^\n]{1,1000}(?!\S)|[^\n]{1,1000}")


def find_references(
    text: str, source: str, rules: ReferenceRules, title: str = ""
) -> tuple[Reference, ...]:
    """Return the tasks named in `text`, each once, in order of appearance.

    At most `MAX_TASKS`. `source`: branch, title, description or commit. `title`: that of a
    description. Takes time linear in the length of the text.
    """
    if rules.pattern is None and not _prefix_pattern(rules.prefix).search(text):
        return ()  # most texts name no task: they need not be read closely
    if len(text) + len(title) > MAX_REMEMBERED:
        return _read_references(text, source, rules, title)
    return _remember_references(text, source, rules, title)


def _read_references(
    text: str, source: str, rules: ReferenceRules, title: str
) -> tuple[Reference, ...]:
    read = text[:MAX_TEXT_LENGTH]
    kinds = task_kinds(read, source, lambda part: find_matches(part, rules), title)
    references = (Reference(task_id, LinkKind(kind), source) for task_id, kind in kinds.items())
    return tuple(islice(references, MAX_TASKS))


# Every hook of a merge request and every push that brings a commit tells the same texts again.
_remember_references = lru_cache(maxsize=1024)(_read_references)


def strongest_references(references: Iterable[Reference]) -> dict[int, Reference]:
    """Combine the references to each task into one; see `combined_kind`."""
    by_task: dict[int, list[Reference]] = {}
    for reference in references:
        by_task.setdefault(reference.task_id, []).append(reference)
    return {task_id: _combined(of_task) for task_id, of_task in by_task.items()}


def _combined(references: list[Reference]) -> Reference:
    """Return the first reference of the combined kind."""
    kind = LinkKind(
        combined_kind((reference.source, reference.kind.value) for reference in references)
    )
    agreeing = (reference for reference in references if reference.kind is kind)
    return next(agreeing, replace(references[0], kind=kind))


def find_matches(text: str, rules: ReferenceRules) -> Iterator[Match]:
    """Yield start, end and task id of everything in `text` that looks like a reference."""
    if rules.pattern is None:
        return _matches(reference_pattern(rules.prefix), text, 0)
    return _match_pieces(re.compile(rules.pattern, re.IGNORECASE), text)


def _match_pieces(pattern: re.Pattern[str], text: str) -> Iterator[Match]:
    """Match a portal's own pattern in bounded pieces, so that it cannot run for ever."""
    for piece in _PIECE.finditer(text):
        yield from _matches(pattern, piece[0], piece.start())


def _matches(pattern: re.Pattern[str], text: str, offset: int) -> Iterator[Match]:
    for match in pattern.finditer(text):
        digits = match["id"] or ""
        if digits.isascii() and digits.isdecimal() and 0 < int(digits[:11]) <= MAX_TASK_ID:
            yield match.start() + offset, match.end() + offset, int(digits[:11])


@lru_cache(maxsize=64)
def _prefix_pattern(prefix: str) -> re.Pattern[str]:
    """Return the pattern with which every reference begins, in code and addresses too."""
    return re.compile(f"{re.escape(prefix)}-[1-9]", re.IGNORECASE)
