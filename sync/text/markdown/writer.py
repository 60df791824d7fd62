"""The tree as Markdown for code hosts and trackers. Pure."""

from __future__ import annotations

import html
import re
from itertools import pairwise

from sync.text.markdown.dialect import GITLAB, Dialect
from sync.text.markdown.escape import code_lines, parted
from sync.text.markdown.fitting import fitting
from sync.text.markdown.inline_writer import label, prepared, run
from sync.text.plain import text_of
from sync.text.runs import on_one_line
from sync.text.simple import simple
from sync.text.tree import (
    Block,
    Cell,
    CodeBlock,
    Contents,
    Description,
    Descriptions,
    Details,
    Document,
    Footnote,
    Heading,
    Item,
    List,
    Paragraph,
    Quote,
    Row,
    Rule,
    Table,
    mapped,
)

_BOXES = {None: "", True: "[x] ", False: "[ ] "}
_NOT_INFO = re.compile(r"[\s`@]")
_INFO_MARKUP = re.compile(r"[\\&<>*_\[\]]")
_BACKTICKS = re.compile(r"`+")
_BAR = re.compile(r"(?<!\\)\|")


def write(document: Document, dialect: Dialect = GITLAB) -> str:
    r"""Write a document as Markdown; lines end with `\n`, the last one without.

    A line break is written as a hard one.
    """
    return _blocks(mapped(fitting(document, dialect), prepared).blocks)


def _blocks(blocks: tuple[Block, ...]) -> str:
    written: list[str] = []
    for block, other in _with_markers(blocks):
        if text := _block(block, other):
            written.append(text)
    return "\n\n".join(written)


def _with_markers(blocks: tuple[Block, ...]) -> list[tuple[Block, bool]]:
    """Alternate the markers of adjacent lists, which would be one list otherwise."""
    out: list[tuple[Block, bool]] = [(block, False) for block in blocks[:1]]
    for before, block in pairwise(blocks):
        twins = isinstance(before, List) and isinstance(block, List)
        out.append((block, twins and not out[-1][1]))
    return out


def _block(block: Block, other: bool) -> str:
    match block:
        case Paragraph(children):
            return run(children)
        case Heading(level, children):
            text = run(on_one_line(children))
            return f"{'#' * min(max(level, 1), 6)} {text}" if text else ""
        case List():
            return _list(block, other)
        case Quote():
            return _quote(block)
        case CodeBlock(text, language):
            info = _INFO_MARKUP.sub(r"\\\g<0>", _NOT_INFO.sub("", language))
            return _fenced(code_lines(text), info)
        case Table(rows):
            return _table(rows)
        case Rule():
            return "___"
        case Contents():
            return "[[_TOC_]]"
        case Details():
            return _details(block)
        case Footnote():
            return _prefixed(_blocks(block.blocks), f"[^{label(block.label)}]: ", "    ")
        case Descriptions(items):
            return "\n\n".join(map(_description, items))


def _quote(block: Quote) -> str:
    inside = _blocks(block.blocks)
    if block.alert:
        title = f"[!{block.alert}] {parted(block.title)}".rstrip()
        return _prefixed(f"{title}\n{inside}".rstrip("\n"), "> ", "> ")
    return _prefixed(inside, "> ", "> ") if block.blocks else ""


def _details(block: Details) -> str:
    summary = html.escape(parted(text_of(on_one_line(block.summary))), quote=False)
    parts = ("<details>", f"<summary>{summary}</summary>", "", _blocks(block.blocks), "")
    return "\n".join((*parts, "</details>"))


def _description(item: Description) -> str:
    term = run(on_one_line(item.term))
    match item.blocks:
        case (Paragraph(), *_) if term:
            return f"{term}\n{_prefixed(_blocks(item.blocks), ': ', '  ')}"
        case _:
            return _blocks(simple(Descriptions((item,))))


def _prefixed(text: str, first: str, rest: str) -> str:
    """Put `first` before the first line of a text and `rest` before the others."""
    head, *tail = text.split("\n")
    lines = [first + head if head else first.rstrip()]
    return "\n".join(lines + [rest + line if line else rest.rstrip() for line in tail])


def _fenced(lines: list[str], language: str) -> str:
    longest = max((len(run) for line in lines for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((fence + language, *lines, fence))


def _list(block: List, other: bool) -> str:
    ends, bullet = (")", "*") if other else (".", "-")
    numbers = range(block.start, block.start + len(block.items))
    marks = [f"{number}{ends} " if block.ordered else f"{bullet} " for number in numbers]
    items = [_item(item, mark) for item, mark in zip(block.items, marks, strict=True)]
    loose = any("\n\n" in item for item in items)
    return ("\n\n" if loose else "\n").join(items)


def _item(item: Item, mark: str) -> str:
    """Write an item; a list right under the item's words is written tight."""
    text, box = _blocks(item.blocks), "[~] " if item.dropped else _BOXES[item.checked]
    match item.blocks:
        case (Paragraph(), List(items, ordered, start)) if items and items[0].blocks:
            text = text if ordered and start != 1 else text.replace("\n\n", "\n", 1)
        case (Paragraph(), *_) | ():
            pass
        case _ if box:
            text = f"\n\n{text}"
    return _prefixed((box + text).rstrip(" "), mark, " " * len(mark))


def _table(rows: tuple[Row, ...]) -> str:
    width = max((len(row.cells) for row in rows), default=0)
    if not width:
        return ""
    lines = [[_cell(cell) for cell in row.cells] + [""] * (width - len(row.cells)) for row in rows]
    lines.insert(1, ["---"] * width)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell) -> str:
    text = run(cell.children).replace("\\\n", "<br>").replace("\n", " ")
    return _BAR.sub(r"\|", text)
