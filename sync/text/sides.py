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
from sync.text.tree import Document, Image, Link, Node, Text


@dataclass(frozen=True, slots=True)
class Side:
    """The functions of a side's dialect.

    `spans` cuts a text into parts with their blocks; together these say the same as `read`.
    `as_written` is what a node becomes that the side reads and does not write: it crosses as that.
    """

    read: Callable[[str], Document]
    write: Callable[[Document], str]
    spans: Callable[[str], list[Span]]
    as_written: Callable[[Node], Node] = lambda node: node


def _picture_as_link(node: Node) -> Node:
    """Return a picture as the link that a task shows in its place."""
    match node:
        case Image(url, alt):
            return Link(url, (Text(alt or url),))
    return node


TASK = Side(partial(bbcode.read, files=True), bbcode.write, bbcode_spans, _picture_as_link)


@cache
def tracker(dialect: Dialect) -> Side:
    """Return the side of a tracker that uses that Markdown dialect."""
    return Side(
        partial(read, dialect=dialect),
        partial(write, dialect=dialect),
        partial(spans, dialect=dialect),
    )
