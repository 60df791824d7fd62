"""The words of a tree in the order in which they are read, without a dialect's signs."""

from __future__ import annotations

from dataclasses import fields

from sync.text.plain import text_of
from sync.text.simple import BOXES, footnote_mark
from sync.text.tree import (
    CodeBlock,
    Document,
    Footnote,
    Heading,
    Item,
    Node,
    Paragraph,
    Quote,
)


def words(node: Node) -> list[str]:
    """Each block's words; boxes are `[x]` and `[ ]`, marks of footnotes `[1]`."""
    match node:
        case Paragraph(run) | Heading(_, run):
            return text_of(run).split()
        case CodeBlock(text):
            return text.split()
        case Item() if node.checked is not None and not node.dropped:
            return [*BOXES[node.checked].split(), *_inside(node)]
        case Footnote(label, number):
            return [footnote_mark(label, number), *_inside(node)]
        case Quote() if node.alert:
            return [*(node.title or node.alert.capitalize()).split(), *_inside(node)]
        case _:
            return _inside(node)


def _inside(node: Node) -> list[str]:
    out: list[str] = []
    for field in fields(node):
        value = getattr(node, field.name)
        if not isinstance(value, tuple):
            continue
        if field.name in ("children", "summary", "term"):
            out += text_of(value).split()
        else:
            out += [word for child in value for word in words(child)]
    return out


def words_in_order(document: Document) -> list[str]:
    """The words, footnotes at the end, where a tracker shows them."""
    notes = [block for block in document.blocks if isinstance(block, Footnote)]
    rest = [block for block in document.blocks if not isinstance(block, Footnote)]
    return [word for block in (*rest, *sorted(notes, key=_number)) for word in words(block)]


def _number(note: Footnote) -> int:
    return note.number
