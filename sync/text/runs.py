"""Runs of the tree: what stands at their ends, and formats within themselves. Pure."""

from __future__ import annotations

from dataclasses import replace

from sync.text.tree import (
    Emphasis,
    Inline,
    LineBreak,
    Link,
    Strike,
    Strong,
    Text,
    Underline,
    joined,
)

Format = Strong | Emphasis | Strike | Underline
FORMATS = (Strong, Emphasis, Strike, Underline)


def trimmed(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """The run without blanks and line breaks at its ends."""
    nodes = list(run)
    for end, strip in ((0, str.lstrip), (-1, str.rstrip)):
        while nodes:
            match nodes[end]:
                case LineBreak():
                    nodes.pop(end)
                case Text(text) if not strip(text):
                    nodes.pop(end)
                case Text(text):
                    nodes[end] = Text(strip(text))
                    break
                case _:
                    break
    return tuple(nodes)


def formatted(kind: type[Format], run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """The run in that format, which means nothing within itself; nothing where it is empty."""
    inside = joined(_without(kind, run))
    return (kind(inside),) if inside else ()


def _without(kind: type[Format], run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    out: list[Inline] = []
    for node in run:
        match node:
            case Strong(inside) | Emphasis(inside) | Strike(inside) | Underline(inside):
                inner = _without(kind, inside)
                out += inner if isinstance(node, kind) else (replace(node, children=inner),)
            case Link(url, inside):
                out.append(Link(url, _without(kind, inside)))
            case _:
                out.append(node)
    return tuple(out)
