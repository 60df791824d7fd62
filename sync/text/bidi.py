"""Remove the controls that reverse the direction of the words after them. Pure.

Right-to-left letters stay and are shown as they are; only explicit direction controls are removed
(https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from sync.text.tree import (
    Code,
    CodeBlock,
    Document,
    Image,
    Inline,
    Node,
    Paragraph,
    Text,
    UserMention,
    mapped,
)

_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_ANY = re.compile("[" + "".join(map(chr, _TURNS)) + "]")


def turns(text: str) -> bool:
    """Tell whether the text has a direction control."""
    return _ANY.search(text) is not None


def upright(document: Document) -> Document:
    """Remove direction controls from the words of a document."""
    return mapped(document, _upright)


def upright_run(nodes: Iterable[Inline]) -> tuple[Inline, ...]:
    """Remove direction controls from the words of a run."""
    return mapped(Paragraph(tuple(nodes)), _upright).children


def upright_text(text: str) -> str:
    """Remove direction controls from plain text."""
    return text.translate(_TURNS)


def _upright(node: Node) -> Node:
    match node:
        case Text(text) | Code(text) | CodeBlock(text):
            return replace(node, text=upright_text(text))
        case UserMention(name):
            return replace(node, name=upright_text(name))
        case Image(alt=alt):
            return replace(node, alt=upright_text(alt))
        case _:
            return node
