"""Text that cannot turn the words after it round. Pure.

Right-to-left letters stay and are shown as they are; the controls that switch the direction of
what follows (https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings) are left out.
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
    """Whether it has any of them."""
    return _ANY.search(text) is not None


def upright(document: Document) -> Document:
    """The document without such controls in its words."""
    return mapped(document, _upright)


def upright_run(nodes: Iterable[Inline]) -> tuple[Inline, ...]:
    return mapped(Paragraph(tuple(nodes)), _upright).children


def upright_text(text: str) -> str:
    """The same of text that is in no tree."""
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
