"""Write the tree as plain text, or as single lines for places without blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sync.text.simple import BOXES, footnote_mark, in_item, quoted, simple
from sync.text.tree import (
    Block,
    CheckBox,
    Code,
    CodeBlock,
    Contents,
    Descriptions,
    Details,
    DiskFile,
    Emphasis,
    Footnote,
    FootnoteMark,
    Formula,
    Heading,
    Image,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
    Underline,
    UserMention,
    WikiLink,
    joined,
)

RULE = "\u2014" * 8
BULLET = "• "
QUOTE = "> "

Line = tuple[Inline, ...]


def text_of(nodes: Iterable[Inline]) -> str:
    """Return the words of a run without markup; a line break becomes a line end."""
    return "".join(map(_text, nodes))


def _text(node: Inline) -> str:
    match node:
        case Text(text) | Code(text):
            return text
        case LineBreak():
            return "\n"
        case Image(url, alt):
            return alt or url
        case UserMention(name):
            return name
        case Strong(inside) | Emphasis(inside) | Strike(inside) | Underline(inside):
            return text_of(inside)
        case Link(_, inside):
            return text_of(inside)
        case Formula(text) | WikiLink(title=text):
            return text
        case FootnoteMark(label, number):
            return footnote_mark(label, number)
        case DiskFile():
            return ""
        case CheckBox(checked, dropped):
            return BOXES[None if dropped else checked].strip()


def lines_of(blocks: Iterable[Block], *, quote: str = "") -> list[Line]:
    """Flatten blocks into lines, with bullets, numbers and bars for lists and tables.

    `quote` is put before each line of a quote, for places that show quotes in no other way.
    """
    return [line for block in blocks for line in _lines(block, quote)]


def run_of(lines: Iterable[Line]) -> Line:
    """Join lines into one run with a LineBreak between them."""
    return tuple(node for line in lines for node in (LineBreak(), *line))[1:]


def split_lines(nodes: Line) -> list[Line]:
    """Split a run at its line breaks."""
    lines: list[list[Inline]] = [[]]
    for node in nodes:
        if isinstance(node, LineBreak):
            lines.append([])
        else:
            lines[-1].append(node)
    return [tuple(line) for line in lines]


def _lines(block: Block, quote: str) -> list[Line]:
    match block:
        case Paragraph(children):
            return split_lines(children)
        case Heading(_, children):
            return [(Strong(line),) for line in split_lines(children) if line]
        case Quote():
            lines = lines_of(quoted(block), quote=quote)
            return [joined((Text(quote), *line)) for line in lines]
        case CodeBlock(text):
            return [(Code(line),) if line else () for line in text.split("\n")]
        case Rule():
            return [(Text(RULE),)]
        case Table(rows):
            return [_row([cell.children for cell in row.cells]) for row in rows]
        case List():
            return _list_lines(block, quote)
        case Contents() | Details() | Footnote() | Descriptions():
            return lines_of(simple(block), quote=quote)


def _row(cells: list[Line]) -> Line:
    flat = (run_of_words(cell) for cell in cells)
    return joined(tuple(node for cell in flat for node in (Text(" | "), *cell))[1:])


def run_of_words(nodes: Line) -> Line:
    """Replace the line breaks of a run with spaces."""
    return tuple(Text(" ") if isinstance(node, LineBreak) else node for node in nodes)


def _list_lines(block: List, quote: str) -> list[Line]:
    numbers = range(block.start, block.start + len(block.items))
    marks = (f"{number}. " if block.ordered else BULLET for number in numbers)
    return [
        line
        for mark, item in zip(marks, block.items, strict=True)
        for line in _item(item, mark, quote)
    ]


def _item(item: Item, mark: str, quote: str) -> list[Line]:
    """Put the mark before an item's first line and indent the rest."""
    first, *rest = lines_of(in_item(item), quote=quote) or [()]
    indent = Text("\u00a0" * 3)
    return [
        joined((Text(mark), *first)),
        *(joined((indent, *line)) for line in rest),
    ]
