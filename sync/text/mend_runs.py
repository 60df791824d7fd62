"""Restore nodes that a side cannot show within a line when the words around them change. Pure.

A task shows a picture among the tracker's uploads as its words, and a formula without its signs.
Where those words are unchanged, they become the picture and the formula again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from sync.text.chars import JOINER
from sync.text.diff import matching
from sync.text.same import Leaf, leaves_of, run_of_leaves
from sync.text.tree import Document, Inline, Paragraph, Text

Projection = Callable[[Document], Document]
Run = tuple[Inline, ...]

_TOKEN = re.compile(r"\w+|[^\S\n]+|[^\w\s]|\n")


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of an old run as the side shows it; `origin` is the index of its leaf."""

    leaf: Leaf
    origin: int


def mended_run(
    old: tuple[Inline, ...], new: tuple[Inline, ...], project: Projection
) -> tuple[Inline, ...]:
    """Replace the words of a new run with the old nodes that the side shows as those words.

    `project` turns a document into what the side that made the change shows of it.
    """
    leaves = leaves_of(old)
    projections = [_tokens(_projected_leaf(leaf, project)) for leaf in leaves]
    tokens = [_Token(part, origin) for origin, parts in enumerate(projections) for part in parts]
    words = _tokens(leaves_of(new))
    same = matching([_key(token.leaf) for token in tokens], [_key(word) for word in words])
    places = {old: place for place, old in same.items()}
    origins: dict[int, int] = {}  # position among the words → the leaf that stands there
    at = 0
    for origin, (leaf, parts) in enumerate(zip(leaves, projections, strict=True)):
        matched = [places.get(place) for place in range(at, at + len(parts))]
        at += len(parts)
        if not _is_own_word(leaf, parts) and _in_one_piece(matched):
            origins.update(dict.fromkeys((place for place in matched if place is not None), origin))
    return run_of_leaves(_with_origins(words, origins, leaves) if origins else leaves_of(new))


def _projected_leaf(leaf: Leaf, project: Projection) -> list[Leaf]:
    if isinstance(leaf.node, Text) and not leaf.url:
        return [leaf]
    blocks = project(Document((Paragraph(run_of_leaves([leaf])),))).blocks
    return [part for block in blocks if isinstance(block, Paragraph)
            for part in leaves_of(block.children)]  # fmt: skip


def _tokens(leaves: list[Leaf]) -> list[Leaf]:
    out: list[Leaf] = []
    for leaf in leaves:
        match leaf.node:
            case Text(text):
                out += [replace(leaf, node=Text(word)) for word in _TOKEN.findall(text)]
            case _:
                out.append(leaf)
    return out


def _key(leaf: Leaf) -> str:
    match leaf.node:
        case Text(text):
            node: object = text.replace("\u00a0", " ").replace(JOINER, "")
        case node:
            pass
    return repr((node, sorted(kind.__name__ for kind in leaf.formats), leaf.url))


def _is_own_word(leaf: Leaf, parts: list[Leaf]) -> bool:
    """Tell whether the side that made the change can express the leaf."""
    return parts == _tokens([leaf])


def _in_one_piece(places: list[int | None]) -> bool:
    """Tell whether all places are present and consecutive."""
    first = places[0] if places else None
    return first is not None and places == list(range(first, first + len(places)))


def _with_origins(words: list[Leaf], origins: dict[int, int], leaves: list[Leaf]) -> list[Leaf]:
    out: list[Leaf] = []
    before: int | None = None
    for place, word in enumerate(words):
        origin = origins.get(place)
        if origin is None:
            out.append(word)
        elif origin != before:
            out.append(leaves[origin])
        before = origin
    return out
