"""An administrator's own text for a kind of thing: BBCode with named places in braces. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sync.text import bbcode
from sync.text.plain import text_of
from sync.text.tree import Document, Inline, Link, Node, Text, mapped

_PLACE = re.compile(r"\{(\w+)\}")

Places = Mapping[str, tuple[Inline, ...]]


def filled(template: str, places: Places) -> Document:
    """The document with the values in their places; a place without a value is empty."""
    return mapped(bbcode.read(template), lambda node: _filled(node, places))


def _filled(node: Node, places: Places) -> Node:
    """Only the template's own text has places: what is put into them is not looked at again."""
    children = getattr(node, "children", None)
    if children is None:
        return node
    if isinstance(node, Link):  # within a link there is no other
        places = {name: (Text(text_of(value)),) for name, value in places.items()}
    return replace(node, children=tuple(one for child in children for one in _put(child, places)))


def _put(node: Inline, places: Places) -> tuple[Inline, ...]:
    if not isinstance(node, Text):
        return (node,)
    parts = _PLACE.split(node.text)
    return tuple(
        one
        for number, part in enumerate(parts)
        for one in (places.get(part, ()) if number % 2 else (Text(part),))
    )
