"""The document tree every dialect is read into and written out of. Pure.

Text in the tree is data: a writer escapes it, so that nothing in it comes alive on the other side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
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
    """`level` 1 (largest) to 6."""

    level: int
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """`checked`: None where the item has no checkbox; `dropped`: it no longer applies, `[~]`."""

    blocks: tuple[Block, ...]
    checked: bool | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """Items with bullets or numbers; `start` is the first number."""

    items: tuple[Item, ...]
    ordered: bool = False
    start: int = 1


@dataclass(frozen=True, slots=True)
class Quote:
    """`alert`: note, tip, important, warning or caution; such a quote has a title over it."""

    blocks: tuple[Block, ...]
    alert: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """`text` has no final line end."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table at one place."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a table from left to right."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The first row is the header where a dialect has one."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The page's table of contents, which the tracker makes itself."""


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks folded under a summary."""

    summary: tuple[Inline, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Footnote:
    """What a mark refers to; `number` is 0 where no mark does."""

    label: str
    number: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """A term and what it means."""

    term: tuple[Inline, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Descriptions:
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
    """The same nodes with neighbouring texts made one and empty ones left out."""
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
    """The tree with `change` applied to every node, children first.

    `change` puts a node of the same kind (an inline, a block, …) in a node's place.
    """
    values = {name: tuple(mapped(child, change) for child in part) for name, part in parts(node)}
    return cast("_N", change(with_parts(node, values)))


def parts(node: Node) -> list[tuple[str, tuple[Node, ...]]]:
    """The node's children by the names of its fields."""
    values = ((field.name, getattr(node, field.name)) for field in fields(node))
    return [(name, value) for name, value in values if isinstance(value, tuple)]


def with_parts(node: Node, values: dict[str, tuple[Node, ...]]) -> Node:
    """The node with other children in the fields of those names."""
    return replace(node, **values) if values else node  # type: ignore[arg-type]
