"""Locate the blocks of a BBCode text. Pure, linear time.

The text is cut where the reader cannot notice: at empty lines and beside block tags, outside of
all of them. Where the parts do not read as the whole does, the text stays in one piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sync.text.bbcode_reader import read
from sync.text.spans import Span, filled
from sync.text.tree import Block

_CUT = re.compile(
    r"(?P<empty>\n[ \t]*(?:\n[ \t]*)+)"
    r"|\[(?P<end>/?)(?P<tag>quote|list|ul|ol|table|p|code)(?:=[^\[\]\n]*)?\]",
    re.IGNORECASE,
)
_CODE_END = re.compile(r"\[/code\]", re.IGNORECASE)


def spans(text: str) -> list[Span]:
    """Cut a task's text into parts with the blocks that they show."""
    blocks = _read(text)
    cuts = sorted({0, len(text), *_cuts(text)})
    out = [Span(start, end, _read(text[start:end])) for start, end in pairwise(cuts)]
    if _blocks(out) != blocks:
        out = [Span(0, len(text), blocks)]
    return filled(text, out)


def _read(text: str) -> tuple[Block, ...]:
    return read(text, files=True).blocks


def _blocks(parts: list[Span]) -> tuple[Block, ...]:
    return tuple(block for span in parts for block in span.blocks)


def _cuts(text: str) -> Iterator[int]:
    """Yield the positions outside of block tags where a block may end."""
    code_ends = [end.end() for end in _CODE_END.finditer(text)][::-1]
    depth = at = 0
    for mark in _CUT.finditer(text):
        if mark.start() < at:
            continue  # within code
        tag = (mark["tag"] or "").lower()
        if tag == "code":
            while code_ends and code_ends[-1] < mark.end():
                code_ends.pop()
            at = code_ends[-1] if code_ends and not mark["end"] else mark.end()
            inside = [mark.start(), at]
        elif tag:
            opens = not mark["end"]
            inside = [mark.start() if opens else mark.end()]
            depth = max(0, depth + (1 if opens else -1))
        else:
            inside = list(mark.span())
        if depth == (1 if tag and tag != "code" and not mark["end"] else 0):
            yield from inside
