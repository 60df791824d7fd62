"""Trim runs of inline nodes, flatten them, and remove formats nested in themselves. Pure."""

from __future__ import annotations

from dataclasses import replace

from sync.text.tree import (
    Emphasis,
    Inline,
    LineBreak,
    Link,
    Node,
    Strike,
    Strong,
    Text,
    Underline,
    joined,
    mapped,
)

Format = Strong | Emphasis | Strike | Underline
FORMATS = (Strong, Emphasis, Strike, Underline)


def trimmed(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Strip blanks and line breaks from both ends of a run, inside formats too."""
    return _cut(_cut(run, 0), -1)


def _cut(run: tuple[Inline, ...], end: int) -> tuple[Inline, ...]:
    """Strip blanks from one end of a run: 0 for the start, -1 for the end."""
    nodes = list(run)
    while nodes:
        edge = _edge(nodes[end], end)
        if edge is not None:
            nodes[end] = edge
            break
        nodes.pop(end)
    return tuple(nodes)


def _edge(node: Inline, end: int) -> Inline | None:
    """Strip blanks from the node at an end of a run; return None where nothing is left."""
    match node:
        case LineBreak():
            return None
        case Text(text):
            return Text(words) if (words := text.rstrip() if end else text.lstrip()) else None
        case Strong(inside) | Emphasis(inside) | Strike(inside) | Underline(inside):
            return replace(node, children=rest) if (rest := _cut(inside, end)) else None
        case _:
            return node


def formatted(kind: type[Format], run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Wrap a run in a format and remove the same format inside it.

    Return nothing where the run is empty.
    """
    inside = joined(_without(kind, run))
    return (kind(inside),) if inside else ()


def _without(kind: type[Format], run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    out: list[Inline] = []
    for node in run:
        match node:
            case Strong(inside) | Emphasis(inside) | Strike(inside) | Underline(inside):
                inner = joined(_without(kind, inside))
                out += inner if isinstance(node, kind) else (replace(node, children=inner),)
            case Link(url, inside):
                out.append(Link(url, joined(_without(kind, inside))))
            case _:
                out.append(node)
    return tuple(out)


def on_one_line(run: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Replace line breaks with blanks, however deep they are nested."""
    return joined(tuple(mapped(node, _blank) for node in run))


def _blank(node: Node) -> Node:
    match node:
        case LineBreak():
            return Text(" ")
        case Strong(run) | Emphasis(run) | Strike(run) | Underline(run) | Link(children=run):
            return replace(node, children=joined(run))
        case _:
            return node
