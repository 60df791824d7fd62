"""Turn lines of BBCode into paragraphs and the quotes that chats write without tags. Pure.

A quote is a run of lines that begin with `>>`, or the lines between two lines of dashes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby, takewhile

from sync.text.bbcode_elements import Element
from sync.text.plain import run_of
from sync.text.tree import Block, Inline, LineBreak, Paragraph, Quote, Text

_DASHES = re.compile(r"-{6,}[ \t]*\Z")

RawLine = list[str | Element]
Reader = Callable[[RawLine], tuple[Inline, ...]]


def raw_lines(children: Iterable[str | Element]) -> list[RawLine]:
    """Split a run into lines; neighbouring texts of a line are merged."""
    lines: list[RawLine] = [[]]
    for child in children:
        if isinstance(child, Element) and child.name == "br":
            lines.append([])
        elif isinstance(child, Element):
            lines[-1].append(child)
        else:
            first, *rest = child.split("\n")
            lines[-1].append(first)
            lines.extend([part] for part in rest)
    return [_texts_joined(line) for line in lines]


def _texts_joined(line: RawLine) -> RawLine:
    out: RawLine = []
    for text, run in groupby(line, key=lambda child: isinstance(child, str)):
        if not text:
            out.extend(run)
        elif words := "".join(child for child in run if isinstance(child, str)):
            out.append(words)
    return out


def paragraphs(lines: list[RawLine], read: Reader) -> list[Block]:
    """Turn lines into paragraphs and quotes; `read` turns a line into a run of the tree."""
    fences = [number for number, line in enumerate(lines) if _is_fence(line)]
    out: list[Block] = []
    at = 0
    for start, end in zip(fences[::2], fences[1::2], strict=False):
        out += _quoted_by_marks(lines[at:start], read)
        out += _quote(lines[start + 1 : end], read)
        at = end + 1
    return out + _quoted_by_marks(lines[at:], read)


def _is_fence(line: RawLine) -> bool:
    return len(line) == 1 and isinstance(line[0], str) and bool(_DASHES.match(line[0]))


def _quoted_by_marks(lines: list[RawLine], read: Reader) -> list[Block]:
    out: list[Block] = []
    for quoted, run in groupby(lines, key=_is_quoted):
        if quoted:
            out += _quote([_unmarked(line) for line in run], read)
        else:
            out += _plain(run, read)
    return out


def _unmarked(line: RawLine) -> RawLine:
    match line:
        case [str(text), *rest]:
            return [text.removeprefix(">>").removeprefix(" "), *rest]
        case _:
            return line


def _is_quoted(line: RawLine) -> bool:
    return bool(line) and isinstance(line[0], str) and line[0].startswith(">>")


def _quote(lines: list[RawLine], read: Reader) -> list[Block]:
    inside = tuple(_plain(lines, read))
    return [Quote(inside)] if inside else []


def _plain(lines: Iterable[RawLine], read: Reader) -> list[Block]:
    """Turn lines into paragraphs, parted by lines that show nothing."""
    runs = [_trimmed(read(line)) for line in lines]
    return [Paragraph(run_of(group)) for blank, group in groupby(runs, key=_blank) if not blank]


def _trimmed(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Strip line breaks from the ends of a run, where tags without content leave them."""
    head = list(takewhile(_breaks, run))
    rest = run[len(head) if LineBreak() in head else 0 :]
    tail = list(takewhile(_breaks, reversed(rest)))
    return rest[: len(rest) - len(tail)] if LineBreak() in tail else rest


def _breaks(node: Inline) -> bool:
    return isinstance(node, LineBreak) or (isinstance(node, Text) and not node.text.strip())


def _blank(run: tuple[Inline, ...]) -> bool:
    return all(isinstance(node, Text) and not node.text.strip() for node in run)
