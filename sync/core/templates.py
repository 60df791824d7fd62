"""An administrator's own text for a kind of thing: BBCode with named places in braces. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sync.text import bbcode
from sync.text.tree import Document, Inline, Node, Paragraph, Text, mapped

_PLACE = re.compile(r"\{(\w+)\}")


def filled(template: str, places: Mapping[str, tuple[Inline, ...]]) -> Document:
    """The document with the values in their places; a place without a value is empty."""
    return mapped(bbcode.read(template), lambda node: _filled(node, places))


def _filled(node: Node, places: Mapping[str, tuple[Inline, ...]]) -> Node:
    if not isinstance(node, Paragraph):
        return node
    return Paragraph(tuple(one for child in node.children for one in _put(child, places)))


def _put(node: Inline, places: Mapping[str, tuple[Inline, ...]]) -> tuple[Inline, ...]:
    if not isinstance(node, Text):
        return (node,)
    parts = _PLACE.split(node.text)
    return tuple(
        one
        for number, part in enumerate(parts)
        for one in (places.get(part, ()) if number % 2 else (Text(part),))
    )
