"""Where in a text its blocks stand. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sync.text.tree import Block

BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` and the blocks that it shows; none where it is a comment or a definition.

    Between spans there are blanks and line ends alone.
    """

    start: int
    end: int
    blocks: tuple[Block, ...]


def filled(text: str, spans: list[Span]) -> list[Span]:
    """The spans, with what stands between them as spans without blocks; blanks cut off."""
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
