"""The character ranges of a text's blocks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.text.tree import Block

BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Span:
    """The range `text[start:end]` and the blocks that it shows.

    A comment or a definition shows none. Only blanks and line ends stand between spans.
    """

    start: int
    end: int
    blocks: tuple[Block, ...]


def filled(text: str, spans: list[Span]) -> list[Span]:
    """Return the spans with their blanks cut off and the text between them as blockless spans."""
    out: list[Span] = []
    at = 0
    for span in (*spans, Span(len(text), len(text), ())):
        between = text[at : span.start]
        if between.strip(BLANKS):
            start = at + len(between) - len(between.lstrip(BLANKS))
            out.append(Span(start, at + len(between.rstrip(BLANKS)), ()))
        own = text[span.start : span.end]
        if own.strip(BLANKS):
            start = span.start + len(own) - len(own.lstrip("\r\n"))
            out.append(Span(start, span.start + len(own.rstrip(BLANKS)), span.blocks))
        at = max(at, span.end)
    return out
