"""The document tree every dialect is read into and written out of. Pure.

Text in the tree is data: a writer escapes it, so that nothing in it comes alive on the other side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from operator import is_not
from typing import TypeVar, cast

from sync.text.inlines import (
    CheckBox,
    Code,
    DiskFile,
    Emphasis,
    FootnoteMark,
    Formula,
    Image,
    Inline,
    LineBreak,
    Link,
    Strike,
    Strong,
    Text,
    Underline,
    UserMention,
    WikiLink,
)

__all__ = [
    "DEEPEST",
    "Block",
    "Cell",
    "CheckBox",
    "Code",
    "CodeBlock",
    "Contents",
    "Description",
    "Descriptions",
    "Details",
    "DiskFile",
    "Document",
    "Emphasis",
    "Footnote",
    "FootnoteMark",
    "Formula",
    "Heading",
    "Image",
    "Inline",
    "Item",
    "LineBreak",
    "Link",
    "List",
    "Node",
    "Paragraph",
    "Quote",
    "Row",
    "Rule",
    "Strike",
    "Strong",
    "Table",
    "Text",
    "Underline",
    "UserMention",
    "WikiLink",
    "joined",
    "mapped",
    "parts",
    "with_parts",
]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A run of text on lines of its own."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` runs from 1 (largest) to 6."""

    level: int
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list.

    `checked` is None where the item has no checkbox; `dropped` marks one that no longer applies,
    written `[~]`.
    """

    blocks: tuple[Block, ...]
    checked: bool | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """A bulleted or numbered list; `start` is the first number."""

    items: tuple[Item, ...]
    ordered: bool = False
    start: int = 1


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote, or an alert with a title over it.

    `alert`: note, tip, important, warning or caution; empty for a plain quote.
    """

    blocks: tuple[Block, ...]
    alert: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block of code; `text` has no final line end."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """The content of one table cell."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a table row from left to right."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first row is the header where a dialect has one."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal rule across the page."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The page's table of contents, which the tracker generates."""


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks folded under a summary."""

    summary: tuple[Inline, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Footnote:
    """The note that a footnote mark refers to; `number` is 0 where no mark does."""

    label: str
    number: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """A term and its description."""

    term: tuple[Inline, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Descriptions:
    """A description list: terms, each with its description."""

    items: tuple[Description, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text."""

    blocks: tuple[Block, ...] = ()


Block = (
    Paragraph | Heading | List | Quote | CodeBlock | Table | Rule
    | Contents | Details | Footnote | Descriptions
)  # fmt: skip
Node = Inline | Block | Item | Row | Cell | Description | Document

DEEPEST = 12  # nesting that readers keep; deeper markup is read as the text in it


def joined(nodes: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Merge neighbouring texts of a run and drop the empty ones."""
    out: list[Inline] = []
    run: list[str] = []
    for node in (*nodes, None):
        if isinstance(node, Text):
            run.append(node.text)
            continue
        if merged := "".join(run):
            out.append(Text(merged))
        run.clear()
        if node is not None:
            out.append(node)
    return tuple(out)


_N = TypeVar("_N", bound=Node)


def mapped(node: _N, change: Callable[[Node], Node]) -> _N:
    """Apply `change` to every node of the tree, children first.

    `change` returns a node of the same kind (an inline, a block, …) to put in the node's place.
    """
    changed = {}
    for name, part in parts(node):
        children = tuple([mapped(child, change) for child in part])
        if any(map(is_not, children, part)):
            changed[name] = children
    return cast("_N", change(with_parts(node, changed)))


def parts(node: Node) -> list[tuple[str, tuple[Node, ...]]]:
    """Return the node's children by field name."""
    values = ((name, getattr(node, name)) for name in _field_names(type(node)))
    return [(name, value) for name, value in values if isinstance(value, tuple)]


_NAMES: dict[type[Node], tuple[str, ...]] = {}  # of a kind's fields, as soon as it was asked for


def _field_names(kind: type[Node]) -> tuple[str, ...]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in fields(kind))
    return names


def with_parts(node: Node, values: dict[str, tuple[Node, ...]]) -> Node:
    """Replace the node's children in the named fields."""
    return replace(node, **values) if values else node  # type: ignore[arg-type]
