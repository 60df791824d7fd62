"""Which tasks a branch, a title, a description or a commit names, and how strongly. Pure.

`B24-123` moves its task; "see B24-123" and references in quotes only mention it; "Closes B24-123"
closes it. What stands in code, comments and addresses is no reference. A branch always moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from sync.core.model.tasks import LinkKind, Reference
from sync.core.references.keywords import LIST_GLUE, link_kind_before
from sync.core.references.prose import mask_code
from sync.core.rules.portal import ReferenceRules

MAX_TASKS = 50  # in one text: more is a list of tasks, not the work of one merge request
MAX_TEXT_LENGTH = 1_000_000  # characters, what the code host allows in a description
MAX_TASK_ID = 9_999_999_999

_STRENGTH = {LinkKind.MENTION: 0, LinkKind.MOVE: 1, LinkKind.CLOSE: 2}
# Lines, longer ones in pieces that end between words.
_PIECE = re.compile(r"[^\n]{1,1000}(?!\S)|[^\n]{1,1000}")
QUOTED_LINE = re.compile(r" {0,3}>")

_Match = tuple[int, int, int]  # start, end, task id


def find_references(text: str, source: str, rules: ReferenceRules) -> tuple[Reference, ...]:
    """The tasks named in `text`, each once, strongest first meaning, in order of appearance.

    `where`: branch, title, description or commit. Takes time linear in the length of the text.
    """
    if source == "branch":
        found = [(task_id, LinkKind.MOVE) for _, _, task_id in find_matches(text, rules)]
    elif rules.pattern is None and not _prefix_pattern(rules.prefix).search(text):
        found = []  # most texts name no task: they need not be read closely
    else:
        found = list(_find_in_prose(mask_code(text[:MAX_TEXT_LENGTH]), rules))
    references = strongest_references(Reference(task_id, kind, source) for task_id, kind in found)
    return tuple(references.values())[:MAX_TASKS]


def strongest_references(references: Iterable[Reference]) -> dict[int, Reference]:
    """The strongest reference to each task; of equally strong ones the first."""
    strongest: dict[int, Reference] = {}
    for reference in references:
        known = strongest.get(reference.task_id)
        if known is None or _STRENGTH[reference.kind] > _STRENGTH[known.kind]:
            strongest[reference.task_id] = reference
    return strongest


def _find_in_prose(text: str, rules: ReferenceRules) -> Iterator[tuple[int, LinkKind]]:
    """A reference that continues a list means what the one before it meant."""
    last_end, last_kind = -1, LinkKind.MOVE
    quoted = _QuotedLines(text)
    for start, end, task_id in find_matches(text, rules):
        words = link_kind_before(text, start)
        kind = LinkKind(words) if words else None
        if kind is None and last_end >= 0 and _continues_list(text, last_end, start):
            kind = last_kind
        kind = kind or LinkKind.MOVE
        last_end, last_kind = end, kind
        yield task_id, LinkKind.MENTION if quoted.contains(start) else kind


def _continues_list(text: str, end: int, start: int) -> bool:
    return start - end <= 20 and LIST_GLUE.fullmatch(text, end, start) is not None


class _QuotedLines:
    """Whether a place is in a quoted line; asked in ascending order, so each line is met once."""

    def __init__(self, text: str) -> None:
        self._text, self._line_start, self._line_end, self._quoted = text, 0, -1, False

    def contains(self, place: int) -> bool:
        if place > self._line_end:
            self._line_start = self._text.rfind("\n", max(self._line_end, 0), place) + 1
            end = self._text.find("\n", place)
            self._line_end = len(self._text) if end < 0 else end
            self._quoted = QUOTED_LINE.match(self._text, self._line_start) is not None
        return self._quoted


def find_matches(text: str, rules: ReferenceRules) -> Iterator[_Match]:
    """Start, end and task of everything in `text` that looks like a reference, in order."""
    if rules.pattern is None:
        return _matches(_reference_pattern(rules.prefix), text, 0)
    return _match_pieces(re.compile(rules.pattern, re.IGNORECASE), text)


def _match_pieces(pattern: re.Pattern[str], text: str) -> Iterator[_Match]:
    """A portal's own pattern sees a bounded piece at a time, so it cannot take for ever."""
    for piece in _PIECE.finditer(text):
        yield from _matches(pattern, piece[0], piece.start())


def _matches(pattern: re.Pattern[str], text: str, offset: int) -> Iterator[_Match]:
    for found in pattern.finditer(text):
        digits = found["id"] or ""
        if digits.isascii() and digits.isdecimal() and 0 < int(digits[:11]) <= MAX_TASK_ID:
            yield found.start() + offset, found.end() + offset, int(digits[:11])


@lru_cache(maxsize=64)
def _prefix_pattern(prefix: str) -> re.Pattern[str]:
    """What every reference begins with, in code and addresses too."""
    return re.compile(f"{re.escape(prefix)}-[1-9]", re.IGNORECASE)


@lru_cache(maxsize=64)
def _reference_pattern(prefix: str) -> re.Pattern[str]:
    """The prefix, a hyphen and one to ten digits that no letter or digit touches.

    An underscore may: branches are written `B24-5_payment` too. `B24-1.5` is a version.
    """
    return re.compile(
        rf"(?<![^\W_]){re.escape(prefix)}-(?P<id>[1-9][0-9]{{0,9}})(?![^\W_]|\.[0-9])",
        re.IGNORECASE,
    )
