"""Pair the reader and writer of each side of a link with its cutter into blocks. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from sync.text import bbcode
from sync.text.bbcode_spans import spans as bbcode_spans
from sync.text.markdown import Dialect
from sync.text.markdown.reader import read, spans
from sync.text.markdown.writer import write
from sync.text.spans import Span
from sync.text.tree import Document


@dataclass(frozen=True, slots=True)
class Side:
    """The functions of a side's dialect.

    `spans` cuts a text into parts with their blocks; together these say the same as `read`.
    """

    read: Callable[[str], Document]
    write: Callable[[Document], str]
    spans: Callable[[str], list[Span]]


TASK = Side(partial(bbcode.read, files=True), bbcode.write, bbcode_spans)


@cache
def tracker(dialect: Dialect) -> Side:
    """Return the side of a tracker that uses that Markdown dialect."""
    return Side(
        partial(read, dialect=dialect),
        partial(write, dialect=dialect),
        partial(spans, dialect=dialect),
    )
